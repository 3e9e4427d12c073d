import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from scmaxatac.fragments import _snapatac2
from scmaxatac.fragments._snapatac2 import SnapFragments, fragment_key

SIZES = {"chr10": 1000, "chr2": 500, "chrX": 50}
OFFSETS = {"chr10": 0, "chr2": 1000, "chrX": 1500}
CELLS = ["a", "b", "c", "d"]
FRAGMENTS = [
    ("chr10", 0, 10, "a"),
    ("chr10", 5, 30, "a"),
    ("chr10", 5, 30, "a"),
    ("chr10", 5, 80, "a"),
    ("chr2", 0, 500, "a"),
    ("chr10", 999, 1000, "c"),
    ("chrX", 49, 50, "c"),
    ("chr2", 0, 1, "d"),
]


def reference(sizes=SIZES):
    return pd.DataFrame({"reference_seq_name": list(sizes), "reference_seq_length": np.array([*sizes.values()], "u8")})


def make(values, key="fragment_paired", dtype=np.uint32):
    """An object as SnapATAC2 makes it, of (column, value, cell) in the order of cells."""
    indptr = np.cumsum([0, *(sum(row[2] == cell for row in values) for cell in CELLS)])
    data = np.array([row[1] for row in values], dtype)
    columns = np.array([row[0] for row in values], np.int64)
    matrix = sp.csr_matrix((data, columns, indptr), shape=(len(CELLS), sum(SIZES.values())))
    return ad.AnnData(obs=pd.DataFrame(index=CELLS), obsm={key: matrix}, uns={"reference_sequences": reference()})


@pytest.fixture
def adata():
    return make([(OFFSETS[chrom] + start, end - start, cell) for chrom, start, end, cell in FRAGMENTS])


def test_duplicate_fragments_are_kept_and_offsets_follow_the_rows_of_the_table(adata, brute_force):
    source = SnapFragments(adata)
    assert source.name == "obsm['fragment_paired']"
    assert source.chroms == ["chr10", "chr2", "chrX"]
    assert source.n_cells == 4
    assert brute_force.source_fragments(source, CELLS) == sorted(FRAGMENTS)
    assert brute_force.source_fragments(source, CELLS) == sorted(FRAGMENTS), "a second reading gives the same"


def test_reading_leaves_the_matrix_as_it_was(adata, brute_force):
    before = adata.obsm["fragment_paired"].copy()
    brute_force.source_fragments(SnapFragments(adata), CELLS)
    after = adata.obsm["fragment_paired"]
    for name in ("data", "indices", "indptr"):
        np.testing.assert_array_equal(getattr(before, name), getattr(after, name))


@pytest.mark.parametrize("chunk", [1, 2, 3, 100])
def test_chunks_stay_small_unless_one_cell_is_larger(adata, brute_force, monkeypatch, chunk):
    monkeypatch.setattr(_snapatac2, "_CHUNK", chunk)
    source = SnapFragments(adata)
    assert brute_force.source_fragments(source, CELLS) == sorted(FRAGMENTS)
    assert all(len(c.cell) <= chunk or len(set(c.cell)) == 1 for c in source.chunks())


def test_subsets_files_and_sparse_arrays_read_the_same(adata, brute_force, tmp_path):
    view = adata[["c", "a"]]
    expected = sorted(fragment for fragment in FRAGMENTS if fragment[3] in "ac")
    assert brute_force.source_fragments(SnapFragments(view), ["c", "a"]) == expected
    adata.write_h5ad(tmp_path / "x.h5ad")
    for backed in (None, "r"):
        again = ad.read_h5ad(tmp_path / "x.h5ad", backed=backed)
        assert brute_force.source_fragments(SnapFragments(again), CELLS) == sorted(FRAGMENTS)
    adata.obsm["fragment_paired"] = sp.csr_array(adata.obsm["fragment_paired"])
    assert brute_force.source_fragments(SnapFragments(adata), CELLS) == sorted(FRAGMENTS)


def test_single_end_reads_give_the_insertion_at_their_five_prime_end(brute_force):
    # + reads at chr10:7-57 and chr2:3-53; - reads at chr10:10-60 (twice) and chr10:950-1000
    rows = [(7, 50, "a"), (59, -50, "a"), (59, -50, "a"), (999, -50, "b"), (1003, 50, "d")]
    source = SnapFragments(make(rows, "fragment_single", np.int32))
    assert dict(brute_force.source_insertions(source, CELLS)) == {
        ("a", "chr10", 7): 1,
        ("a", "chr10", 59): 2,
        ("b", "chr10", 999): 1,
        ("d", "chr2", 3): 1,
    }
    assert not any(chunk.both_ends for chunk in source.chunks())


def test_objects_without_fragments_or_without_their_chromosomes_are_errors(adata):
    del adata.uns["reference_sequences"]
    with pytest.raises(ValueError, match=r"can't be read without uns\['reference_sequences'\].*anndata\.concat drops"):
        SnapFragments(adata)
    del adata.obsm["fragment_paired"]
    assert fragment_key(adata) is None
    with pytest.raises(ValueError, match="obsm has neither 'fragment_paired' nor 'fragment_single'"):
        SnapFragments(adata)


def test_chromosomes_that_do_not_fit_the_matrix_are_an_error(adata):
    adata.uns["reference_sequences"] = reference({**SIZES, "chrX": 51})
    with pytest.raises(ValueError, match=r"has 1550 columns, but the chromosomes .* have 1551 bp"):
        SnapFragments(adata)


def test_a_matrix_of_another_form_or_content_is_an_error(adata):
    adata.obsm["fragment_paired"] = adata.obsm["fragment_paired"].tocsc()
    with pytest.raises(ValueError, match="is csc, not CSR"):
        SnapFragments(adata)
    adata.obsm["fragment_paired"] = np.zeros((4, 1550))
    with pytest.raises(ValueError, match="is dense, not CSR"):
        SnapFragments(adata)
    with pytest.raises(ValueError, match="holds 0 and 4, which are no lengths"):
        list(SnapFragments(make([(3, 0, "a"), (9, 4, "b")])).chunks())


@pytest.fixture(scope="module")
def snap():
    return pytest.importorskip("snapatac2")


@pytest.fixture(scope="module")
def hg38(data_dir):
    lines = (data_dir / "maxatac" / "hg38.chrom.sizes").read_text().splitlines()
    return {line.split()[0]: int(line.split()[1]) for line in lines}


def test_what_snapatac2_imports_is_what_the_file_holds(snap, hg38, data_dir, tmp_path, brute_force):
    path = data_dir / "chr22" / "pbmc_100cells_chr22.fragments.tsv.gz"
    truth = sorted(brute_force.read_fragments(path))
    options = {"chrom_sizes": hg38, "sorted_by_barcode": False, "min_num_fragments": 0}
    in_memory = snap.pp.import_fragments(path, **options)
    backed = snap.pp.import_fragments(path, file=tmp_path / "x.h5ad", **options)
    for adata in (in_memory, backed):
        assert brute_force.source_fragments(SnapFragments(adata), list(adata.obs_names)) == truth
    many = snap.AnnDataSet([("s1", backed)], filename=tmp_path / "set.h5ads")
    assert brute_force.source_fragments(SnapFragments(many), list(many.obs_names)) == truth
    many.close()


def test_single_end_reads_that_snapatac2_imports_keep_their_five_prime_ends(
    snap, hg38, data_dir, tmp_path, brute_force
):
    fragments = brute_force.read_fragments(data_dir / "chr22" / "pbmc_100cells_chr22.fragments.tsv.gz")[:5000]
    reads = [(*fragment, "+-"[i % 2]) for i, fragment in enumerate(fragments)]
    path = tmp_path / "single.tsv"
    path.write_text("".join(f"{c}\t{s}\t{s + 40}\t{b}\t1\t{strand}\n" for c, s, _, b, strand in reads))
    truth = [(b, c, s if strand == "+" else s + 39) for c, s, _, b, strand in reads]
    options = {"chrom_sizes": hg38, "sorted_by_barcode": False, "min_num_fragments": 0, "is_paired": False}
    in_memory = snap.pp.import_fragments(path, **options)
    backed = snap.pp.import_fragments(path, file=tmp_path / "x.h5ad", **options)
    for adata in (in_memory, backed):
        found = brute_force.source_insertions(SnapFragments(adata), list(adata.obs_names))
        assert sorted(found.elements()) == sorted(truth)
    backed.close()


@pytest.mark.parametrize("damage", ["column", "negative", "falling", "first", "last"])
def test_a_damaged_matrix_is_refused(adata, damage):
    matrix = adata.obsm["fragment_paired"]
    if damage in ("column", "negative"):
        matrix.indices[2] = 1550 if damage == "column" else -1
        with pytest.raises(ValueError, match=r"obsm\['fragment_paired'\] is damaged: it holds column (1550|-1), and"):
            list(SnapFragments(adata).chunks())
        return
    place, value = {"falling": (1, 7), "first": (0, 1), "last": (-1, 7)}[damage]
    matrix.indptr[place] = value
    with pytest.raises(ValueError, match=r"obsm\['fragment_paired'\] is damaged: its rows are not where"):
        SnapFragments(adata)


@pytest.mark.parametrize(
    "table",
    [
        {"reference_seq_name": ["chr1"]},
        {"reference_seq_name": ["chr1"], "reference_seq_length": ["x"]},
        {"reference_seq_name": ["chr1"], "reference_seq_length": [0]},
        {"reference_seq_name": ["chr1", "chr1"], "reference_seq_length": [5, 5]},
        {"reference_seq_name": [], "reference_seq_length": []},
    ],
)
def test_a_damaged_table_of_chromosomes_is_refused(adata, table):
    adata.uns["reference_sequences"] = pd.DataFrame(table)
    with pytest.raises(ValueError, match=r"uns\['reference_sequences'\] (is not SnapATAC2's table|has no chromosomes)"):
        SnapFragments(adata)
