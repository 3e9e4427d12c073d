import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scmaxatac as sma
from scmaxatac.atac._average import average_runs, minimum_and_percentile
from scmaxatac.genome import Genome, Intervals
from scmaxatac.io._bigwig import BigWigWriter, read_bigwig

LENGTH = 120


@st.composite
def runs(draw):
    edges = sorted(draw(st.lists(st.integers(0, LENGTH), min_size=0, max_size=16, unique=True)))
    starts, ends = np.array(edges[:-1:2], dtype=int), np.array(edges[1::2], dtype=int)
    values = np.array([draw(st.integers(0, 6)) for _ in starts], dtype=np.float32)
    return starts, ends, values


@settings(max_examples=150, deadline=None)
@given(st.lists(runs(), min_size=1, max_size=4), st.integers(0, LENGTH - 1), st.integers(1, 20))
def test_the_mean_and_its_percentile_are_those_of_dense_tracks(tracks, black_start, black_width):
    black = np.zeros(LENGTH, dtype=bool)
    black[black_start : black_start + black_width] = True
    blacklist = Intervals({"chr1": (np.array([black_start]), np.array([black_start + black_width]))})
    genome = Genome.from_sizes({"chr1": LENGTH}, blacklist=blacklist.frame())
    dense = np.zeros((len(tracks), LENGTH))
    for row, (starts, ends, values) in zip(dense, tracks, strict=True):
        for start, end, value in zip(starts, ends, values, strict=True):
            row[start:end] = value
    breaks, mean, is_black = average_runs(tracks, "chr1", genome)
    np.testing.assert_allclose(np.repeat(mean, np.diff(breaks)), dense.mean(axis=0))
    np.testing.assert_array_equal(np.repeat(is_black, np.diff(breaks)), black)
    low, high = minimum_and_percentile([(breaks, mean, is_black)])
    allowed = dense.mean(axis=0)[~black]
    assert low == pytest.approx(allowed.min())
    if (allowed > 0).any():
        assert high == pytest.approx(np.percentile(allowed[allowed > 0], 99))
    else:
        assert np.isnan(high)


def test_one_track_alone_gives_the_originals_minmax_track(data_dir, tmp_path):
    genome = Genome.from_sizes(
        data_dir / "maxatac" / "hg38.chrom.sizes", blacklist=data_dir / "maxatac" / "hg38_maxatac_blacklist.bed"
    )
    path = sma.pp.average_replicates(
        [data_dir / "golden" / "prepare" / "chr22_IS_slop20_RP20M.bw"], tmp_path / "signal.bw", genome=genome
    )
    golden = np.load(data_dir / "golden" / "prepare" / "chr22_IS_slop20_RP20M_minmax01.npz")
    starts, ends, values = read_bigwig(path, "chr22")
    np.testing.assert_array_equal(starts, golden["start"])
    np.testing.assert_array_equal(ends, golden["end"])
    np.testing.assert_allclose(values, golden["value"], rtol=1e-5)


def test_averaging_files_gives_what_replicates_in_memory_give(simulated, tmp_path, dense):
    adata = simulated.adata.copy()
    adata.obs["donor"] = np.where(np.arange(adata.n_obs) % 4 == 0, "a", "b")
    options = {"genome": simulated.genome, "min_fragments": 1000}
    in_memory = sma.pp.tn5_tracks(adata, "cell_type", replicate_key="donor", **options)
    files = sma.pp.tn5_tracks(
        adata, ["cell_type", "donor"], normalize="rp20m", out_dir=tmp_path, **options
    ).files.set_index("group")["path"]
    replicates = [tmp_path / files[f"CD4/T|{donor}"] for donor in ("a", "b")]
    path = sma.pp.average_replicates(replicates, tmp_path / "mean" / "CD4.bw", genome=simulated.genome)
    for chrom in simulated.genome.chroms:
        averaged = dense(simulated.genome.sizes[chrom], *read_bigwig(path, chrom))
        expected = in_memory.pseudobulks.signal("CD4/T").values(chrom)
        np.testing.assert_allclose(averaged, expected, rtol=1e-5, atol=1e-6)


@pytest.fixture
def bigwigs(tmp_path):
    """Two replicates; the second lacks chr2."""
    paths = [tmp_path / "a.bw", tmp_path / "b.bw"]
    with BigWigWriter(paths[0], {"chr1": 100, "chr2": 50}) as writer:
        writer.add_runs("chr1", np.array([10]), np.array([20]), np.array([4.0]))
        writer.add_runs("chr2", np.array([0]), np.array([50]), np.array([2.0]))
    with BigWigWriter(paths[1], {"chr1": 100}) as writer:
        writer.add_runs("chr1", np.array([15]), np.array([30]), np.array([2.0]))
    return paths


GENOME = Genome.from_sizes({"chr1": 100, "chr2": 50})


def test_what_a_replicate_lacks_counts_as_zero(bigwigs, tmp_path):
    path = sma.pp.average_replicates(bigwigs, tmp_path / "mean.bw", genome=GENOME, normalize="rp20m")
    assert [column.tolist() for column in read_bigwig(path, "chr1")] == [[10, 15, 20], [15, 20, 30], [2, 3, 1]]
    assert [column.tolist() for column in read_bigwig(path, "chr2")] == [[0], [50], [1]]


def test_bad_input_is_an_error_and_leaves_no_file(bigwigs, tmp_path):
    out = tmp_path / "out.bw"
    cases = [
        ([], GENOME, {}, ValueError, "at least one bigWig"),
        (bigwigs[0], GENOME, {}, ValueError, "tracks is a PosixPath; it has to be a list of paths"),
        ([tmp_path / "nowhere.bw"], GENOME, {}, FileNotFoundError, "nowhere.bw"),
        (bigwigs[1:], GENOME, {"chroms": "chr2"}, KeyError, "none of the 1 bigWigs has chromosome 'chr2'"),
        (bigwigs, GENOME, {"normalize": "cpm"}, ValueError, "normalize is 'cpm'"),
        (bigwigs, Genome.from_sizes({"chr1": 101}), {}, ValueError, "chr1 has 100 bp in .*a.bw, but 101 in"),
        (bigwigs, Genome.from_sizes({"1": 100}), {}, ValueError, "share no chromosome: chr1, chr2 and 1"),
    ]
    for tracks, genome, options, kind, message in cases:
        with pytest.raises(kind, match=message):
            sma.pp.average_replicates(tracks, out, genome=genome, **options)
    black = Genome.from_sizes({"chr1": 100}, blacklist=Intervals({"chr1": (np.array([0]), np.array([100]))}))
    with pytest.raises(ValueError, match="no values above 0 on chr1"):
        sma.pp.average_replicates(bigwigs[1:], out, genome=black)
    assert not out.exists()


def mean_of(bigwigs, path, normalize="rp20m"):
    return sma.pp.average_replicates(bigwigs, path, genome=GENOME, normalize=normalize)


def test_no_input_is_replaced_by_whatever_name_it_is_called(bigwigs, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to(tmp_path)
    (tmp_path / "hard.bw").hardlink_to(bigwigs[0])
    (tmp_path / "soft.bw").symlink_to(bigwigs[1])
    before = [path.read_bytes() for path in bigwigs]
    for path in (bigwigs[0], "a.bw", "link/b.bw", "hard.bw", "soft.bw", "../" + tmp_path.name + "/a.bw"):
        with pytest.raises(ValueError, match="one of the tracks to average; choose another name"):
            mean_of(bigwigs, path)
    assert before == [path.read_bytes() for path in bigwigs]
    assert not list(tmp_path.glob("*.sha256"))


def test_a_mean_of_ours_is_an_input_like_any_other(bigwigs, tmp_path):
    path = mean_of(bigwigs, tmp_path / "mean.bw")
    before = path.read_bytes()
    with pytest.raises(ValueError, match="one of the tracks to average"):
        mean_of([*bigwigs, path], path)
    assert path.read_bytes() == before


def test_another_file_of_that_name_stays_and_an_earlier_mean_is_replaced(bigwigs, tmp_path):
    path = tmp_path / "mean.bw"
    path.write_text("mine")
    with pytest.raises(ValueError, match=r"mean\.bw is in the way"):
        mean_of(bigwigs, path)
    assert path.read_text() == "mine"
    path.unlink()
    first = mean_of(bigwigs, path).read_bytes()
    assert mean_of(bigwigs, path, "minmax").read_bytes() != first
