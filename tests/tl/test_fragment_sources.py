"""The same fragments, wherever they are kept, give the same results."""

import gzip

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from _compare import assert_follows, assert_same_slots
from _mini import GROUPS, REGIONS, SIZES

import scmaxatac as sma
from scmaxatac.containers._mudata import columns_not_pulled

pytestmark = pytest.mark.usefixtures("analytic")


@pytest.fixture
def reference(mini, fragment_file, predict, expected):
    """Results by the `fragments` argument."""
    adata = mini.adata()
    predict(adata, fragments=fragment_file, regions=REGIONS)
    assert_follows(adata.uns["tfbs"], expected, GROUPS, {"AAA": 0.5, "BBB": 0.3})
    return adata


@pytest.fixture
def check(reference, predict, tmp_path):
    """Predict, and compare all slots and each cell's activity with the reference."""

    def run(data, objects=None, **options):
        predict(data, out_dir=tmp_path / "other", **{"regions": REGIONS} | options)
        cells = []
        for adata in objects or [data]:
            assert_same_slots(adata.uns["tfbs"], reference.uns["tfbs"])
            cells.append(adata.obsm["X_tfbs"])
        together = pd.concat(cells)
        pd.testing.assert_frame_equal(together.loc[reference.obs_names], reference.obsm["X_tfbs"])

    return run


def test_paths_that_muon_keeps(check, mini, fragment_file):
    check(mini.adata(fragment_file))


def test_the_argument_wins_over_what_the_object_holds(check, mini, fragment_file, tmp_path):
    adata = mini.snapatac2()
    adata.obsm["fragment_paired"] = adata.obsm["fragment_paired"][::-1].tocsr()
    adata.uns["files"] = {"fragments": str(tmp_path / "nothing")}
    check(adata, fragments=str(fragment_file))


def test_snapatac2s_matrix_in_memory(check, mini):
    adata = mini.snapatac2()
    adata.uns["files"] = {"fragments": "not/looked/at.tsv.gz"}
    before = adata.obsm["fragment_paired"].copy()
    check(adata)
    after = adata.obsm["fragment_paired"]
    for name in ("data", "indices", "indptr"):
        np.testing.assert_array_equal(getattr(after, name), getattr(before, name))


def test_snapatac2s_matrix_with_several_fragments_at_one_start(predict, mini):
    """Which scipy would take for one entry and add up."""
    assert mini.fragments.duplicated(["barcode", "chrom", "start"]).any()
    adata = mini.snapatac2()
    predict(adata, regions="genome")
    assert adata.uns["tfbs"]["qc"]["n_fragments"].sum() == 3 * 14 * 60


@pytest.mark.parametrize("comes_as", ["h5ad", "backed"])
def test_snapatac2s_matrix_after_h5ad(check, mini, tmp_path, comes_as):
    adata = mini.snapatac2()
    adata.write_h5ad(tmp_path / "snap.h5ad")
    check(ad.read_h5ad(tmp_path / "snap.h5ad", backed="r" if comes_as == "backed" else None))


def test_snapatac2s_backed_object(reference, predict, mini, tmp_path):
    snap = pytest.importorskip("snapatac2")
    memory = mini.snapatac2()
    memory.obs = memory.obs[["leiden"]].astype(str).replace("nan", np.nan)
    memory.obs["leiden"] = pd.Categorical(mini.obs["leiden"])
    memory.write_h5ad(tmp_path / "snap.h5ad")
    backed = snap.read(tmp_path / "snap.h5ad", backed="r+")
    predict(backed, out_dir=tmp_path / "other", regions=REGIONS)
    slots, expected = backed.uns["tfbs"], reference.uns["tfbs"]
    assert set(slots) == set(expected)
    np.testing.assert_array_equal(np.asarray(slots["scores"]), expected["scores"])
    for name in ("sites", "regions"):
        found = slots[name].to_pandas()
        pd.testing.assert_frame_equal(found, expected[name].astype(found.dtypes.to_dict()))
    for name in ("qc", "activity"):
        found = slots[name].to_pandas().set_index("group")
        pd.testing.assert_frame_equal(found, expected[name].astype(found.dtypes.to_dict()), check_names=False)
    np.testing.assert_array_equal(np.asarray(backed.obsm["X_tfbs"]), reference.obsm["X_tfbs"].to_numpy())

    sma.tl.call_sites(backed, 0.2)
    sma.tl.call_sites(reference, 0.2)
    for name in ("sites", "activity", "qc"):
        one, other = (getattr(sma.get, name)(each) for each in (backed, reference))
        pd.testing.assert_frame_equal(one.astype(other.dtypes.to_dict()), other, check_names=False)
    backed.close()
    again = snap.read(tmp_path / "snap.h5ad", backed="r")
    assert len(sma.get.sites(again)) == len(sma.get.sites(reference))
    again.close()


def test_snapatac2s_backed_object_can_be_predicted_twice(predict, mini, tmp_path):
    snap = pytest.importorskip("snapatac2")
    mini.snapatac2().write_h5ad(tmp_path / "snap.h5ad")
    backed = snap.read(tmp_path / "snap.h5ad", backed="r+")
    predict(backed, regions=REGIONS)
    predict(backed, regions="genome", tfs="BBB")
    assert not {"regions", "scores"} & set(backed.uns["tfbs"])
    assert sma.get.activity(backed).columns.tolist() == ["BBB"]
    backed.close()


def test_muons_data(check, mini, fragment_file):
    mudata = pytest.importorskip("mudata")
    atac = mini.adata(fragment_file)
    with columns_not_pulled():
        mdata = mudata.MuData({"rna": ad.AnnData(np.ones((5, 1), np.float32), obs=atac.obs[[]].iloc[:5]), "atac": atac})
    check(mdata, [mdata["atac"]])


def test_another_name_of_the_modality(check, mini, fragment_file):
    mudata = pytest.importorskip("mudata")
    mdata = mudata.MuData({"peaks": mini.adata(fragment_file)})
    check(mdata, [mdata["peaks"]], mod="peaks")


def halves(mini, path=None):
    """The cells in two objects, not along the groups."""
    adata = mini.adata(path)
    return [adata[adata.obs["batch"] == batch].copy() for batch in ("s1", "s2")]


def test_a_list_of_objects_with_one_file(check, mini, fragment_file):
    parts = halves(mini)
    check(parts, parts, fragments=fragment_file)


def test_a_list_of_objects_with_paths_of_their_own(check, mini, tmp_path):
    parts = halves(mini)
    for i, part in enumerate(parts):
        part.uns["files"] = {"fragments": str(mini.write_fragments(tmp_path / f"{i}.tsv.gz", list(part.obs_names)))}
    check(parts, parts)


def test_a_list_of_snapatac2s_objects(check, mini):
    adata = mini.snapatac2()
    parts = [adata[:17].copy(), adata[17:].copy()]
    check(parts, parts)


def test_objects_by_sample_with_a_file_each(check, mini, tmp_path):
    parts = dict(zip(("s1", "s2"), halves(mini), strict=True))
    files = {
        sample: mini.write_fragments(tmp_path / f"{sample}.tsv.gz", list(part.obs_names))
        for sample, part in parts.items()
    }
    check(parts, list(parts.values()), fragments=files)


def test_one_object_with_a_file_for_each_sample(check, mini, tmp_path):
    adata = mini.adata()
    files = {
        sample: mini.write_fragments(tmp_path / f"{sample}.tsv.gz", list(rows.index))
        for sample, rows in adata.obs.groupby("batch")
    }
    check(adata, fragments=files, sample_key="batch")


def test_samples_whose_files_use_the_same_barcodes(predict, mini, tmp_path, reference):
    """The usual case of several 10x runs: names made unique by a prefix."""
    adata = mini.adata()
    rename = {name: f"{name[:-2]}" for name in adata.obs_names}
    files = {}
    for sample, rows in adata.obs.groupby("batch"):
        frame = mini.fragments[mini.fragments["barcode"].isin(rows.index)]
        # the other sample's file holds the same barcodes, for other fragments
        other = mini.fragments[mini.fragments["barcode"].isin(adata.obs_names.difference(rows.index))].iloc[::9]
        other = other.assign(chrom="chr2", start=100, end=200)
        lines = pd.concat([frame, other]).to_csv(None, sep="\t", header=False, index=False)
        files[sample] = tmp_path / f"{sample}.tsv.gz"
        files[sample].write_bytes(gzip.compress(lines.encode()))
    assert len(set(rename.values())) == adata.n_obs
    adata.obs_names = [f"{sample}#{name}" for name, sample in adata.obs["batch"].items()]
    predict(adata, fragments=files, sample_key="batch", regions=REGIONS, out_dir=tmp_path / "other")
    assert_same_slots(adata.uns["tfbs"], reference.uns["tfbs"])


def test_barcodes_in_a_column(check, mini, fragment_file, reference, predict, tmp_path):
    adata = mini.adata(fragment_file)
    adata.obs["barcode"] = adata.obs_names.to_numpy()
    adata.obs_names = [f"cell {i}" for i in range(adata.n_obs)]
    predict(adata, barcode_key="barcode", out_dir=tmp_path / "other")
    assert_same_slots(adata.uns["tfbs"], reference.uns["tfbs"])


@pytest.mark.parametrize("change", [lambda name: name[:-2], lambda name: f"lib1#{name}", lambda name: f"lib1_{name}"])
def test_names_of_cells_with_the_usual_affixes(predict, mini, fragment_file, reference, tmp_path, change):
    adata = mini.adata(fragment_file)
    adata.obs_names = [change(name) for name in adata.obs_names]
    predict(adata, out_dir=tmp_path / "other")
    assert_same_slots(adata.uns["tfbs"], reference.uns["tfbs"])


@pytest.mark.parametrize("form", ["plain", "unsorted", "four columns"])
def test_dialects_of_fragment_files(check, mini, tmp_path, form):
    frame = mini.fragments.assign(count=3)
    if form == "unsorted":
        frame = frame.sample(frac=1, random_state=0)
    if form == "four columns":
        frame = frame.drop(columns="count")
    path = tmp_path / ("f.tsv" if form == "plain" else "f.tsv.gz")
    frame.to_csv(path, sep="\t", header=False, index=False)
    check(mini.adata(path))


def test_contigs_that_the_genome_lacks_are_left_out_with_a_warning(check, mini, tmp_path):
    extra = mini.fragments.iloc[:50].assign(chrom="chrUn_KI270742v1")
    path = tmp_path / "f.tsv.gz"
    pd.concat([mini.fragments, extra]).to_csv(path, sep="\t", header=False, index=False)
    n = extra["barcode"].isin(mini.obs["leiden"].dropna().index).sum()
    with pytest.warns(UserWarning, match=rf"f\.tsv\.gz: {n} of \d+ fragments lie on contigs .*chrUn_KI270742v1"):
        check(mini.adata(path))


@pytest.mark.filterwarnings("ignore:.*no read is marked as a duplicate")
def test_bam_files_with_cell_barcodes(predict, mini, tmp_path):
    pysam = pytest.importorskip("pysam")
    header = {"HD": {"VN": "1.6"}, "SQ": [{"SN": chrom, "LN": size} for chrom, size in SIZES.items()]}
    frame = mini.fragments  # those whose reads, not shifted yet, lie on the chromosome
    frame = frame[(frame["start"] >= 4) & (frame["end"] + 4 <= frame["chrom"].map(SIZES))]
    frame.to_csv(tmp_path / "f.tsv", sep="\t", header=False, index=False)
    with pysam.AlignmentFile(tmp_path / "reads.bam", "wb", header=header) as bam:
        for i, row in enumerate(frame.itertuples(index=False)):
            for read in _pair(pysam, bam.header, i, row):
                bam.write(read)
    found = {}
    for name in ("f.tsv", "reads.bam"):
        adata = mini.adata()
        predict(adata, fragments=tmp_path / name, out_dir=tmp_path / f"run of {name}")
        found[name] = adata.uns["tfbs"]
    assert_same_slots(found["reads.bam"], found["f.tsv"])


def _pair(pysam, header, i, row):
    """Reads that give the insertions `start` (from a read at start - 4) and `end - 1` (a read that ends at end + 4)."""
    lo, hi, length = row.start - 4, row.end + 4, 20
    for first in (True, False):
        read = pysam.AlignedSegment(header)
        read.query_name, read.reference_name, read.mapping_quality = f"r{i}", row.chrom, 60
        read.query_sequence, read.cigarstring = "A" * length, f"{length}M"
        read.reference_start, read.next_reference_start = (lo, hi - length) if first else (hi - length, lo)
        read.next_reference_name = row.chrom
        read.flag = 99 if first else 147
        read.template_length = (hi - lo) if first else (lo - hi)
        read.set_tag("CB", row.barcode)
        yield read
