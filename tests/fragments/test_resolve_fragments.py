import gzip

import anndata as ad
import mudata as md
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from scmaxatac.containers._mudata import columns_not_pulled
from scmaxatac.fragments._bam import BamFragments
from scmaxatac.fragments._fragment_file import FragmentFile
from scmaxatac.fragments._resolve_fragments import fragment_sources
from scmaxatac.fragments._snapatac2 import SnapFragments

SIZES = {"chr1": 2000, "chr2": 1000}
CELLS = ["AAACGAAAGACTCGGA-1", "AAACGAACAAGTAACA-1", "TTTGGCCAGTAACTCA-1"]


def snap_object(fragments, cells, sizes):
    """An object with SnapATAC2's layout that holds (chrom, start, end, cell)."""
    offsets = dict(zip(sizes, np.cumsum([0, *sizes.values()])[:-1], strict=True))
    place = {cell: i for i, cell in enumerate(cells)}
    rows = sorted((place[b], offsets[c] + s, e - s) for c, s, e, b in fragments if b in place)
    indptr = np.searchsorted([row[0] for row in rows], range(len(cells) + 1))
    data, columns = np.array([r[2] for r in rows], np.uint32), np.array([r[1] for r in rows], np.int64)
    table = pd.DataFrame({"reference_seq_name": list(sizes), "reference_seq_length": list(sizes.values())})
    return ad.AnnData(
        obs=pd.DataFrame(index=list(cells)),
        obsm={"fragment_paired": sp.csr_matrix((data, columns, indptr), (len(cells), sum(sizes.values())))},
        uns={"reference_sequences": table},
    )


def write(path, fragments):
    path.write_text("".join(f"{c}\t{s}\t{e}\t{b}\n" for c, s, e, b in fragments))
    return path


@pytest.fixture
def fragments():
    rng = np.random.default_rng(0)
    starts = rng.integers(0, 900, 300)
    rows = [(f"chr{1 + i % 2}", int(s), int(s) + 1 + i % 90, CELLS[i % 3]) for i, s in enumerate(starts)]
    return rows + rows[:20]


@pytest.fixture
def path(tmp_path, fragments):
    return write(tmp_path / "fragments.tsv", fragments)


@pytest.fixture(autouse=True)
def _no_pulling():
    with columns_not_pulled():
        yield


@pytest.fixture
def adata():
    return ad.AnnData(obs=pd.DataFrame({"sample": ["s1", "s2", "s1"]}, index=CELLS))


def pooled(sources, names, brute_force):
    """Insertions of all sources by the name of the object's row."""
    total = {}
    for source, rows in sources:
        assert len(rows) == source.n_cells
        for key, n in brute_force.source_insertions(source, [names[row] for row in rows]).items():
            total[key] = total.get(key, 0) + n
    return total


def test_all_sources_give_the_same_insertions(adata, path, fragments, tmp_path, brute_force):
    truth = brute_force.insertions(fragments)
    zipped = tmp_path / "fragments.tsv.gz"
    zipped.write_bytes(gzip.compress(path.read_bytes()))
    for sample in ("s1", "s2"):
        mine = set(adata.obs_names[adata.obs["sample"] == sample])
        write(tmp_path / f"{sample}.tsv", [fragment for fragment in fragments if fragment[3] in mine])
    stored = adata.copy()
    stored.uns["files"] = {"fragments": str(zipped)}
    by_sample = {sample: tmp_path / f"{sample}.tsv" for sample in ("s1", "s2")}
    ways = {
        "file": fragment_sources(adata, fragments=path),
        "gzip": fragment_sources(adata, fragments=zipped),
        "one file for each sample": fragment_sources(adata, fragments=by_sample, sample_key="sample"),
        "muon's path": fragment_sources(stored),
        "mudata": fragment_sources(md.MuData({"atac": stored})),
        "snapatac2": fragment_sources(snap_object(fragments, CELLS, SIZES)),
    }
    for way, sources in ways.items():
        assert pooled(sources, CELLS, brute_force) == truth, way


def test_all_sources_give_the_same_insertions_on_chr22(data_dir, tmp_path, brute_force):
    snap = pytest.importorskip("snapatac2")
    path = data_dir / "chr22" / "pbmc_100cells_chr22.fragments.tsv.gz"
    rows = brute_force.read_fragments(path)
    cells = sorted({row[3] for row in rows})
    truth = brute_force.insertions(rows)
    options = {"chrom_sizes": {"chr22": 50_818_468}, "sorted_by_barcode": False, "min_num_fragments": 0}
    backed = snap.pp.import_fragments(path, file=tmp_path / "x.h5ad", **options)
    in_memory = snap.pp.import_fragments(path, **options)
    stored = ad.AnnData(obs=pd.DataFrame(index=cells), uns={"files": {"fragments": str(path)}})
    ways = {
        "file": (fragment_sources(ad.AnnData(obs=stored.obs), fragments=path), cells),
        "muon's path": (fragment_sources(stored), cells),
        "in memory": (fragment_sources(in_memory), list(in_memory.obs_names)),
        "backed": (fragment_sources(backed), list(backed.obs_names)),
        "laid out by hand": (fragment_sources(snap_object(rows, cells, {"chr22": 50_818_468})), cells),
    }
    for way, (sources, names) in ways.items():
        assert pooled(sources, names, brute_force) == truth, way
    backed.close()


def test_the_argument_comes_before_obsm_and_obsm_before_uns(path, fragments):
    adata = snap_object(fragments, CELLS, SIZES)
    adata.uns["files"] = {"fragments": "/nowhere.tsv"}
    ((source, _),) = fragment_sources(adata)
    assert isinstance(source, SnapFragments)
    ((source, _),) = fragment_sources(adata, fragments=path)
    assert isinstance(source, FragmentFile)
    del adata.obsm["fragment_paired"]
    with pytest.raises(FileNotFoundError, match=r"uns\['files'\]\['fragments'\] names /nowhere\.tsv"):
        fragment_sources(adata)


def test_without_fragments_the_error_names_all_three_places(adata):
    for uns in ({}, {"files": {}}, {"files": "x"}):
        adata.uns = uns
        with pytest.raises(ValueError, match=r"fragments=.*obsm\['fragment_paired'\].*uns\['files'\]\['fragments'\]"):
            fragment_sources(adata)


def test_a_path_survives_h5ad(adata, path, tmp_path, brute_force, fragments):
    adata.uns["files"] = {"fragments": str(path)}
    adata.write_h5ad(tmp_path / "x.h5ad")
    sources = fragment_sources(ad.read_h5ad(tmp_path / "x.h5ad"))
    assert pooled(sources, CELLS, brute_force) == brute_force.insertions(fragments)


def test_barcodes_are_taken_from_the_column_that_is_named(path, fragments, brute_force):
    obs = pd.DataFrame({"barcode": CELLS[::-1]}, index=["x", "y", "z"])
    sources = fragment_sources(ad.AnnData(obs=obs), fragments=path, barcode_key="barcode")
    assert pooled(sources, CELLS[::-1], brute_force) == brute_force.insertions(fragments)
    obs["barcode"] = [CELLS[0], None, None]
    with pytest.raises(ValueError, match=r"2 of 3 cells have no barcode in obs\['barcode'\]"):
        fragment_sources(ad.AnnData(obs=obs), fragments=path, barcode_key="barcode")
    with pytest.raises(KeyError, match="obs has no column 'barcodes'; did you mean 'barcode'"):
        fragment_sources(ad.AnnData(obs=obs), fragments=path, barcode_key="barcodes")


def test_the_same_barcode_in_two_samples_is_kept_apart(tmp_path, brute_force):
    files = {
        "1": write(tmp_path / "1.tsv", [("chr1", 5, 50, CELLS[0]), ("chr1", 6, 50, CELLS[1])]),
        "2": write(tmp_path / "2.tsv", [("chr1", 7, 60, CELLS[0])]),
    }
    names = [f"{CELLS[0]}-1", f"{CELLS[0]}-2", f"{CELLS[1]}-1"]
    for samples in (["1", "2", "1"], [1, 2, 1], pd.Categorical([1.0, 2.0, 1.0])):
        adata = ad.AnnData(obs=pd.DataFrame({"library": samples}, index=names))
        sources = fragment_sources(adata, fragments=files, sample_key="library")
        assert pooled(sources, names, brute_force) == {
            (names[0], "chr1", 5): 1,
            (names[0], "chr1", 49): 1,
            (names[2], "chr1", 6): 1,
            (names[2], "chr1", 49): 1,
            (names[1], "chr1", 7): 1,
            (names[1], "chr1", 59): 1,
        }


def test_samples_may_stand_in_the_obs_of_a_mudata(adata, path):
    mdata = md.MuData({"atac": adata})
    mdata.obs["library"] = ["a", "a", "b"]
    sources = fragment_sources(mdata, fragments={"a": path, "b": path}, sample_key="library")
    assert [rows.tolist() for _, rows in sources] == [[0, 1], [2]]


def test_cells_without_a_sample_are_left_out_with_a_warning(adata, path):
    adata.obs["sample"] = ["s1", None, "s1"]
    with pytest.warns(UserWarning, match=r"1 cells have no sample in obs\['sample'\]"):
        ((_, rows),) = fragment_sources(adata, fragments={"s1": path, "s9": path}, sample_key="sample")
    assert rows.tolist() == [0, 2]


def test_samples_that_do_not_fit_are_errors(adata, path):
    with pytest.raises(KeyError, match=r"no file for sample 's2' of obs\['sample'\] \(1 of 2 have none\); it has 's1'"):
        fragment_sources(adata, fragments={"s1": path}, sample_key="sample")
    with pytest.raises(ValueError, match=r"names 2 samples \('s1', 's2'\): say with sample_key="):
        fragment_sources(adata, fragments={"s1": path, "s2": path})
    with pytest.raises(ValueError, match="fragments is an empty dict"):
        fragment_sources(adata, fragments={})
    with pytest.raises(KeyError, match="obs has no column 'smple'; did you mean 'sample'"):
        fragment_sources(adata, fragments={"s1": path}, sample_key="smple")
    adata.obs["sample"] = None
    with pytest.raises(ValueError, match=r"no cell has a sample in obs\['sample'\]"):
        fragment_sources(adata, fragments={"s1": path}, sample_key="sample")


def test_one_file_of_a_dict_needs_no_sample_key(adata, path, brute_force, fragments):
    sources = fragment_sources(adata, fragments={"s1": path})
    assert pooled(sources, CELLS, brute_force) == brute_force.insertions(fragments)


def test_repeated_cell_names_are_an_error(adata, path):
    adata.obs_names = [CELLS[0], CELLS[0], CELLS[1]]
    with pytest.raises(ValueError, match=r"occurs 2 times.*Make obs_names unique"):
        fragment_sources(adata, fragments=path)


@pytest.mark.filterwarnings("ignore:.*no read is marked as a duplicate", "ignore:only 1 of the object's 3 cells")
def test_a_bam_file_is_a_source_too(adata, tmp_path):
    pysam = pytest.importorskip("pysam")
    header = {"SQ": [{"SN": chrom, "LN": n} for chrom, n in SIZES.items()]}
    with pysam.AlignmentFile(tmp_path / "x.bam", "wb", header=header) as handle:
        read = pysam.AlignedSegment()
        read.query_name, read.reference_id, read.reference_start, read.mapping_quality = "r", 0, 10, 60
        read.query_sequence, read.cigarstring = "ACGTACGTAC", "10M"
        read.set_tag("CB", CELLS[1])
        handle.write(read)
    ((source, _),) = fragment_sources(adata, fragments=tmp_path / "x.bam")
    assert isinstance(source, BamFragments)
    (chunk,) = source.chunks()
    assert (chunk.cell.tolist(), chunk.start.tolist(), chunk.both_ends) == ([1], [14], False)


@pytest.mark.filterwarnings("ignore:.*no read is marked as a duplicate")
def test_cells_of_a_bam_file_may_be_named_after_their_sample(tmp_path):
    pysam = pytest.importorskip("pysam")
    header = {"SQ": [{"SN": chrom, "LN": n} for chrom, n in SIZES.items()]}
    with pysam.AlignmentFile(tmp_path / "x.bam", "wb", header=header) as handle:
        for i, barcode in enumerate(CELLS):
            read = pysam.AlignedSegment()
            read.query_name, read.reference_id, read.reference_start, read.mapping_quality = f"r{i}", 0, 10 + i, 60
            read.query_sequence, read.cigarstring = "ACGTACGTAC", "10M"
            read.set_tag("CB", barcode)
            handle.write(read)
    adata = ad.AnnData(obs=pd.DataFrame({"sample": "donor.7"}, index=[f"donor.7_{barcode}" for barcode in CELLS]))
    ((bam, _),) = fragment_sources(adata, fragments={"donor.7": tmp_path / "x.bam"}, sample_key="sample")
    assert [chunk.cell.tolist() for chunk in bam.chunks()] == [[0, 1, 2]]


@pytest.mark.parametrize("kind", ["one file", "uns", "obsm", "a dict"])
@pytest.mark.parametrize("key", ["sample_key", "barcode_key"])
def test_a_column_that_is_not_there_is_an_error_even_where_it_is_not_needed(adata, path, fragments, kind, key):
    given = {"one file": path, "a dict": {"s": path}}.get(kind)
    if kind == "obsm":
        adata = snap_object(fragments, CELLS, SIZES)
    if kind == "uns":
        adata.uns["files"] = {"fragments": str(path)}
    assert fragment_sources(adata, fragments=given)
    with pytest.raises(KeyError, match="obs has no column 'nope'"):
        fragment_sources(adata, fragments=given, **{key: "nope"})


def test_paths_may_begin_with_a_tilde(adata, path, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    adata.uns["files"] = {"fragments": "~/fragments.tsv"}
    ((source, _),) = fragment_sources(adata)
    assert source.name == str(path)


@pytest.mark.parametrize("kind", [list, tuple, lambda paths: np.array(paths, dtype=object), np.array])
def test_a_list_of_one_path_is_that_path_wherever_it_stands(adata, path, brute_force, fragments, kind):
    for given in ({"fragments": kind([str(path)])}, {}):
        adata.uns["files"] = {"fragments": kind([str(path)])}
        ((source, _),) = fragment_sources(adata, **given)
        assert source.name == str(path)


def test_a_list_of_several_paths_says_how_cells_are_assigned_to_files(adata, path):
    with pytest.raises(ValueError, match=r"^fragments is or holds 2 files; .*\{sample: path\} .*sample_key="):
        fragment_sources(adata, fragments=[path, path])
    adata.uns["files"] = {"fragments": np.array([str(path)] * 2)}
    with pytest.raises(ValueError, match=r"^uns\['files'\]\['fragments'\] is or holds 2 files"):
        fragment_sources(adata)
    with pytest.raises(ValueError, match=r"^fragments is or holds a int"):
        fragment_sources(adata, fragments={"a": 5}, sample_key="sample")
