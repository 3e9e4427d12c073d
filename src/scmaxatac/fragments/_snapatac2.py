"""SnapATAC2's fragment matrices, read without SnapATAC2."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from scmaxatac import _keys
from scmaxatac.containers._objects import is_snapatac2
from scmaxatac.fragments._lengths import LengthCheck
from scmaxatac.fragments._source import FragmentChunk, MatchReport

_CHUNK = 2_000_000  # fragments
_FIRST_ROWS = 64


class SnapFragments:
    """Fragments that SnapATAC2 keeps in an object: ``obsm["fragment_paired"]`` or ``obsm["fragment_single"]``.

    The matrix is CSR, cells x summed lengths of the chromosomes in ``uns["reference_sequences"]``. A paired fragment's
    column is its start, its value its length. A single-end read's column is its 5' end (``start``, or ``end - 1`` on
    the minus strand, where the value is negative). Several entries at one column are different fragments, so only the
    three arrays of the matrix are used: scipy's own operations would merge them.

    Parameters
    ----------
    adata
        ``anndata.AnnData``, or SnapATAC2's own backed class, which is read in blocks of rows.

    Raises
    ------
    ValueError
        If there is no such matrix, it is not CSR, or ``uns["reference_sequences"]`` is missing or does not fit it.
    """

    def __init__(self, adata: Any) -> None:
        key = fragment_key(adata)
        if key is None:
            raise ValueError(
                f"obsm has neither {_keys.FRAGMENT_PAIRED!r} nor {_keys.FRAGMENT_SINGLE!r}: "
                "these are no fragments of SnapATAC2"
            )
        self.name = f"obsm[{key!r}]"
        self.match: MatchReport | None = None
        self.n_cells = int(adata.n_obs)
        self._is_paired = key == _keys.FRAGMENT_PAIRED
        self._lengths = LengthCheck(self.name, is_paired=self._is_paired)
        self._matrix = _matrix(adata, key)
        self._chroms, self._offsets = _reference(adata, self.name)
        self._check_matrix()

    @property
    def chroms(self) -> list[str]:
        """Names of the chromosomes, in the order of ``uns["reference_sequences"]``."""
        return list(self._chroms)

    def chunks(self) -> Iterator[FragmentChunk]:
        """Read the fragments of all cells, in blocks of about two million, cell by cell.

        Raises
        ------
        ValueError
            If an entry's value is no length.
        """
        first = 0
        n_rows = _FIRST_ROWS
        while first < self.n_cells:
            stop = min(first + n_rows, self.n_cells)
            counts, columns, values = self._rows(first, stop)
            self._lengths.look(np.abs(values.astype(np.int64)))
            for low, high in _slices(counts):
                part = slice(int(counts[:low].sum()), int(counts[:high].sum()))
                cell = np.repeat(np.arange(first + low, first + high, dtype=np.int32), counts[low:high])
                if len(cell):
                    yield self._chunk(cell, columns[part], values[part])
            mean = max(1, len(columns) // (stop - first))
            n_rows = min(max(1, _CHUNK // mean), 4 * n_rows)
            first = stop

    def _chunk(self, cell: np.ndarray, columns: np.ndarray, values: np.ndarray) -> FragmentChunk:
        if columns.min() < 0 or columns.max() >= self._offsets[-1]:
            wrong = columns.min() if columns.min() < 0 else columns.max()
            raise ValueError(
                f"{self.name} is damaged: it holds column {wrong}, and its chromosomes have {self._offsets[-1]} bp"
            )
        chrom = (np.searchsorted(self._offsets, columns, side="right") - 1).astype(np.int32)
        start = (columns - self._offsets[chrom]).astype(np.int32)
        if not self._is_paired:
            return FragmentChunk(cell, chrom, start, start + np.int32(1), both_ends=False)
        if values.min() < 1 or values.max() > np.iinfo(np.int32).max:
            raise ValueError(f"{self.name} holds {values.min()} and {values.max()}, which are no lengths of fragments")
        return FragmentChunk(cell, chrom, start, start + values.astype(np.int32), both_ends=True)

    def _rows(self, first: int, stop: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The number of entries of each row, and columns and values of all of them."""
        if hasattr(self._matrix, "indptr"):
            indptr = self._matrix.indptr[first : stop + 1].astype(np.int64)
            entries = slice(int(indptr[0]), int(indptr[-1]))
            return np.diff(indptr), self._matrix.indices[entries], self._matrix.data[entries]
        block = self._matrix[first:stop, :]
        return np.diff(block.indptr), block.indices, block.data

    def _check_matrix(self) -> None:
        form = getattr(self._matrix, "format", "csr" if not hasattr(self._matrix, "dtype") else "dense")
        if form != "csr":
            raise ValueError(f"{self.name} is {form}, not CSR as SnapATAC2 stores fragments")
        width = int(self._matrix.shape[1])
        if hasattr(self._matrix, "indptr"):
            self._check_pointers()
        if width != self._offsets[-1]:
            raise ValueError(
                f"{self.name} has {width} columns, but the chromosomes in uns[{_keys.REFERENCE_SEQUENCES!r}] have "
                f"{self._offsets[-1]} bp in all: they belong to different objects"
            )

    def _check_pointers(self) -> None:
        """Refuse a matrix whose rows do not lie one behind the other in its entries, as in a damaged file."""
        pointers, n = np.asarray(self._matrix.indptr[:]).astype(np.int64), len(self._matrix.indices)
        whole = len(pointers) == self.n_cells + 1 and pointers[0] == 0 and (np.diff(pointers) >= 0).all()
        if not whole or pointers[-1] != n or len(self._matrix.data) != n:
            raise ValueError(f"{self.name} is damaged: its rows are not where its indptr says")


def fragment_key(adata: Any) -> str | None:
    """Name of the ``obsm`` entry that holds SnapATAC2's fragments; None if there is none."""
    present = set(_obsm(adata).keys())
    return next((key for key in (_keys.FRAGMENT_PAIRED, _keys.FRAGMENT_SINGLE) if key in present), None)


def _obsm(adata: Any) -> Any:
    # in an AnnDataSet the fragments stay in the objects that it holds
    return adata.adatas.obsm if is_snapatac2(adata) and hasattr(adata, "adatas") else adata.obsm


def _matrix(adata: Any, key: str) -> Any:
    obsm = _obsm(adata)
    return obsm.el(key) if hasattr(obsm, "el") else obsm[key]


def _reference(adata: Any, name: str) -> tuple[list[str], np.ndarray]:
    """Names of the chromosomes, and the column at which each starts, with the number of columns as the last."""
    if _keys.REFERENCE_SEQUENCES not in list(adata.uns.keys()):
        raise ValueError(
            f"{name} can't be read without uns[{_keys.REFERENCE_SEQUENCES!r}], SnapATAC2's table of chromosomes "
            "(anndata.concat drops it unless uns_merge= is given); copy it from one of the original objects"
        )
    table = adata.uns[_keys.REFERENCE_SEQUENCES]
    try:
        lengths = np.asarray(table["reference_seq_length"]).astype(np.int64)
        names = [str(chrom) for chrom in table["reference_seq_name"]]
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise ValueError(
            f"uns[{_keys.REFERENCE_SEQUENCES!r}] is not SnapATAC2's table of reference_seq_name and "
            f"reference_seq_length ({type(error).__name__}: {error})"
        ) from None
    if not len(lengths) or lengths.min() < 1 or len(set(names)) < len(names):
        raise ValueError(f"uns[{_keys.REFERENCE_SEQUENCES!r}] has no chromosomes, one twice, or one without a length")
    return names, np.concatenate(([0], np.cumsum(lengths)))


def _slices(counts: np.ndarray) -> Iterator[tuple[int, int]]:
    """Cut rows into blocks of about a chunk's number of entries."""
    ends = np.cumsum(counts)
    low = 0
    while low < len(counts):
        done = int(ends[low - 1]) if low else 0
        high = max(low + 1, int(np.searchsorted(ends, done + _CHUNK, side="right")))
        yield low, high
        low = high
