import numpy as np
import pytest

from scmaxatac import Genome
from scmaxatac.atac._bigwig_signal import BigWigSignal
from scmaxatac.io._bigwig import BigWigWriter

SIZES = {"chr1": 9_000, "chr2": 5_000, "chr3": 2_000}


@pytest.fixture
def genome():
    return Genome.from_sizes(SIZES)


@pytest.fixture
def track():
    """Signal of every base: runs of random width, a third of them without a value, up to both ends."""
    rng = np.random.default_rng(0)
    dense = {}
    for chrom in ("chr1", "chr2"):
        lengths = rng.integers(1, 40, SIZES[chrom])
        values = np.where(rng.random(SIZES[chrom]) < 0.3, np.nan, rng.random(SIZES[chrom])).astype(np.float32)
        values[0] = 0.25
        dense[chrom] = np.repeat(values, lengths)[: SIZES[chrom]]
    return dense


@pytest.fixture
def path(track, tmp_path):
    with BigWigWriter(tmp_path / "signal.bw", SIZES) as writer:
        for chrom, dense in track.items():
            writer.add_fixed(chrom, 0, dense, span=1, step=1)
    return tmp_path / "signal.bw"


def test_windows_with_a_value_have_signal(genome, tmp_path):
    with BigWigWriter(tmp_path / "signal.bw", SIZES) as writer:
        writer.add_runs("chr1", np.array([2_000, 3_000]), np.array([2_100, 3_100]), np.array([0.5, 0.0]))
    signal = BigWigSignal(tmp_path / "signal.bw", genome)
    starts = np.array([0, 976, 977, 1_500, 2_099, 2_100, 2_900])
    assert signal.has_signal("chr1", starts).tolist() == [False, False, True, True, True, False, False]
    assert signal.has_signal("chr2", starts).tolist() == [False] * 7
    assert len(signal.has_signal("chr1", starts[:0])) == 0


@pytest.mark.parametrize(("start", "end"), [(0, None), (0, 1), (17, 4_411), (4_000, 5_000)])
def test_values_are_those_of_the_file_and_zero_where_it_has_none(genome, track, path, start, end):
    signal = BigWigSignal(path, genome)
    for chrom, dense in track.items():
        values = signal.values(chrom, start, end)
        assert values.dtype == np.float32
        np.testing.assert_array_equal(values, np.nan_to_num(dense[start:end]))


def test_chromosomes_that_the_file_lacks_have_no_signal(genome, path):
    values = BigWigSignal(path, genome).values("chr3")
    assert len(values) == SIZES["chr3"]
    assert not values.any()


def test_windows_are_slices_of_the_values(genome, path):
    signal = BigWigSignal(path, genome)
    starts = np.array([3, 256, 300, 7_976])
    whole = signal.values("chr1")
    np.testing.assert_array_equal(signal.windows("chr1", starts), [whole[s : s + 1024] for s in starts])
    assert signal.windows("chr1", starts[:0]).shape == (0, 1024)


def test_only_contigs_that_are_read_need_the_length_of_the_genome(track, path):
    other = Genome.from_sizes(SIZES | {"chr2": 5_001})
    signal = BigWigSignal(path, other, chroms=["chr1", "chr3"])
    np.testing.assert_array_equal(signal.values("chr1"), np.nan_to_num(track["chr1"]))
    with pytest.raises(ValueError, match="chr2 has 5,000 bp in"):
        signal.values("chr2")
    with pytest.raises(ValueError, match="chr2 has 5,000 bp in"):
        BigWigSignal(path, other, chroms=["chr1", "chr2"])


def test_another_assembly_is_refused(path):
    with pytest.raises(ValueError, match="share no chromosome"):
        BigWigSignal(path, Genome.from_sizes({"1": 9_000}))
    with pytest.raises(ValueError, match=r"9,000 bp in .*different assemblies"):
        BigWigSignal(path, Genome.from_sizes({"chr1": 9_001}))
    with pytest.raises(FileNotFoundError, match=r"no\.bw"):
        BigWigSignal(path.with_name("no.bw"), Genome.from_sizes(SIZES))


def test_home_may_be_written_as_a_tilde(genome, track, path, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    signal = BigWigSignal("~/signal.bw", genome)
    assert signal.path == path
    np.testing.assert_array_equal(signal.values("chr1"), np.nan_to_num(track["chr1"]))
