import numpy as np
import pandas as pd
import pytest

import scmaxatac as sma
from scmaxatac.io._bigwig import BigWigWriter
from scmaxatac.models import Calibration

SIZES = {"a": 20_000, "b": 8_000}


@pytest.fixture
def genome():
    blacklist = pd.DataFrame({"chrom": ["a"], "start": [4000], "end": [4100]})
    return sma.Genome.from_sizes(SIZES, blacklist=blacklist)


@pytest.fixture
def cell_types():
    """For two cell types scores of all 32-bp bins, and peaks that tend to lie where they are high."""
    rng = np.random.default_rng(0)
    scores, peaks = {}, {}
    for name in ("B", "T"):
        rows, sites = [], []
        for chrom, size in SIZES.items():
            starts = np.arange(0, size - 31, 32)
            values = rng.beta(0.5, 4, len(starts)).astype(np.float32)
            rows.append(pd.DataFrame({"chrom": chrom, "start": starts, "end": starts + 32, "score": values}))
            bound = rng.random(len(starts)) < values * 0.5
            sites.append(pd.DataFrame({"chrom": chrom, "start": starts[bound] + 3, "end": starts[bound] + 20}))
        scores[name], peaks[name] = pd.concat(rows), pd.concat(sites)
    return scores, peaks


def counted_by_hand(scores, peaks, bin_size, threshold):
    """Precision at the threshold and at all lower ones (the largest), recall and F1, bin by bin."""
    best, columns = [], []
    for chrom, size in SIZES.items():
        s, p = scores[scores["chrom"] == chrom], peaks[peaks["chrom"] == chrom]
        for low in range(0, size - bin_size + 1, bin_size):
            high = low + bin_size
            if chrom == "a" and low < 4100 and high > 4000:
                continue
            value = s["score"][(s["start"] < high) & (s["end"] > low)].max()
            columns.append((value, ((p["start"] < high) & (p["end"] > low)).any()))
    values, truth = (np.array(column) for column in zip(*columns, strict=True))
    for t in np.arange(1001) / 1000:
        called = values.astype(np.float64) >= t
        best.append(truth[called].mean() if called.any() else 1.0)
        if np.isclose(t, threshold):
            recall = called[truth].mean()
            return max(best), recall, 2 * best[-1] * recall / (best[-1] + recall), truth.mean()
    raise AssertionError(threshold)


@pytest.mark.parametrize("bin_size", [32, 200])
def test_the_table_is_the_mean_over_cell_types_of_what_is_counted_by_hand(genome, cell_types, bin_size):
    scores, peaks = cell_types
    table = sma.tl.calibrate(scores, peaks, genome=genome, bin_size=bin_size).frame
    for threshold in (0.0, 0.12, 0.35):
        each = [counted_by_hand(scores[name], peaks[name], bin_size, threshold) for name in scores]
        row = table[np.isclose(table["threshold"], threshold)].iloc[0]
        assert row["precision"] == pytest.approx(np.mean([e[0] for e in each]))
        assert row["recall"] == pytest.approx(np.mean([e[1] for e in each]))
        assert row["f1"] == pytest.approx(np.mean([e[2] for e in each]))
        assert row["log2fc"] == pytest.approx(np.mean([np.log2(e[0] / e[3]) for e in each]))


def test_the_table_has_the_properties_of_the_published_ones(genome, cell_types, data_dir):
    ours = sma.tl.calibrate(*cell_types, genome=genome)
    published = [Calibration.read(path) for path in sorted(data_dir.glob("maxatac/models/*/*.tsv"))]
    assert len(published) == 10
    for calibration in [*published, ours]:
        table = calibration.frame
        np.testing.assert_allclose(table["threshold"], np.arange(1001) / 1000, atol=1e-9)
        assert (np.diff(table["precision"]) >= -1e-9).all()
        assert (np.diff(table["log2fc"]) >= -1e-9).all()
        assert (np.diff(table["recall"]) <= 1e-9).all()
        assert table["recall"].iloc[0] > 0.99
        assert table.iloc[-1][["precision", "recall", "f1"]].tolist() == [1, 0, 0]
        random = table["precision"] / 2 ** table["log2fc"]
        assert random.max() < 3 * random.min()
        assert 0 < calibration.rate() < 1


def test_lists_dicts_bigwigs_and_single_tables_agree(genome, cell_types, tmp_path):
    scores, peaks = cell_types
    with BigWigWriter(tmp_path / "B.bw", SIZES) as writer:
        for chrom, rows in scores["B"].groupby("chrom"):
            writer.add_fixed(chrom, 0, rows["score"].to_numpy())
    both = sma.tl.calibrate(scores, {"T": peaks["T"], "B": peaks["B"]}, genome=genome).frame
    listed = sma.tl.calibrate([tmp_path / "B.bw", scores["T"]], [peaks["B"], peaks["T"]], genome=genome).frame
    pd.testing.assert_frame_equal(both, listed)
    one = sma.tl.calibrate(scores["B"], peaks["B"], genome=genome, chroms="b").frame
    again = sma.tl.calibrate([tmp_path / "B.bw"], [peaks["B"]], genome=genome, chroms=["b"]).frame
    pd.testing.assert_frame_equal(one, again)
    assert not one["recall"].equals(both["recall"])


def test_chromosomes_may_come_from_an_iterator(genome, cell_types):
    listed = sma.tl.calibrate(*cell_types, genome=genome, chroms=["a"]).frame
    drawn = sma.tl.calibrate(*cell_types, genome=genome, chroms=(chrom for chrom in "a")).frame
    pd.testing.assert_frame_equal(drawn, listed)


def test_bins_outside_the_regions_do_not_count(genome, cell_types):
    scores, peaks = cell_types
    regions = pd.DataFrame({"chrom": ["b"], "start": [0], "end": [SIZES["b"]]})
    inside = sma.tl.calibrate(scores, peaks, genome=genome, regions=regions).frame
    pd.testing.assert_frame_equal(inside, sma.tl.calibrate(scores, peaks, genome=genome, chroms="b").frame)


def test_bad_input_is_told(genome, cell_types):
    scores, peaks = cell_types
    with pytest.raises(KeyError, match="scores are of B, T, peaks of B"):
        sma.tl.calibrate(scores, {"B": peaks["B"]}, genome=genome)
    with pytest.raises(KeyError, match="scores are of B, T, peaks of the cell type"):
        sma.tl.calibrate(scores, peaks["B"], genome=genome)
    with pytest.raises(KeyError, match="scores are of cell type 1, cell type 2, peaks of cell type 1;"):
        sma.tl.calibrate(list(scores.values()), [peaks["B"]], genome=genome)
    with pytest.raises(ValueError, match="scores are of no cell type"):
        sma.tl.calibrate({}, {}, genome=genome)
    with pytest.raises(ValueError, match="between 0 and 1"):
        sma.tl.calibrate(scores["B"].assign(score=2.0), peaks["B"], genome=genome)
    with pytest.raises(ValueError, match="no peak of T lies in the bins that count on a, b"):
        sma.tl.calibrate(scores, peaks | {"T": peaks["T"].iloc[:0]}, genome=genome)
