import gzip

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scmaxatac.genome import Genome, Intervals
from scmaxatac.genome._windows import outside_windows, window_starts
from scmaxatac.io._bed import read_bed

bounds = st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 1500)), max_size=4)


def intervals(pairs: list[tuple[int, int]], length: int) -> tuple[list[tuple[int, int]], Intervals]:
    pairs = [(start, min(start + width, length)) for start, width in pairs if start < length]
    return pairs, Intervals({"chr1": (np.array([s for s, _ in pairs]), np.array([e for _, e in pairs]))})


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 6000), st.integers(1, 32).map(lambda n: 32 * n), bounds, st.none() | bounds)
def test_windows_are_whole_off_the_blacklist_and_on_regions(length, step, black, regions):
    black, blacklist = intervals(black, length)
    genome = Genome.from_sizes({"chr1": length}, blacklist=blacklist)
    wanted = None
    if regions is not None:
        regions, wanted = intervals(regions, length)
    expected = [
        start
        for start in range(0, length, step)
        if start + 1024 <= length
        and not any(s < start + 1024 and e > start for s, e in black)
        and (regions is None or any(s < start + 1024 and e > start for s, e in regions))
    ]
    assert window_starts(genome, "chr1", step=step, regions=wanted).tolist() == expected


@pytest.mark.parametrize("step", [0, -32, 16, 100, 1056])
def test_a_step_off_the_grid_of_bins_is_an_error(step):
    with pytest.raises(ValueError, match=f"step is {step} bp; it has to be a multiple of 32"):
        window_starts(Genome.from_sizes({"chr1": 5000}), "chr1", step=step)


def test_windows_are_those_of_the_original(data_dir):
    genome = Genome.from_sizes(
        data_dir / "maxatac" / "hg38.chrom.sizes", blacklist=data_dir / "maxatac" / "hg38_maxatac_blacklist.bed"
    )
    regions = Intervals.from_frame(read_bed(data_dir / "chr22" / "hg38_chr22_partial.covered.bed"))
    with gzip.open(data_dir / "golden" / "predict" / "windows.bed.gz", "rt") as handle:
        golden = [int(line.split("\t")[1]) for line in handle]
    starts = window_starts(genome, "chr22", regions=regions)
    assert len(starts) == 19_682
    np.testing.assert_array_equal(starts, golden)


@settings(max_examples=100, deadline=None)
@given(
    regions=st.lists(st.tuples(st.integers(0, 9_000), st.integers(1, 3_000)), max_size=4),
    step=st.sampled_from([64, 256, 1024]),
    length=st.sampled_from([900, 9_500, 11_300, 20_000]),
    place=st.tuples(st.integers(0, 9_000), st.integers(1, 4_000)),
)
def test_what_no_window_covers_is_what_is_left_of_an_interval(regions, step, length, place):
    genome = Genome.from_sizes({"chr1": length})
    _, wanted = intervals(regions, length)
    start, end = place[0], sum(place)
    covered = np.zeros(end, dtype=bool)
    for begin in window_starts(genome, "chr1", step=step, regions=wanted):
        covered[begin : begin + 1024] = True
    expected = ~covered
    expected[:start] = False
    found = np.zeros(end, dtype=bool)
    gaps = outside_windows(wanted, "chr1", start, end, size=length, step=step)
    for begin, stop in gaps:
        assert begin < stop
        found[begin:stop] = True
    assert np.array_equal(found, expected)
    assert gaps == sorted(gaps)
