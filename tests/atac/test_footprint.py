import numpy as np
import pandas as pd
import pytest
from _footprints import Simulation, hexamer_counts, plain_bias, plain_sums, text_of

from scmaxatac.atac._footprint import Aggregate, window_starts
from scmaxatac.atac._tn5_bias import Tn5Bias

FLANK = 40


def aggregate(codes, positions, sites, bias, blocks=None, n_blocks=1):
    flipped = (sites["strand"] == "-").to_numpy()
    windows = window_starts(sites["start"].to_numpy(), sites["end"].to_numpy(), flipped, FLANK)
    total = Aggregate.empty(n_blocks, 2 * FLANK)
    blocks = np.zeros(len(sites), dtype=np.int64) if blocks is None else blocks
    total.add(codes, positions, windows, flipped, blocks, bias)
    return total


def measured(codes, positions):
    bias = Tn5Bias()
    everything = np.array([0]), np.array([len(codes)])
    bias.add_sequence(codes, *everything)
    bias.add_insertions(codes, *everything, positions)
    return bias


@pytest.fixture(scope="module")
def small():
    """A short chromosome, insertions, and sites of odd and even widths on both strands, some of them overlapping."""
    rng = np.random.default_rng(3)
    codes = rng.integers(0, 4, 4_000).astype(np.uint8)
    positions = np.sort(rng.integers(5, 3_990, 3_000)).astype(np.int32)
    start = rng.integers(60, 3_900, 40)
    sites = pd.DataFrame({"chrom": "chr1", "start": start, "end": start + rng.integers(1, 30, 40)})
    return codes, positions, sites.assign(strand=rng.choice(["+", "-", "."], 40))


def test_sums_are_those_of_plain_python_site_by_site(small):
    codes, positions, sites = small
    bias = measured(codes, positions)
    text = text_of(codes)
    plain = plain_bias(hexamer_counts(text, [(0, len(text))], positions), hexamer_counts(text, [(0, len(text))], None))
    observed, expected = plain_sums(text, positions, sites, plain, FLANK)
    total = aggregate(codes, positions, sites, bias.values)
    np.testing.assert_array_equal(total.observed[0], observed)
    np.testing.assert_allclose(total.expected[0], expected, rtol=1e-12)
    np.testing.assert_allclose(total.exposure @ bias.values, expected, rtol=1e-12)
    assert total.expected.sum() == pytest.approx(observed.sum())


def test_each_block_holds_the_sums_of_its_sites(small):
    codes, positions, sites = small
    bias = measured(codes, positions).values
    blocks = np.random.default_rng(0).integers(0, 3, len(sites))
    total = aggregate(codes, positions, sites, bias, blocks, 4)
    for block in range(4):
        alone = aggregate(codes, positions, sites[blocks == block], bias)
        np.testing.assert_allclose(total.observed[block], alone.observed[0])
        np.testing.assert_allclose(total.expected[block], alone.expected[0])


def test_the_mirror_image_of_genome_cuts_and_sites_gives_the_same_sums():
    data = Simulation(n=10, closed=0.5, seed=2)
    length = len(data.codes)
    middles = np.sort(np.random.default_rng(5).integers(100, length - 100, 20_000))
    mirrored = length - 1 - middles
    here, there = (np.sort(np.concatenate([m, m - 1])).astype(np.int32) for m in (middles, mirrored))
    codes = (3 - data.codes[::-1]).astype(np.uint8)
    start, end = (length - data.sites[name] for name in ("end", "start"))
    sites = data.sites.assign(start=start, end=end, strand=data.sites["strand"].map({"+": "-", "-": "+"}))
    bias = measured(data.codes, here).values
    np.testing.assert_array_equal(bias, measured(codes, there).values)
    first, second = aggregate(data.codes, here, data.sites, bias), aggregate(codes, there, sites, bias)
    np.testing.assert_array_equal(first.observed, second.observed)
    np.testing.assert_allclose(first.expected, second.expected, rtol=1e-12)


def test_insertions_at_the_edges_of_a_window_count_and_those_beyond_do_not():
    codes = np.zeros(200, dtype=np.uint8)
    first, last = 100 - FLANK, 100 + FLANK - 1
    for strand in "+-":
        site = pd.DataFrame({"start": [99], "end": [102], "strand": [strand]})
        sums = [
            aggregate(codes, np.array(edges, dtype=np.int32), site, np.ones(2080)).observed[0]
            for edges in ((first, last), (first - 1, last + 1), (first,))
        ]
        assert [one.sum() for one in sums] == [2, 0, 1]
        assert np.flatnonzero(sums[2]).tolist() == [0 if strand == "+" else 2 * FLANK - 1]
