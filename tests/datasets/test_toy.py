"""The toy data set: reproducible, realistic enough, and the same in all its forms."""

import gzip
import hashlib
import warnings

import numpy as np
import pandas as pd
import pytest

from scmaxatac import settings
from scmaxatac.datasets import _simulation, toy
from scmaxatac.datasets._motifs import MOTIFS
from scmaxatac.datasets._simulation import _simulate


@pytest.fixture(scope="module")
def data():
    return toy()


@pytest.fixture(scope="module")
def fragments(data):
    columns = ["chrom", "start", "end", "barcode", "count"]
    return pd.read_csv(data.fragments, sep="\t", comment="#", names=columns)


@pytest.fixture(scope="module")
def sequence(data):
    """Read the FASTA by hand, case kept."""
    records = data.fasta.read_text().split(">")[1:]
    return {r.split(maxsplit=1)[0]: "".join(r.split("\n")[1:]) for r in records}


def _insertions_of(fragments, barcodes, chrom):
    mine = fragments[fragments["barcode"].isin(barcodes) & (fragments["chrom"] == chrom)]
    return np.sort(np.concatenate([mine["start"], mine["end"] - 1]))


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    hashes = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        _simulate(tmp_path / name, seed=3, n_fragments=20_000)
        files = sorted((tmp_path / name).iterdir())
        hashes.append({file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files})
    assert hashes[0] == hashes[1]


def test_another_seed_gives_another_genome_and_other_fragments(tmp_path):
    for seed in (1, 2):
        (tmp_path / str(seed)).mkdir()
        _simulate(tmp_path / str(seed), seed=seed, n_fragments=10_000)
    for name in ("genome.fa", "fragments.tsv.gz", "sites.tsv"):
        assert (tmp_path / "1" / name).read_bytes() != (tmp_path / "2" / name).read_bytes()


def test_a_second_call_reads_the_cache(data):
    before = data.fragments.stat().st_mtime_ns
    again = toy()
    assert again.folder == data.folder
    assert again.fragments.stat().st_mtime_ns == before
    assert data.folder.parent == settings.cache_dir / "toy"
    assert not list(data.folder.parent.glob(".*"))


@pytest.mark.parametrize("damage", ["cut", "changed", "gone", "sums"])
def test_a_damaged_folder_is_made_anew_and_the_log_says_so(tmp_path, monkeypatch, caplog, damage):
    monkeypatch.setattr(settings, "cache_dir", tmp_path)
    monkeypatch.setattr(_simulation, "_simulate", _two_files)
    folder = _simulation.toy_folder(0, 10_000)
    file = folder / "fragments.tsv.gz"
    if damage == "cut":
        file.write_bytes(file.read_bytes()[:3])
    elif damage == "changed":
        file.write_bytes(b"y" * 9)
    elif damage == "gone":
        file.unlink()
    else:
        (folder / "sha256sums").write_bytes(b"\xff")
    assert _simulation.toy_folder(0, 10_000) == folder
    assert (
        f"{file if damage != 'sums' else folder / 'sha256sums'} is missing or damaged; the toy data are" in caplog.text
    )
    assert file.read_bytes() == b"x" * 9
    caplog.clear()
    _simulation.toy_folder(0, 10_000)
    assert not caplog.text


def _two_files(folder, *_):
    for name in ("genome.fa", "fragments.tsv.gz"):
        (folder / name).write_bytes(b"x" * 9)


def test_too_few_fragments_are_refused():
    with pytest.raises(ValueError, match="at least 10,000"):
        toy(n_fragments=5)


def test_base_composition_is_that_of_a_mammal(sequence):
    text = "".join(sequence.values()).upper()
    known = len(text) - text.count("N")
    gc = (text.count("G") + text.count("C")) / known
    observed = text.count("CG") * known / (text.count("C") * text.count("G"))
    assert 0.38 < gc < 0.50
    assert 0.15 < observed < 0.45
    blocks = [t[i : i + 50_000] for t in sequence.values() for i in range(0, len(t) - 50_000, 50_000)]
    per_block = [(b.upper().count("G") + b.upper().count("C")) / (50_000 - b.count("N") + 1) for b in blocks]
    assert np.std(per_block) > 0.02


def test_the_genome_has_gaps_and_soft_masked_repeats(sequence):
    assert all(text.startswith("N" * 1000) and text.endswith("N" * 1000) for text in sequence.values())
    lower = sum(base.islower() for base in sequence["chr2"]) / len(sequence["chr2"])
    assert 0.05 < lower < 0.4


def test_motifs_stand_where_the_sites_say(data, sequence):
    code = {"A": 0, "C": 1, "G": 2, "T": 3}
    for tf, rows in data.sites[data.sites["group"] == "B"].groupby("tf"):
        motif = MOTIFS[tf]
        assert (rows["end"] - rows["start"] == motif.width).all()
        codes = np.array(
            [[code[b] for b in sequence[r.chrom][r.start : r.end].upper()] for r in rows.itertuples(index=False)]
        )
        codes[rows["strand"] == "-"] = 3 - codes[rows["strand"] == "-"][:, ::-1]
        np.testing.assert_allclose(motif.score(codes), rows["score"], atol=1e-3)
        weak = (rows["strength"] == "weak").to_numpy()
        assert rows["score"][~weak].min() >= rows["score"][weak].max() - 1e-3


def test_bound_sites_lie_in_chromatin_open_in_that_cluster_and_the_factor_is_expressed(data):
    rna = data.mdata["rna"]
    expression = rna.to_df().groupby(rna.obs["cell_type"].to_numpy(), observed=True).mean()
    peaks = data.peaks
    for row in data.sites[data.sites["bound"]].sample(200, random_state=0).itertuples(index=False):
        around = (peaks["chrom"] == row.chrom) & (peaks["start"] < row.end) & (peaks["end"] > row.start)
        assert peaks.loc[around, row.group].any()
        assert expression.loc[row.group, row.tf] > 0.5


def test_motifs_lie_in_and_out_of_accessible_regions_and_regions_without_motifs_exist(data):
    for tf in data.tfs:
        sites = data.sites[(data.sites["tf"] == tf) & (data.sites["group"] == "B")]
        inside = _in_peaks(sites, data.peaks)
        assert 0.15 < inside.mean() < 0.85
    any_site = data.sites.drop_duplicates(["chrom", "start"])
    with_site = [
        ((any_site["chrom"] == p.chrom) & (any_site["start"] < p.end) & (any_site["end"] > p.start)).any()
        for p in data.peaks.head(300).itertuples(index=False)
    ]
    assert 0.2 < np.mean(with_site) < 0.9


def test_every_factor_has_bound_sites_on_every_chromosome(data):
    counts = data.chip_peaks.groupby(["tf", "chrom"]).size()
    assert len(counts) == 15
    assert counts.min() >= 15
    assert set(data.chroms_train + data.chroms_valid + data.chroms_test) == set(data.sites["chrom"])


def test_fragments_are_sorted_inside_the_genome_and_outside_the_gaps(fragments, sequence):
    assert (fragments["end"] > fragments["start"]).all()
    order = pd.Categorical(fragments["chrom"], categories=list(sequence)).codes
    key = order.astype(np.int64) * 10**9 + fragments["start"]
    assert key.is_monotonic_increasing
    for chrom, rows in fragments.groupby("chrom"):
        assert rows["start"].min() >= 0
        assert rows["end"].max() <= len(sequence[chrom])
        unknown = np.frombuffer(sequence[chrom].encode(), np.uint8) == ord("N")
        assert not unknown[rows["start"]].any()
        assert not unknown[rows["end"] - 1].any()


def test_the_fragment_file_is_block_gzip_with_comments(data):
    raw = data.fragments.read_bytes()
    assert raw[:4] == b"\x1f\x8b\x08\x04"
    assert raw[12:14] == b"BC"
    assert raw.endswith(bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000"))
    with gzip.open(data.fragments, "rt") as handle:
        assert handle.readline().startswith("#")


def test_fragment_lengths_are_sub_and_mononucleosomal(fragments):
    length = fragments["end"] - fragments["start"]
    assert 0.5 < (length < 147).mean() < 0.75
    assert 0.2 < length.between(147, 290).mean() < 0.4


def test_snapatac2_form_holds_the_same_insertions_as_the_file(data, fragments):
    snap = data.snapatac2
    matrix = snap.obsm["fragment_paired"]
    sizes = snap.uns["reference_sequences"]
    assert matrix.dtype == np.uint32
    offsets = np.concatenate([[0], np.cumsum(sizes["reference_seq_length"])])
    assert matrix.shape == (snap.n_obs, offsets[-1])
    row = np.repeat(np.arange(snap.n_obs), np.diff(matrix.indptr))
    for i, chrom in enumerate(sizes["reference_seq_name"]):
        mine = (matrix.indices >= offsets[i]) & (matrix.indices < offsets[i + 1])
        start = matrix.indices[mine] - offsets[i]
        both = np.sort(np.concatenate([start, start + matrix.data[mine].astype(np.int64) - 1]))
        np.testing.assert_array_equal(both, _insertions_of(fragments, snap.obs_names, chrom))
    per_cell = fragments["barcode"].value_counts().reindex(snap.obs_names)
    np.testing.assert_array_equal(np.bincount(row, minlength=snap.n_obs), per_cell)


def test_the_count_matrix_counts_insertions_in_peaks(data, fragments):
    atac = data.adata
    barcode = atac.obs_names[int(np.argmax(np.asarray(atac.X.sum(axis=1))))]
    counts = np.asarray(atac[barcode].X.todense()).ravel()
    for j in np.random.default_rng(0).choice(atac.n_vars, 100, replace=False):
        peak = atac.var.iloc[j]
        position = _insertions_of(fragments, [barcode], peak["chrom"])
        assert counts[j] == np.count_nonzero((position >= peak["start"]) & (position < peak["end"]))
        assert atac.var_names[j] == f"{peak['chrom']}:{peak['start']}-{peak['end']}"


def test_bound_motifs_are_protected_and_their_borders_are_cut(data, fragments):
    atac = data.adata
    for group in ("B", "Mono"):
        barcodes = atac.obs_names[atac.obs["cell_type"] == group]
        inside, beside = 0, 0
        for chrom in data.chroms_test:
            position = _insertions_of(fragments, barcodes, chrom)
            sites = data.sites.query("bound and tf == 'CTCF' and group == @group and chrom == @chrom")
            start, end = sites["start"].to_numpy(), sites["end"].to_numpy()
            inside += int((np.searchsorted(position, end) - np.searchsorted(position, start)).sum())
            beside += int((np.searchsorted(position, end + 19) - np.searchsorted(position, end)).sum())
        assert inside < 0.35 * beside


def test_most_cells_are_in_both_modalities_and_a_few_are_not(data):
    mdata = data.mdata
    rna, atac = set(mdata["rna"].obs_names), set(mdata["atac"].obs_names)
    assert len(rna & atac) > 500
    assert rna - atac
    assert atac - rna
    assert 0 < mdata.obs["cell_type"].isna().sum() < 10
    assert set(mdata.obs["cell_type"].dropna()) == set(data.clusters)


def test_the_file_holds_barcodes_that_are_no_cells(data, fragments):
    assert 0 < (~fragments["barcode"].isin(data.mdata.obs_names)).mean() < 0.1


def test_marker_genes_mark_their_cluster(data):
    rna = data.mdata["rna"]
    mean = rna.to_df().groupby(rna.obs["cell_type"].to_numpy(), observed=True).mean()
    for gene, cluster in {"MS4A1": "B", "CD3E": "CD4/T", "CD14": "Mono", "LYZ": "Mono", "GATA3": "CD4/T"}.items():
        assert mean[gene].idxmax() == cluster


def test_the_genome_object_agrees_with_the_fasta(data, sequence):
    genome = data.genome
    assert genome.sizes == {chrom: len(text) for chrom, text in sequence.items()}
    assert genome.blacklist.total("chr1") > 10_000


def test_objects_survive_a_round_trip_through_files(data, tmp_path):
    import anndata as ad
    import mudata

    data.mdata.write(tmp_path / "toy.h5mu")
    assert mudata.read_h5mu(tmp_path / "toy.h5mu").n_obs == data.mdata.n_obs
    data.snapatac2.write(tmp_path / "toy.h5ad")
    back = ad.read_h5ad(tmp_path / "toy.h5ad")
    np.testing.assert_array_equal(back.obsm["fragment_paired"].data, data.snapatac2.obsm["fragment_paired"].data)


def _in_peaks(sites, peaks):
    inside = np.zeros(len(sites), bool)
    for chrom, rows in peaks.groupby("chrom"):
        mine = (sites["chrom"] == chrom).to_numpy()
        peak = np.searchsorted(rows["start"], sites["start"][mine], side="right") - 1
        inside[mine] = (peak >= 0) & (sites["start"][mine].to_numpy() < rows["end"].to_numpy()[np.maximum(peak, 0)])
    return inside


@pytest.fixture(scope="module")
def cohort():
    return toy(n_donors=3)


def test_donors_change_neither_the_genome_nor_what_cells_there_are(data, cohort):
    for name in ("genome.fa", "blacklist.bed", "peaks.tsv", "sites.tsv", "rna.tsv"):
        assert (data.folder / name).read_bytes() == (cohort.folder / name).read_bytes()
    assert list(data.mdata.obs_names) == list(cohort.mdata.obs_names)
    pd.testing.assert_series_equal(data.adata.obs["cell_type"], cohort.adata.obs["cell_type"])
    assert set(data.adata.obs) == {"cell_type"}
    assert data.lost_sites.empty


def test_cells_are_balanced_over_donors_and_conditions(cohort):
    n = cohort.adata.obs.groupby(["cell_type", "donor", "condition"], observed=True).size()
    assert len(n) == 18
    assert n.groupby("cell_type", observed=True).agg(np.ptp).max() <= 5
    assert set(cohort.mdata.obs) == {"cell_type", "donor", "condition"}


def test_the_stimulus_closes_the_lost_sites_and_nothing_else(cohort):
    reads = pd.read_csv(cohort.fragments, sep="\t", comment="#", names=["chrom", "start", "end", "barcode", "count"])
    obs = cohort.adata.obs
    lost = cohort.lost_sites
    kept = cohort.sites.query("tf == 'GATA3' and group == 'CD4/T' and bound")
    kept = kept[~kept.set_index(["chrom", "start"]).index.isin(lost.set_index(["chrom", "start"]).index)]

    def ratio(sites, cluster):
        counts = {}
        for condition in ("ctrl", "stim"):
            cells = obs.index[(obs["cell_type"] == cluster) & (obs["condition"] == condition)]
            mine = reads[reads["barcode"].isin(cells)]
            inside = 0
            for chrom, rows in sites.groupby("chrom"):
                starts = np.sort(mine.loc[mine["chrom"] == chrom, "start"])
                lo, hi = rows["start"].to_numpy() - 150, rows["end"].to_numpy() + 150
                inside += int((np.searchsorted(starts, hi) - np.searchsorted(starts, lo)).sum())
            counts[condition] = inside / len(mine)
        return counts["stim"] / counts["ctrl"]

    assert 0.4 < len(lost) / (len(lost) + len(kept)) < 0.8
    assert ratio(lost, "CD4/T") < 0.5
    assert 0.85 < ratio(kept, "CD4/T") < 1.25
    others = cohort.sites.query("tf == 'SPI1' and group == 'Mono' and bound")
    assert 0.85 < ratio(others, "Mono") < 1.15


def test_donors_differ_more_than_chance_makes_them(cohort):
    atac = cohort.adata
    mono = atac[atac.obs["cell_type"] == "Mono"]
    by_donor = [np.asarray(mono[mono.obs["donor"] == f"donor{i}"].X.sum(axis=0)).ravel() for i in (1, 2, 3)]
    one, other = by_donor[0], by_donor[1]
    expected = (one + other) * (one.sum() / (one.sum() + other.sum()))
    many = expected > 30
    chi = (one - expected)[many] ** 2 / (expected * other.sum() / (one.sum() + other.sum()))[many]
    assert chi.mean() > 1.5


def test_the_mudata_is_made_without_a_warning_of_what_will_change():
    fresh = toy()
    with warnings.catch_warnings():
        warnings.simplefilter("error", FutureWarning)
        assert list(fresh.mdata.obs.columns) == ["cell_type"]


@pytest.mark.parametrize("n_donors", [0, 21])
def test_numbers_of_donors_that_make_no_sense_are_refused(n_donors):
    with pytest.raises(ValueError, match="n_donors"):
        toy(n_donors=n_donors)
