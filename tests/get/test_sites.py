import numpy as np
import pytest

from scmaxatac import get


def test_all_sites_are_given_without_a_choice(truth):
    frame = get.sites(truth.adata)
    assert frame.columns.tolist() == ["chrom", "start", "end", "group", "tf", "score"]
    assert len(frame) == len(truth.adata.uns["tfbs"]["sites"]) > 0


def test_sites_are_those_of_the_tf_and_group(truth):
    frame = get.sites(truth.adata, tfs="CTCF", groups="B")
    starts, score = truth.scores["B", "CTCF"]
    assert frame["start"].tolist() == starts[score > 0.4].tolist()
    assert np.array_equal(frame["end"], frame["start"] + 32)
    assert np.array_equal(frame["score"], score[score > 0.4])
    assert frame["score"].dtype == np.float32
    assert set(frame["tf"]) == {"CTCF"}
    assert set(frame["group"]) == {"B"}
    assert frame.index.tolist() == list(range(len(frame)))


def test_categories_are_what_was_asked_for(truth):
    frame = get.sites(truth.adata, groups=["Mono", "B"], min_score=1.1)
    assert frame.empty
    assert frame["group"].cat.categories.tolist() == ["Mono", "B"]
    assert frame["tf"].cat.categories.tolist() == ["CTCF", "SPI1"]


@pytest.mark.parametrize("min_score", [0.0, 0.5, 0.9])
def test_no_site_scores_less_than_was_asked_for(truth, min_score):
    frame = get.sites(truth.adata, min_score=min_score)
    assert len(frame) == (truth.adata.uns["tfbs"]["sites"]["score"] >= min_score).sum()


def test_the_nearest_gene_and_its_distance_are_added(truth, tmp_path):
    path = tmp_path / "genes.gtf"
    line = 'chr22\tx\tgene\t{}\t{}\t.\t{}\t.\tgene_id "{}"; gene_name "{}";\n'
    path.write_text(
        line.format(18_710_001, 18_711_000, "+", "g1", "A") + line.format(18_712_001, 18_730_000, "-", "g2", "B")
    )
    plain, frame = get.sites(truth.adata), get.sites(truth.adata, genes=path)
    assert frame.columns.tolist() == [*plain.columns, "gene", "tss_distance"]
    assert frame[plain.columns.tolist()].equals(plain)
    centre = (frame["start"] + frame["end"]) // 2
    to_a, to_b = centre - 18_710_000, 18_729_999 - centre
    nearer = np.where(to_a.abs() <= to_b.abs(), "A", "B")
    assert frame["gene"].tolist() == nearer.tolist()
    assert frame["tss_distance"].tolist() == np.where(nearer == "A", to_a, to_b).tolist()
    assert set(nearer) == {"A", "B"}


def test_genes_of_a_run_need_an_annotation_with_the_same_names(truth, tmp_path):
    with pytest.raises(ValueError, match="the run's genome had no annotation"):
        get.sites(truth.adata, genes=True)
    path = tmp_path / "genes.gtf"
    path.write_text('22\tx\tgene\t1\t9\t.\t+\t.\tgene_id "g1"; gene_name "A";\n')
    with pytest.raises(ValueError, match="'22' there is 'chr22' here"):
        get.sites(truth.adata, genes=path)
    path.write_text('chr21\tx\tgene\t1\t9\t.\t+\t.\tgene_id "g1"; gene_name "A";\n')
    frame = get.sites(truth.adata, genes=path)
    assert frame[["gene", "tss_distance"]].isna().all(axis=None)
