import numpy as np
import pandas as pd
import pytest

from scmaxatac.genome import Genes
from scmaxatac.scores._gene_weights import Reach, gene_weights, union_of_sites

LINE = '{}\tx\tgene\t{}\t{}\t.\t{}\t.\tgene_id "{}";gene_name "N{}";\n'


@pytest.fixture
def genes(tmp_path):
    rng = np.random.default_rng(1)
    lines = []
    for i in range(40):
        start = int(rng.integers(1, 50_000))
        lines.append(LINE.format(f"chr{i % 3}", start, start + int(rng.integers(0, 4000)), "+-"[i % 2], f"G{i}", i))
    path = tmp_path / "genes.gtf"
    path.write_text("".join(lines))
    return Genes(path)


def sites(n=200, chroms=("chr0", "chr1", "chr9")):
    rng = np.random.default_rng(2)
    start = rng.integers(0, 1700, n) * 32
    return pd.DataFrame(
        {
            "chrom": pd.Categorical(rng.choice(chroms, n)),
            "start": start,
            "end": start + 32 * rng.integers(1, 5, n),
            "score": rng.random(n).astype(np.float32),
        }
    )


@pytest.mark.parametrize("reach", [Reach(10_000, 2_000.0, False), Reach(0, None, True), Reach(5_000, None, True)])
def test_weights_are_those_of_every_pair_of_site_and_gene(genes, reach):
    frame, expected = sites(), []
    for gene in genes.table.itertuples():
        total = 0.0
        for site in frame[frame["chrom"] == gene.chrom].itertuples():
            centre = (site.start + site.end) // 2
            if reach.body:
                near = gene.start - reach.window <= centre < gene.end + reach.window
            else:
                near = abs(centre - gene.tss) <= reach.window
            falls = 1.0 if reach.decay is None else np.exp(-abs(centre - gene.tss) / reach.decay)
            total += near * float(site.score) * falls
        expected.append(total)
    weights = gene_weights(genes, frame, reach)
    np.testing.assert_allclose(weights, expected, rtol=1e-12)
    assert (weights > 0).any()
    assert (weights == 0).any()


def test_without_sites_no_gene_has_a_weight(genes):
    assert not gene_weights(genes, sites(0), Reach(10_000, 2_000.0, False)).any()


def test_the_union_covers_each_base_once_with_the_largest_score():
    frame = sites(300, ("chr0", "chr1"))
    union = union_of_sites(frame)
    for chrom in ("chr0", "chr1"):
        score = np.zeros(60_000, np.float32)
        border = np.zeros(60_000, bool)  # between two bases that no site covers together
        for site in frame[frame["chrom"] == chrom].itertuples():
            score[site.start : site.end] = np.maximum(score[site.start : site.end], site.score)
            border[site.start + 1 : site.end] = True
        here = union[union["chrom"] == chrom]
        for row in here.itertuples():
            assert border[row.start + 1 : row.end].all()
            assert not border[row.start]
            assert not border[row.end]
            assert row.score == score[row.start : row.end].max()
        assert (here["end"] - here["start"]).sum() == (score > 0).sum()
    assert union_of_sites(frame.iloc[:0]).empty
    alone = frame[["chrom", "start", "end", "score"]].iloc[:1]
    assert union_of_sites(alone).astype({"chrom": str}).equals(alone.astype({"chrom": str}).reset_index(drop=True))
