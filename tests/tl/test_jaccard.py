import numpy as np
import pandas as pd
import pytest

import scmaxatac as sma
from scmaxatac.io._bed import write_bed


def peaks(*rows):
    return pd.DataFrame(rows, columns=["chrom", "start", "end"])


def bases(frame, chroms):
    return {(c, i) for c, s, e in frame.itertuples(index=False) if c in chroms for i in range(s, e)}


@pytest.fixture
def three():
    rng = np.random.default_rng(0)
    tables = {}
    for name in ("B", "T", "Mono"):
        start = rng.integers(0, 900, 12)
        tables[name] = peaks(*zip(rng.choice(["a", "b"], 12), start, start + rng.integers(1, 90, 12), strict=True))
    return tables


@pytest.mark.parametrize("chroms", [None, "a", ["b"]])
def test_the_index_is_that_of_the_sets_of_bases(three, chroms):
    table = sma.tl.jaccard(three, chroms=chroms)
    counted = ["a", "b"] if chroms is None else chroms
    for one in three:
        for other in three:
            x, y = bases(three[one], counted), bases(three[other], counted)
            assert table.loc[one, other] == pytest.approx(len(x & y) / len(x | y))
    assert table.loc["B", "mean"] == pytest.approx((table.loc["B", "T"] + table.loc["B", "Mono"]) / 2)
    assert list(table.columns) == ["B", "T", "Mono", "mean"]


def test_equal_and_disjoint_peaks_are_the_extremes(tmp_path):
    write_bed(tmp_path / "x.bed", peaks(("a", 0, 10), ("a", 5, 20)))
    table = sma.tl.jaccard(
        {"x": tmp_path / "x.bed", "same": peaks(("a", 0, 20)), "far": peaks(("b", 0, 20)), "none": peaks()}
    )
    assert table.loc["x", "same"] == 1
    assert table.loc["x", "far"] == 0
    assert table.loc["none", "x"] == 0
    assert np.isnan(table.loc["none", "none"])


def test_chromosomes_of_which_nobody_has_peaks_are_told(three):
    with pytest.raises(ValueError, match="no cell type has a peak on typo; peaks are on"):
        sma.tl.jaccard(three, chroms="typo")
    with pytest.warns(UserWarning, match="no cell type has a peak on typo; peaks are on"):
        table = sma.tl.jaccard(three, chroms=["a", "typo"])
    pd.testing.assert_frame_equal(table, sma.tl.jaccard(three, chroms="a"))
    with pytest.raises(ValueError, match="chroms is empty"):
        sma.tl.jaccard(three, chroms=[])


def test_chromosomes_of_another_style_are_an_error():
    one, other = peaks(("chr1", 0, 10), ("chr2", 0, 10)), peaks(("1", 0, 10))
    with pytest.raises(ValueError, match=r"peaks of x are on chr1, chr2, those of y on 1; .*\(chr1, not 1\)"):
        sma.tl.jaccard({"x": one, "y": other})
    far = sma.tl.jaccard({"x": one, "y": peaks(("chr3", 0, 10)), "z": peaks(("X", 0, 10))})
    assert far["mean"].tolist() == [0, 0, 0]


def test_bad_input_is_told():
    with pytest.raises(ValueError, match="peaks of 1 cell types"):
        sma.tl.jaccard({"x": peaks(("a", 0, 10))})
    with pytest.raises(ValueError, match="called 'mean'"):
        sma.tl.jaccard({"x": peaks(("a", 0, 10)), "mean": peaks()})
    with pytest.raises(ValueError, match=r"peaks of y: row 1 of 1 .*: end is 5, not after start"):
        sma.tl.jaccard({"x": peaks(("a", 0, 10)), "y": peaks(("a", 10, 5))})
    with pytest.raises(ValueError, match=r"peaks of y: no column end among"):
        sma.tl.jaccard({"x": peaks(("a", 0, 10)), "y": peaks().drop(columns="end")})
