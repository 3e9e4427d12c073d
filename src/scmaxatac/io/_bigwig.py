"""bigWig files, written so that a full disk is an error, and read so that damage is one."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from scmaxatac._text import abbreviate
from scmaxatac.io._bigwig_file import BigWigFile
from scmaxatac.io._bigwig_reader import BigWigReader, DamagedError
from scmaxatac.io._files import atomic_path, existing_file

_BLOCK = 1 << 20


class BigWigWriter:
    """Write a bigWig, front to back, under a temporary name that becomes `path` when all is written.

    A context manager: leaving the block with an exception, or without a single value written, leaves no file.
    NaN means "no value here" and is left out; infinite values are an error.

    Parameters
    ----------
    path
        File to write.
    sizes
        Length in bp of every chromosome of the genome. Values must come in this order of chromosomes.
    """

    def __init__(self, path: str | os.PathLike[str], sizes: dict[str, int]) -> None:
        self.path = Path(path)
        self.sizes = dict(sizes)
        self._order = {chrom: i for i, chrom in enumerate(self.sizes)}
        self._last = (-1, 0)  # index of the chromosome, end of the last value
        self._stack = ExitStack()
        self._file: BigWigFile | None = None

    def __enter__(self) -> Self:
        if not self.sizes:
            raise ValueError(f"{self.path}: a bigWig needs at least one chromosome")
        with ExitStack() as stack:
            temporary = stack.enter_context(atomic_path(self.path))
            self._file = BigWigFile(temporary, self.sizes)
            stack.push(self._complete)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, traceback)

    def _complete(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        file, self._file = self._opened(), None
        try:
            if error is None and self._last[0] < 0:
                raise ValueError(f"{self.path}: no values to write, and a bigWig without values can't be read")
            if error is None:
                file.finish()
        finally:
            file.close()

    def _opened(self) -> BigWigFile:
        if self._file is None:
            raise ValueError(f"{self.path} is not open: use BigWigWriter in a with block")
        return self._file

    def add_fixed(self, chrom: str, start: int, values: np.ndarray, span: int = 32, step: int = 32) -> None:
        """Add evenly spaced values.

        Parameters
        ----------
        chrom
            The chromosome.
        start
            0-based start of the first value.
        values
            (n,) values; NaN where there is none.
        span
            Width of a value in bp.
        step
            Distance between the starts of neighbouring values in bp, at least `span`.

        Raises
        ------
        ValueError
            If values come out of order, reach past the chromosome's end or are infinite.
        """
        values = np.ascontiguousarray(values, dtype=np.float32)
        if span < 1 or step < span:
            raise ValueError(f"span ({span}) must be at least 1 and step ({step}) at least span")
        if len(values) == 0:
            return
        place = self._check(chrom, start, start + (len(values) - 1) * step + span, values)
        for low in range(0, len(values), _BLOCK):
            piece = values[low : low + _BLOCK]
            there = np.flatnonzero(~np.isnan(piece))
            starts = int(start) + (low + there) * int(step)
            self._opened().add(place, starts, starts + int(span), piece[there])

    def add_runs(self, chrom: str, starts: np.ndarray, ends: np.ndarray, values: np.ndarray) -> None:
        """Add values of varying width.

        Parameters
        ----------
        chrom
            The chromosome.
        starts, ends
            (n,) positions, 0-based, half-open, sorted, not overlapping.
        values
            (n,) values; NaN where there is none.

        Raises
        ------
        ValueError
            If runs are empty, overlap, come out of order, reach past the chromosome's end or are infinite.
        """
        starts, ends = np.asarray(starts, dtype=np.int64), np.asarray(ends, dtype=np.int64)
        values = np.asarray(values, dtype=np.float32)
        if not len(starts) == len(ends) == len(values):
            raise ValueError(f"{len(starts)} starts, {len(ends)} ends and {len(values)} values")
        if len(starts) == 0:
            return
        if np.any(ends <= starts) or np.any(starts[1:] < ends[:-1]):
            raise ValueError(f"{self.path}: runs on {chrom} are empty, overlap or are not sorted")
        place = self._check(chrom, int(starts[0]), int(ends[-1]), values)
        keep = ~np.isnan(values)
        self._opened().add(place, starts[keep], ends[keep], values[keep])

    def _check(self, chrom: str, start: int, end: int, values: np.ndarray) -> int:
        """Check a call's values and return the chromosome's place in the order of chromosomes."""
        self._opened()
        if chrom not in self._order:
            raise ValueError(f"{self.path}: chromosome {chrom!r} is not among the bigWig's ({abbreviate(self.sizes)})")
        if start < 0 or end > self.sizes[chrom]:
            raise ValueError(f"{self.path}: {chrom}:{start}-{end} lies outside the chromosome (0-{self.sizes[chrom]})")
        if (self._order[chrom], start) < self._last:
            raise ValueError(f"{self.path}: {chrom}:{start}-{end} comes after a later position; write in genome order")
        if np.isinf(values).any():
            raise ValueError(f"{self.path}: infinite values on {chrom}")
        if not np.isnan(values).all():
            self._last = (self._order[chrom], end)
        return self._order[chrom]


def read_bigwig(
    path: str | os.PathLike[str], chrom: str, start: int = 0, end: int | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Read the values of a interval of a bigWig.

    Parameters
    ----------
    path
        The bigWig.
    chrom
        The chromosome.
    start, end
        Interval to read, 0-based, half-open; by default the whole chromosome.

    Returns
    -------
    starts, ends : (n,) int32, 0-based, half-open, cut to the interval; values : (n,) float32. Positions without a value
    are in none of them.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    KeyError
        If the bigWig has no such chromosome.
    ValueError
        If it is not a bigWig or the interval lies outside the chromosome.
    """
    with _opened(path) as handle:
        size = handle.sizes.get(chrom)
        if size is None:
            raise KeyError(f"{path} has no chromosome {chrom!r} (it has {abbreviate(handle.sizes)})")
        end = size if end is None else end
        if not 0 <= start <= end <= size:
            raise ValueError(f"{chrom}:{start}-{end} lies outside {path} (0-{size})")
        blocks = list(handle.values(chrom, start, end)) if start < end else []
    nothing = (np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.float32))
    starts, ends, values = map(np.concatenate, zip(nothing, *blocks, strict=True))
    return starts.astype(np.int32), ends.astype(np.int32), values


def bigwig_sizes(path: str | os.PathLike[str]) -> dict[str, int]:
    """Lengths in bp of the chromosomes of a bigWig; raises as :func:`read_bigwig` does."""
    with _opened(path) as handle:
        return handle.sizes


def sizes_with_values(path: str | os.PathLike[str]) -> dict[str, int]:
    """Lengths in bp of the chromosomes that have a value; a bigWig's header often names all of a genome."""
    with _opened(path) as handle:
        sizes = handle.sizes.items()
        return {chrom: size for chrom, size in sizes if next(handle.values(chrom, 0, size), None) is not None}


@contextmanager
def _opened(path: str | os.PathLike[str]) -> Iterator[BigWigReader]:
    path = existing_file(path, "bigWig")
    try:
        with BigWigReader(path) as handle:
            yield handle
    except DamagedError as error:
        raise ValueError(f"{path} is not a bigWig, or is damaged: {error}. Make, copy or download it again.") from None
