"""BAM files of ATAC-seq reads, turned into fragments with the Tn5 shift applied."""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from scmaxatac._constants import TN5_SHIFT_MINUS, TN5_SHIFT_PLUS
from scmaxatac._logging import warn
from scmaxatac._settings import settings
from scmaxatac.fragments._bam_header import check_header
from scmaxatac.fragments._barcode_matcher import BarcodeMatcher
from scmaxatac.fragments._source import FragmentChunk, MatchReport
from scmaxatac.io._files import existing_file

_CHUNK = 500_000
_PAIRED, _PROPER, _UNMAPPED, _REVERSE = 0x1, 0x2, 0x4, 0x10
_SECONDARY, _FAILED, _DUPLICATE, _SUPPLEMENTARY = 0x100, 0x200, 0x400, 0x800
_TAG = re.compile("[A-Za-z][A-Za-z0-9]")
_NAMES = ("chrom", "start", "end")


class _Batch(NamedTuple):
    """Fragments or single insertions, as they are gathered read by read."""

    barcode: list[str]
    chrom: list[int]
    start: list[int]
    end: list[int]
    both_ends: bool


class BamFragments:
    """Fragments of a BAM file of ATAC-seq reads, whose ends are Tn5 insertions.

    A read on the plus strand is an insertion at its start + 4, one on the minus strand at its end - 5 (0-based, 1 bp).
    The two reads of a pair make a fragment from the lower insertion to the higher one, both inside; a single-end read,
    and a read whose mate does not pass the filters, gives its one insertion. So the insertions are those of the reads
    taken one by one. Insertions that the shift moves off the chromosome are dropped.

    Unmapped, secondary, supplementary and failed reads are left out, and mapped ones without a chromosome or alignment.

    Parameters
    ----------
    path
        The BAM file, in any order; no index is needed.
    barcodes
        Names of the cells whose fragments are wanted, found in each read's tag and matched as in a fragment file.
        None takes all reads as one bulk sample.
    sample
        Name of the sample that the cells belong to, tried as an affix.
    tag
        Tag that holds the cell barcode, or a regular expression for the read's name, whose first group (or whole match)
        is the barcode; ``settings.bam_barcode`` by default.
    min_mapq
        Smallest mapping quality of a read.
    keep_duplicates
        Whether reads marked as duplicates count.
    only_proper_pairs
        Whether paired reads must be marked as a proper pair.

    Raises
    ------
    ImportError
        If ``pysam`` is not installed.
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no BAM file, or `barcodes` is empty or holds a name twice.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        barcodes: Sequence[str] | None = None,
        *,
        sample: str | None = None,
        tag: str | None = None,
        min_mapq: int = 30,
        keep_duplicates: bool = False,
        only_proper_pairs: bool = True,
    ) -> None:
        self._path = existing_file(path, "BAM file")
        self.name = str(self._path)
        self._matcher = None if barcodes is None else BarcodeMatcher(barcodes, self.name, sample)
        self._barcode_of = _barcode_finder(settings.bam_barcode if tag is None else tag)
        self._min_mapq = min_mapq
        self._unwanted = _UNMAPPED | _SECONDARY | _FAILED | _SUPPLEMENTARY | (0 if keep_duplicates else _DUPLICATE)
        self._only_proper_pairs = only_proper_pairs
        self.n_cells = 1 if barcodes is None else len(barcodes)
        self._is_checked = False
        with _reading(self.name) as bam:
            self._chroms = list(bam.references)
            self._lengths = list(bam.lengths)

    @property
    def chroms(self) -> list[str]:
        """Names of the chromosomes in the file's header."""
        return list(self._chroms)

    @property
    def match(self) -> MatchReport | None:
        """How many of the cells were found, after all chunks were read."""
        return None if self._matcher is None else self._matcher.report

    def chunks(self) -> Iterator[FragmentChunk]:
        """Read the fragments, up to half a million at a time.

        Raises
        ------
        ValueError
            If the file is truncated or holds no read that passes the filters; and what a fragment file raises when
            cells and barcodes don't fit.
        """
        if self._matcher is None:
            for batch in self._batches():
                yield _chunk(batch, np.zeros(len(batch.chrom), dtype=np.int32))
            return
        for batch, cell in self._matcher.match(self._batches(), _barcodes):
            if (cell >= 0).any():
                yield _chunk(batch, cell)

    def _batches(self) -> Iterator[_Batch]:
        pairs, singles = _Batch([], [], [], [], True), _Batch([], [], [], [], False)
        found_any = False
        for barcode, chrom, start, end in self._fragments():
            batch = singles if end is None else pairs
            batch.barcode.append(barcode)
            batch.chrom.append(chrom)
            batch.start.append(start)
            batch.end.append(start + 1 if end is None else end)
            if len(batch.chrom) == _CHUNK:
                found_any = True
                yield batch
                if batch is pairs:
                    pairs = _Batch([], [], [], [], True)
                else:
                    singles = _Batch([], [], [], [], False)
        rest = [batch for batch in (pairs, singles) if batch.chrom]
        if not found_any and not rest:
            raise ValueError(
                f"{self.name} holds no read that passes the filters (mapping quality >= {self._min_mapq}"
                f"{', proper pairs' if self._only_proper_pairs else ''}, not marked as duplicate, secondary or failed)"
            )
        yield from rest

    def _fragments(self) -> Iterator[tuple[str, int, int, int | None]]:
        """Barcode, chromosome, start and end of each fragment; the end is None for a single insertion."""
        waiting: dict[str, tuple[int, int, str]] = {}
        with _reading(self.name) as bam:
            is_sorted = _is_sorted(bam)
            last_chrom = -1
            for name, is_paired, barcode, chrom, position in self._insertions(bam):
                if not is_paired:
                    yield barcode, chrom, position, None
                    continue
                if is_sorted and chrom != last_chrom:
                    # the mates of reads still waiting did not pass the filters
                    yield from _lone(waiting)
                    waiting.clear()
                    last_chrom = chrom
                mate = waiting.pop(name, None)
                if mate is None:
                    waiting[name] = (chrom, position, barcode)
                elif mate[0] == chrom:
                    yield barcode, chrom, min(position, mate[1]), max(position, mate[1]) + 1
                else:
                    yield from _lone({name: mate})
                    yield barcode, chrom, position, None
            yield from _lone(waiting)

    def _insertions(self, bam: Any) -> Iterator[tuple[str, bool, str, int, int]]:
        """Name, pairing, barcode, chromosome and insertion of each read that passes the filters."""
        n_reads = n_duplicates = n_used = n_tagged = 0
        for read in bam.fetch(until_eof=True):
            flag = read.flag
            n_reads += 1
            n_duplicates += bool(flag & _DUPLICATE)
            if flag & self._unwanted or read.mapping_quality < self._min_mapq:
                continue
            if flag & _PAIRED and self._only_proper_pairs and not flag & _PROPER:
                continue
            chrom, end = read.reference_id, read.reference_end
            if chrom < 0 or end is None:
                continue
            position = end + TN5_SHIFT_MINUS if flag & _REVERSE else read.reference_start + TN5_SHIFT_PLUS
            if 0 <= position < self._lengths[chrom]:
                barcode = "" if self._matcher is None else self._barcode_of.find(read)
                n_used += 1
                n_tagged += barcode != ""
                yield read.query_name, bool(flag & _PAIRED), barcode, chrom, position
        if n_reads and not n_duplicates and self._unwanted & _DUPLICATE and not self._is_checked:
            warn(f"{self.name}: no read is marked as a duplicate; were duplicates marked or removed?")
        self._is_checked = True
        if self._matcher is not None and n_used and not n_tagged:
            raise ValueError(self._barcode_of.message(self.name))


class _BarcodeFinder(NamedTuple):
    """Where the barcode of a read stands: in a tag, or in its name."""

    tag: str
    of_name: re.Pattern[str] | None

    def find(self, read: Any) -> str:
        """Barcode of a read, "" without one."""
        if self.of_name is None:
            return str(read.get_tag(self.tag)) if read.has_tag(self.tag) else ""
        found = self.of_name.search(read.query_name)
        return "" if found is None else str(found[1] if self.of_name.groups else found[0])

    def message(self, name: str) -> str:
        """What to do where no read has a barcode."""
        where = f"the tag {self.tag}" if self.of_name is None else f"a name that fits {self.of_name.pattern!r}"
        return (
            f"{name}: no read that passes the filters has {where}, where barcodes of cells are looked for. Set "
            "scmaxatac.settings.bam_barcode to the tag that holds them ('CB', 'DB', ...), or to a regular expression "
            "for the reads' names (such as '^[^:]+')"
        )


def _barcode_finder(where: str) -> _BarcodeFinder:
    if not isinstance(where, str) or not where:
        raise ValueError(f"settings.bam_barcode is {where!r}; it has to be a tag such as 'CB', or a regular expression")
    if _TAG.fullmatch(where):
        return _BarcodeFinder(where, None)
    try:
        return _BarcodeFinder("", re.compile(where))
    except re.error as error:
        raise ValueError(f"settings.bam_barcode is {where!r}, which is no regular expression: {error}") from None


def _chunk(batch: _Batch, cell: np.ndarray) -> FragmentChunk:
    kept = cell >= 0
    chrom, start, end = (np.array(getattr(batch, name), dtype=np.int32)[kept] for name in _NAMES)
    return FragmentChunk(cell[kept], chrom, start, end, batch.both_ends)


def _barcodes(batch: _Batch) -> Any:
    import pyarrow as pa

    return pa.chunked_array([pa.array(batch.barcode, type=pa.string())])


def _is_sorted(bam: Any) -> bool:
    """Whether a header says so; one that can't be read as a whole says nothing."""
    with suppress(ValueError):
        return bool(bam.header.to_dict().get("HD", {}).get("SO") == "coordinate")
    return False


def _lone(waiting: dict[str, tuple[int, int, str]]) -> Iterator[tuple[str, int, int, None]]:
    for chrom, position, barcode in waiting.values():
        yield barcode, chrom, position, None


@contextmanager
def _reading(path: str) -> Iterator[Any]:
    bam = _open(path)
    try:
        yield bam
    except OSError as error:
        raise ValueError(f"{path} is truncated or damaged ({error}). Copy or download it again.") from None
    finally:
        with suppress(OSError):  # closing a damaged file raises again
            bam.close()


def _open(path: str) -> Any:
    try:
        import pysam
    except ImportError:
        raise ImportError(f"reading {path} needs pysam: pip install 'scmaxatac[bam]'") from None
    try:
        check_header(Path(path))
        return pysam.AlignmentFile(path, "rb", threads=1)
    except (ValueError, OSError) as error:
        raise ValueError(f"{path} is not a readable BAM file ({error})") from None
