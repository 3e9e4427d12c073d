import shutil

import numpy as np
import pandas as pd
from _slots import END, START, make_truth

from scmaxatac import get


def dense(starts, ends, values):
    signal = np.zeros(END - START, dtype=np.float32)
    for start, end, value in zip(starts, ends, values, strict=True):
        signal[start - START : end - START] = value
    return signal


def test_signal_is_the_scaled_coverage(truth):
    start, end = START + 12_345, START + 23_457
    frame = get.signal(truth.adata, "B", region=f"chr22:{start}-{end}")
    expected = dense(*truth.signal["B"])
    expected[: start - START] = expected[end - START :] = 0
    assert np.allclose(dense(frame["start"], frame["end"], frame["value"]), expected, rtol=1e-6)
    assert frame["start"].min() >= start
    assert frame["end"].max() <= end


def test_without_a_region_everything_is_read(truth):
    frame = get.signal(truth.adata, "Mono")
    starts, ends, values = truth.signal["Mono"]
    assert np.array_equal(frame["start"], starts)
    assert np.array_equal(frame["end"], ends)
    assert np.allclose(frame["value"], values)
    assert set(frame["chrom"]) == {"chr22"}


def test_a_bigwig_of_the_signal_is_read_where_there_is_one(tmp_path):
    with_bigwigs, without = (
        make_truth(tmp_path / name, groups=["B", "CD4/T"], tfs=["CTCF"], bigwigs=name == "bigwigs")
        for name in ("bigwigs", "store")
    )
    shutil.rmtree(next(with_bigwigs.folder.glob("run-*/insertions")))
    region = f"chr22:{START + 5_000}-{END}"
    for group in ("B", "CD4/T"):
        frames = [get.signal(truth.adata, group, region=region) for truth in (with_bigwigs, without)]
        pd.testing.assert_frame_equal(*frames, rtol=1e-6)


def test_a_interval_without_signal_is_empty(truth):
    frame = get.signal(truth.adata, "B", region="chr21:1,000-2,000")
    assert frame.empty
    assert frame.columns.tolist() == ["chrom", "start", "end", "value"]
