"""Matrices of counts that objects hold, read in blocks of cells."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy import sparse

from scmaxatac._text import abbreviate
from scmaxatac.containers._objects import is_snapatac2

_BLOCK = 1024  # cells


class MatrixCounts:
    """Counts of an object's cells in its regions: ``X`` or a layer, in memory or on disk.

    Parameters
    ----------
    adata
        AnnData or SnapATAC2's backed AnnData.
    name
        ``"X"``, or the name of a layer.
    columns
        (n_vars,) bool, the regions that count; by default all.

    Raises
    ------
    KeyError
        If there is no such layer.
    ValueError
        If there is no X.
    """

    def __init__(self, adata: Any, name: str, columns: np.ndarray | None = None) -> None:
        layers = [str(layer) for layer in adata.layers.keys() if layer is not None]  # in anndata 0.13 None is X
        self._others = f"layers: {abbreviate(map(repr, layers), 8)}" if layers else "the object has no layers"
        if name != "X" and name not in layers:
            raise KeyError(f"no layer {name!r}; {self._others}; counts='X' takes X")
        self._what = "X" if name == "X" else f"layers[{name!r}]"
        matrix = adata.X if name == "X" else adata.layers[name]
        if matrix is None:
            raise ValueError(f"the object has no X ({self._others})")
        self._columns = None if columns is None or columns.all() else np.flatnonzero(columns)
        self.shape = int(adata.n_obs), int(adata.n_vars) if self._columns is None else len(self._columns)
        self._cells = adata.obs_names
        self._matrix = _by_rows(matrix, adata)

    def totals(self) -> tuple[np.ndarray, np.ndarray]:
        """Counts of each region, (regions,), and of each cell, (cells,).

        Raises
        ------
        ValueError
            If an entry is no count: missing, negative, or a fraction.
        """
        of_region, of_cell, first = np.zeros(self.shape[1]), [np.zeros(0)], 0
        for block in self.blocks(_BLOCK):
            self._check(block, first)
            of_region += np.bincount(block.indices, weights=block.data, minlength=self.shape[1])
            of_cell.append(np.asarray(block.sum(axis=1, dtype=np.float64)).ravel())
            first += block.shape[0]
        return of_region, np.concatenate(of_cell)

    def blocks(self, size: int) -> Iterator[sparse.csr_matrix]:
        """Counts of at most `size` cells after the other, (cells, regions) CSR."""
        for first in range(0, self.shape[0], size):
            block = self._matrix[first : min(first + size, self.shape[0])]
            if hasattr(block, "compute"):  # dask
                block = block.compute()
            counts = sparse.csr_matrix(block)
            yield counts if self._columns is None else counts[:, self._columns]

    def _check(self, block: sparse.csr_matrix, first: int) -> None:
        values = block.data
        if np.issubdtype(values.dtype, np.unsignedinteger):
            return
        counts = (values >= 0) & (values == np.floor(values)) & np.isfinite(values)
        if counts.all():
            return
        i = int(np.argmin(counts))
        cell = self._cells[first + int(np.searchsorted(block.indptr, i, side="right")) - 1]
        value = values[i]
        kind = "is a fraction, as after normalising" if np.isfinite(value) else "is no number"
        kind = "is missing" if np.isnan(value) else "is negative" if value < 0 else kind
        raise ValueError(
            f"{self._what} holds {value:g} for cell {cell!r}, which is no count: it {kind} (so are "
            f"{int((~counts).sum()):,} of the {len(values):,} values of the first {first + block.shape[0]:,} cells). "
            f"Name a layer of counts with counts= ({self._others}), or leave it out and the fragments are counted"
        )


def _by_rows(matrix: Any, adata: Any) -> Any:
    """The matrix in a form whose rows are read fast."""
    if is_snapatac2(adata):
        return _Rows(matrix)
    if getattr(matrix, "format", "csr") == "csc":
        return (matrix.to_memory() if hasattr(matrix, "to_memory") else matrix).tocsr()
    return matrix


class _Rows:
    """Rows of an array of SnapATAC2's backed objects."""

    def __init__(self, matrix: Any) -> None:
        self._matrix = matrix

    def __getitem__(self, rows: slice) -> Any:
        return self._matrix[rows, :]
