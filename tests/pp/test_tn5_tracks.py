import re

import numpy as np
import pandas as pd
import pytest

import scmaxatac as sma
from scmaxatac.atac import _track_folder
from scmaxatac.io._bigwig import bigwig_sizes, read_bigwig
from scmaxatac.io._files import sha256_of
from scmaxatac.io._owned_folder import LOCK, MARKER


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("tracks")


@pytest.fixture(scope="module")
def counts(pbmc, hg38, folder) -> sma.pp.Tn5Tracks:
    return sma.pp.tn5_tracks(
        pbmc, "celltype", genome=hg38, min_fragments=1000, normalize="counts", out_dir=folder / "counts"
    )


def test_sums_of_thirteen_real_cell_types_equal_a_count_line_by_line(counts, folder, pbmc_kept, hg38):
    assert len(counts.groups) == 13
    assert "CD4/naive T" in counts.groups
    pbmc_kept = pbmc_kept[pbmc_kept["chrom"].isin(counts.pseudobulks.chroms)]
    size = pbmc_kept["chrom"].map(hg38.sizes)
    width = np.minimum(pbmc_kept["position"] + 21, size) - np.maximum(pbmc_kept["position"] - 20, 0)
    expected = width.groupby(pbmc_kept["group"]).sum()
    paths = counts.files.set_index("group")["path"]
    for group in counts.groups:
        in_memory = sum(
            int((runs["value"] * (runs["end"] - runs["start"])).sum())
            for runs in (counts.runs(group, chrom) for chrom in counts.pseudobulks.chroms)
        )
        on_disk = 0
        for chrom in counts.pseudobulks.chroms:
            starts, ends, values = read_bigwig(folder / "counts" / paths[group], chrom)
            on_disk += int((values * (ends - starts)).sum())
        assert in_memory == on_disk == expected[group]


def test_files_are_called_by_number_and_group_and_listed(counts, folder):
    (own,) = (folder / "counts").iterdir()
    assert re.fullmatch("tn5_tracks-[0-9a-f]{12}", own.name)
    names = [f"{own.name}/{path.name}" for path in own.iterdir() if path.suffix == ".bw"]
    assert sorted(names) == sorted(counts.files["path"])
    row = counts.files.set_index("group").loc["CD4/naive T"]
    number = counts.groups.index("CD4/naive T")
    assert row["path"] == f"{own.name}/{number}_CD4_naive_T.bw"
    assert row["sha256"] == sha256_of(folder / "counts" / row["path"])
    listed = pd.read_csv(own / "tracks.tsv", sep="\t")
    listed["path"] = f"{own.name}/" + listed["path"]
    pd.testing.assert_frame_equal(listed, counts.files, check_dtype=False)


def test_bigwigs_have_the_genomes_chromosomes(counts, folder, hg38):
    assert bigwig_sizes(folder / "counts" / counts.files["path"][0]) == hg38.sizes


def test_scaled_and_minmax_tracks_are_multiples_of_the_counts(counts, pbmc, hg38):
    options = {"genome": hg38, "min_fragments": 1000, "chroms": counts.pseudobulks.chroms}
    group = "CD14+ Monocytes"
    raw = counts.runs(group, "chr1")
    scaled = sma.pp.tn5_tracks(pbmc, "celltype", normalize="rp20m", **options).runs(group, "chr1")
    signal = sma.pp.tn5_tracks(pbmc, "celltype", **options).runs(group, "chr1")
    for other, factor in (
        (scaled, 20e6 / counts.qc.loc[group, "n_insertions"]),
        (signal, 1 / counts.qc.loc[group, "p99"]),
    ):
        pd.testing.assert_frame_equal(other[["start", "end"]], raw[["start", "end"]])
        np.testing.assert_allclose(other["value"], raw["value"] * factor, rtol=1e-6)


def test_bigwig_and_memory_agree(simulated, tmp_path, dense):
    tracks = sma.pp.tn5_tracks(simulated.mdata, "cell_type", genome=simulated.genome, out_dir=tmp_path)
    for group, path in tracks.files.set_index("group")["path"].items():
        for chrom in simulated.genome.chroms:
            size = simulated.genome.sizes[chrom]
            runs = tracks.runs(group, chrom)
            in_memory = dense(size, *(runs[column].to_numpy() for column in ("start", "end", "value")))
            np.testing.assert_array_equal(dense(size, *read_bigwig(tmp_path / path, chrom)), in_memory)
            np.testing.assert_allclose(in_memory, tracks.pseudobulks.signal(group).values(chrom), rtol=1e-6, atol=1e-7)


def test_without_a_folder_nothing_is_written(simulated, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tracks = sma.pp.tn5_tracks(simulated.adata, "cell_type", genome=simulated.genome, chroms="chr1")
    assert len(tracks.files) == 0
    assert list(tmp_path.iterdir()) == []
    assert tracks.groups == ["B", "CD4/T", "Mono"]


def test_chromosomes_may_be_asked_for_in_any_order(simulated, tmp_path):
    tracks = sma.pp.tn5_tracks(
        simulated.adata, "cell_type", genome=simulated.genome, chroms=["chr3", "chr1"], out_dir=tmp_path
    )
    starts, _, _ = read_bigwig(tmp_path / tracks.files["path"][0], "chr1")
    assert len(starts) == len(tracks.runs("B", "chr1"))


def test_an_unknown_scale_is_an_error_that_lists_the_known_ones(simulated):
    with pytest.raises(ValueError, match=r"normalize is 'cpm'; it has to be one of 'minmax', 'rp20m', 'counts'"):
        sma.pp.tn5_tracks(simulated.adata, "cell_type", genome=simulated.genome, normalize="cpm")


def test_a_folder_that_can_not_be_written_is_an_error_before_anything_is_read(simulated, tmp_path):
    (tmp_path / "file").write_text("")
    adata = simulated.adata.copy()
    adata.uns["files"] = {"fragments": "never read"}
    with pytest.raises(ValueError, match=r"out_dir .*file/tracks can't be written to \(Not a directory\)"):
        sma.pp.tn5_tracks(adata, "cell_type", genome=simulated.genome, out_dir=tmp_path / "file" / "tracks")


def test_an_error_leaves_no_half_written_files(simulated, tmp_path, monkeypatch):
    whole = _track_folder.track_runs

    def fails_later(signal, chrom, normalize):
        if chrom == "chr3":
            raise RuntimeError("disk full")
        return whole(signal, chrom, normalize)

    monkeypatch.setattr(_track_folder, "track_runs", fails_later)
    with pytest.raises(RuntimeError, match="disk full"):
        sma.pp.tn5_tracks(simulated.adata, "cell_type", genome=simulated.genome, out_dir=tmp_path)
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} <= {MARKER, LOCK}


def test_pseudobulks_give_the_tracks_of_the_object(simulated, tmp_path):
    options = {"out_dir": tmp_path, "max_fragments": 5_000, "rng": 2}
    direct = sma.pp.tn5_tracks(simulated.adata, "cell_type", genome=simulated.genome, chroms="chr5",
                               min_fragments=1_000, **options)  # fmt: skip
    bulks = sma.pp.pseudobulk(simulated.adata, "cell_type", genome=simulated.genome, chroms="chr5", min_fragments=1_000)
    made = sma.pp.tn5_tracks(bulks, **options)
    pd.testing.assert_frame_equal(made.files, direct.files)
    assert (made.qc["n_fragments_used"] == 5_000).all()
    with pytest.raises(ValueError, match="groupby is missing"):
        sma.pp.tn5_tracks(simulated.adata, genome=simulated.genome)
