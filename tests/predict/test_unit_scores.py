"""Units that are compared and their scores, against plain loops over bins."""

import numpy as np
import pandas as pd
import pytest

from scmaxatac.atac._insertions import Insertions
from scmaxatac.predict._unit_scores import check_unit, count_insertions, score_units, units_of
from scmaxatac.results._score_store import ScoreStore
from scmaxatac.scores._log_odds import logit

SIZES = {"chr1": 5_050, "chr2": 3_000}
SITES = pd.DataFrame(
    [("chr1", 160, 224), ("chr1", 200, 256), ("chr1", 5_024, 5_050), ("chr2", 992, 1_024), ("chr2", 0, 32)],
    columns=["chrom", "start", "end"],
)


@pytest.fixture(params=[32, 64])
def store(tmp_path, request):
    """Scores of two samples and one factor in some bins."""
    rng = np.random.default_rng(0)
    fingerprints = {(s, c): f"{s}{c}" for s in ("a", "b") for c in SIZES}
    made = ScoreStore(
        tmp_path, groups=["a", "b"], tfs=["CTCF"], sizes=SIZES, fingerprints=fingerprints, bin_size=request.param
    )
    for sample in ("a", "b"):
        for chrom, size in SIZES.items():
            bins = np.sort(rng.choice(-(-size // request.param), 40, replace=False))
            made.write_scores(
                sample, chrom, bins=[bins], scores=[rng.random(40).astype(np.float32)],
                min_stored_scores=np.zeros(1), region_scores=np.zeros((0, 1)), n_ranked=0,
            )  # fmt: skip
    return made


def test_bins_are_those_that_overlap_a_site():
    found = units_of(SITES, "bins", SIZES)
    expected = sorted(
        (chrom, start)
        for chrom, size in SIZES.items()
        for start in range(0, size, 200)
        if any(r.chrom == chrom and r.start < start + 200 and r.end > start for r in SITES.itertuples())
    )
    assert list(zip(found["chrom"], found["start"], strict=True)) == expected
    assert (found["end"] == np.minimum(found["start"] + 200, found["chrom"].map(SIZES))).all()


def test_sites_are_merged():
    found = units_of(SITES, "sites", SIZES)
    assert found["start"].tolist() == [160, 5_024, 0, 992]
    assert found["end"].tolist() == [256, 5_050, 32, 1_024]
    assert units_of(SITES.iloc[:0], "sites", SIZES).empty


def test_scores_are_the_largest_of_the_bins_that_overlap(store):
    units = units_of(SITES, "bins", SIZES)
    counts = np.arange(2 * len(units)).reshape(-1, 2)
    found = score_units(store, units, "CTCF", ["b", "a"], pd.Series({"a": 0.5, "b": 0.9}), counts)
    for u, unit in enumerate(units.itertuples()):
        for s, sample in enumerate(("b", "a")):
            starts, scores = store.read(sample, "CTCF", unit.chrom)
            inside = (starts < unit.end) & (starts + store.bin_size > unit.start)
            best = float(scores[inside].max(initial=0))
            assert found.logits[u, s] == pytest.approx(np.log(max(best, 1e-4) / (1 - max(best, 1e-4))))
            assert found.called[u, s] == (best >= {"a": 0.5, "b": 0.9}[sample])
    np.testing.assert_allclose(found.accessibility, np.log2(1 + counts).mean(axis=1))


def test_units_are_chosen_whichever_arm_calls_them(store):
    units = units_of(SITES, "bins", SIZES)
    counts = np.zeros((len(units), 2))
    found = score_units(store, units, "CTCF", ["a", "b"], pd.Series({"a": 0.7, "b": 0.7}), counts)
    for at_least in (1, 2):
        kept = found.of_samples(np.array([0, 1]), at_least)
        expected = found.called.sum(axis=1) >= at_least
        pd.testing.assert_frame_equal(kept.units, units[expected].reset_index(drop=True))
        np.testing.assert_array_equal(kept.logits, found.logits[expected])


def test_log_odds_are_cut_where_scores_are_0_or_1():
    np.testing.assert_allclose(logit(np.array([0.0, 0.5, 1.0, 1e-4])), [-np.log(9999), 0, np.log(9999), -np.log(9999)])


def test_insertions_are_counted_in_regions_that_overlap():
    rng = np.random.default_rng(1)
    positions = {name: {chrom: rng.integers(0, size, 300) for chrom, size in SIZES.items()} for name in "ab"}
    insertions = Insertions.from_positions(positions)
    regions = pd.DataFrame(
        [("chr2", 100, 900), ("chr1", 0, 5_050), ("chr1", 40, 41), ("chr2", 500, 700)],
        columns=["chrom", "start", "end"],
    )
    found = count_insertions(insertions, ["b", "a"], regions)
    for i, row in enumerate(regions.itertuples()):
        for j, name in enumerate("ba"):
            p = positions[name][row.chrom]
            assert found[i, j] == np.sum((p >= row.start) & (p < row.end))


def test_other_units_are_refused():
    with pytest.raises(ValueError, match="unit is 'peaks'; it can be 'bins' or 'sites'"):
        check_unit("peaks")
