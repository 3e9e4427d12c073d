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
