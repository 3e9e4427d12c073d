import shutil

import numpy as np
import pytest

from scmaxatac import get

REGION, START, END = "chr22:18,712,000-18,720,011", 18_712_000, 18_720_011


def expected(truth, group, tf, min_stored_score, start=0, end=10**9):
    starts, score = truth.scores[group, tf]
    keep = (score >= min_stored_score) & (starts + 32 > start) & (starts < end)
    return starts[keep], score[keep]


@pytest.mark.parametrize("group", ["B", "CD4/naive T | donor_1"])
def test_bins_of_the_store_are_those_that_reach_the_minimum(truth, group):
    frame = get.track(truth.adata, "SPI1", group, region=REGION)
    starts, score = expected(truth, group, "SPI1", 0.01, START, END)
    assert len(frame) > 0
    assert np.array_equal(frame["start"], starts)
    assert np.array_equal(frame["end"], starts + 32)
    assert np.array_equal(frame["score"], score)
    assert frame["score"].dtype == np.float32
    assert set(frame["chrom"]) == {"chr22"}


def test_bins_of_a_bigwig_are_all_of_them(truth_with_bigwigs):
    truth = truth_with_bigwigs
    frame = get.track(truth.adata, "CTCF", "Mono", region=REGION)
    starts, score = expected(truth, "Mono", "CTCF", 0, START, END)
    assert np.array_equal(frame["start"], starts)
    assert np.array_equal(frame["score"], score)


@pytest.mark.parametrize("fixture", ["truth", "truth_with_bigwigs"])
def test_without_a_region_everything_is_read(fixture, request):
    truth = request.getfixturevalue(fixture)
    frame = get.track(truth.adata, "CTCF", "Mono")
    starts, score = expected(truth, "Mono", "CTCF", 0.01 if fixture == "truth" else 0)
    assert np.array_equal(frame["start"], starts)
    assert np.array_equal(frame["score"], score)


@pytest.mark.parametrize("fixture", ["truth", "truth_with_bigwigs"])
def test_bins_at_the_edge_of_a_region_are_whole(fixture, request):
    truth = request.getfixturevalue(fixture)
    starts, score = truth.scores["Mono", "CTCF"]
    best = starts[score.argmax()]
    frame = get.track(truth.adata, "CTCF", "Mono", region=f"chr22:{best + 31}-{best + 33}")
    assert frame["start"].tolist() == [best, best + 32]
    assert frame["end"].tolist() == [best + 32, best + 64]


def test_a_region_that_reaches_past_the_end_is_cut(truth):
    assert get.track(truth.adata, "CTCF", "B", region="chr21:99,000-200,000").empty


def test_a_chromosome_that_was_not_predicted_is_told(truth):
    with pytest.raises(ValueError, match="'chr1' was not predicted; the results hold chr21, chr22"):
        get.track(truth.adata, "CTCF", "B", region="chr1:100-200")
    with pytest.raises(ValueError, match="lies beyond the end of chr21, 100,003 bp"):
        get.track(truth.adata, "CTCF", "B", region="chr21:100,003-200,000")


def test_files_that_are_gone_are_told(truth):
    shutil.rmtree(truth.folder)
    with pytest.raises(
        FileNotFoundError,
        match=r"not there any more;.*scmaxatac\.tl\.relocate, else call scmaxatac\.tl\.predict_tfbs again",
    ):
        get.track(truth.adata, "CTCF", "B", region=REGION)


def test_bigwigs_that_are_gone_leave_the_store(truth_with_bigwigs):
    truth = truth_with_bigwigs
    for path in truth.folder.glob("*.bw"):
        path.unlink()
    frame = get.track(truth.adata, "CTCF", "Mono", region=REGION)
    assert np.array_equal(frame["start"], expected(truth, "Mono", "CTCF", 0.01, START, END)[0])
