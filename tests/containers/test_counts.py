"""Counts of a matrix, in memory and on disk, and what is no count."""

import anndata as ad
import numpy as np
import pytest
from scipy import sparse

from scmaxatac.containers._counts import MatrixCounts

COUNTS = np.random.default_rng(0).poisson(0.7, (7, 5)).astype(np.float32)


def stacked(counts: MatrixCounts, size: int = 3) -> np.ndarray:
    blocks = list(counts.blocks(size))
    assert all(sparse.isspmatrix_csr(block) and block.shape[0] <= size for block in blocks)
    return np.concatenate([block.toarray() for block in blocks])


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix, sparse.csc_matrix, sparse.csr_array])
@pytest.mark.parametrize("dtype", [np.float32, np.uint16, np.int64])
def test_matrices_of_all_kinds_are_read_in_blocks(kind, dtype):
    counts = MatrixCounts(ad.AnnData(kind(COUNTS.astype(dtype))), "X")
    assert np.array_equal(stacked(counts), COUNTS)
    of_region, of_cell = counts.totals()
    assert np.array_equal(of_region, COUNTS.sum(axis=0))
    assert np.array_equal(of_cell, COUNTS.sum(axis=1))


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix, sparse.csc_matrix])
def test_matrices_on_disk(kind, tmp_path):
    ad.AnnData(kind(COUNTS), layers={"raw": sparse.csr_matrix(COUNTS * 2)}).write_h5ad(tmp_path / "a.h5ad")
    adata = ad.read_h5ad(tmp_path / "a.h5ad", backed="r")
    assert np.array_equal(stacked(MatrixCounts(adata, "X")), COUNTS)
    assert np.array_equal(stacked(MatrixCounts(adata, "raw")), COUNTS * 2)


def test_snapatac2_on_disk(tmp_path):
    snap = pytest.importorskip("snapatac2")
    ad.AnnData(sparse.csr_matrix(COUNTS)).write_h5ad(tmp_path / "a.h5ad")
    adata = snap.read(tmp_path / "a.h5ad", backed="r")
    assert np.array_equal(stacked(MatrixCounts(adata, "X")), COUNTS)
    adata.close()


def test_dask():
    array = pytest.importorskip("dask.array")
    counts = MatrixCounts(ad.AnnData(array.from_array(COUNTS, chunks=(2, 5))), "X")
    assert np.array_equal(stacked(counts), COUNTS)


@pytest.mark.parametrize(
    ("value", "kind"), [(0.5, "is a fraction"), (-1, "is negative"), (np.nan, "is missing"), (np.inf, "is no number")]
)
def test_what_is_no_count_is_shown_with_the_layers_that_there_are(value, kind):
    wrong = COUNTS.copy()
    wrong[4, 2] = value
    adata = ad.AnnData(sparse.csr_matrix(wrong), layers={"counts": COUNTS})
    with pytest.raises(ValueError, match=rf"X holds .* for cell '4', which is no count: it {kind}.*layers: 'counts'"):
        MatrixCounts(adata, "X").totals()
    assert MatrixCounts(adata, "counts").totals()[0].sum() == COUNTS.sum()


def test_a_layer_that_is_not_there():
    with pytest.raises(KeyError, match=r"no layer 'raw'; layers: 'counts'; counts='X'"):
        MatrixCounts(ad.AnnData(COUNTS, layers={"counts": COUNTS}), "raw")
    with pytest.raises(ValueError, match="the object has no X"):
        MatrixCounts(ad.AnnData(shape=(2, 2)), "X")
