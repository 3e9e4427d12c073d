"""Whether fragments carry the Tn5 shift."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scmaxatac._arguments import checked_arguments
from scmaxatac._checks import check_number
from scmaxatac._constants import TN5_SHIFT_MINUS, TN5_SHIFT_PLUS
from scmaxatac._docs import shared_docs
from scmaxatac._logging import logger, warn
from scmaxatac.atac._tn5_shift import duplication_offset, symmetry_centre
from scmaxatac.containers._objects import split_objects
from scmaxatac.fragments._read_groups import FragmentPaths, sources_of_members
from scmaxatac.fragments._resolve_fragments import open_fragments
from scmaxatac.fragments._source import FragmentSource
from scmaxatac.genome import Genome

_DUPLICATION = 9
_EXPECTED = TN5_SHIFT_PLUS - TN5_SHIFT_MINUS


@shared_docs
@checked_arguments
def check_tn5_shift(
    data: Any,
    *,
    genome: Genome | None = None,
    fragments: FragmentPaths | None = None,
    sample_key: str | None = None,
    barcode_key: str | None = None,
    mod: str = "atac",
    max_fragments: int = 2_000_000,
) -> pd.DataFrame:
    """Check whether fragments are shifted by +4 and -5 bp, as fragment files should be, and warn if they aren't.

    Tn5 leaves 9 bp in both fragments that an insertion separates. How far last bases lie from first bases of
    neighbouring fragments therefore tells by how much both ends together were shifted. With sequence, Tn5's
    palindromic preference around each end tells it for starts and ends on their own. Fragment files of Cell Ranger,
    SnapATAC2 and others are shifted; files made from BAM with ``bedtools`` are often not.

    Parameters
    ----------
    data
        {data}
        Or the path of a fragment file or BAM file; reads of a BAM file are shifted as they are read, so it tells
        whether they were shifted before.
    genome
        Genome with sequence, to look at starts and ends on their own; not needed otherwise.
    fragments
        {fragments}
    sample_key
        {sample_key}
    barcode_key
        {barcode_key}
    mod
        {mod}
    max_fragments
        Fragments to look at, from the start of each file.

    Returns
    -------
    A row a fragment file (or object): source, n_fragments, offset (last base minus first base of neighbours, in bp: -1
    when shifted, 0 for reads of a BAM file, 8 when not, NaN when unclear), enrichment (how often that offset occurs
    relative to the median offset), start_to_centre and end_to_centre (bp from first and last bases to the centre of the
    insertion: 0 and 1 when shifted, 4 and -4 when not, NaN when unclear or without sequence), verdict (``"shifted"``,
    ``"unshifted"``, ``"other"`` or ``"unclear"``).

    Raises
    ------
    FileNotFoundError
        If a fragment file does not exist.
    KeyError
        If a column is missing.
    ValueError
        If no fragments are found, or all are single-end reads.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> report = sma.pp.check_tn5_shift(sma.datasets.toy().fragments)
    >>> report["verdict"].tolist()  # simulated insertions leave no duplications
    ['unclear']
    """
    check_number("max_fragments", max_fragments, low=1, whole=True)
    rows = [_check(source, genome, max_fragments) for source in _sources(data, fragments, sample_key, barcode_key, mod)]
    report = pd.DataFrame(rows)
    for row in rows:
        if row["verdict"] in ("unshifted", "other"):
            found = "unshifted" if row["verdict"] == "unshifted" else "shifted by other distances than +4 and -5"
            is_bam = Path(row["source"]).suffix.lower() == ".bam"
            expected = "0 or -1" if is_bam else "-1"
            remedy = "Give reads as they were aligned" if is_bam else "Shift starts by +4 and ends by -5"
            warn(
                f"fragments of {row['source']} look {found} (offset {row['offset']:g} bp, {expected} expected): "
                f"insertions lie a few bp off, which blurs footprints and scores. {remedy}"
            )
        elif row["verdict"] == "unclear":
            logger.info("%s: too few neighbouring fragments to tell whether they are shifted", row["source"])
    return report


def _sources(
    data: Any, fragments: FragmentPaths | None, sample_key: str | None, barcode_key: str | None, mod: str
) -> list[FragmentSource]:
    if isinstance(data, str | os.PathLike):
        return [open_fragments(data, None, None)]
    found = sources_of_members(split_objects(data), fragments, sample_key, barcode_key, mod)
    return [source for sources in found for source, _ in sources]


def _check(source: FragmentSource, genome: Genome | None, max_fragments: int) -> dict[str, Any]:
    chrom, first, last = _ends(source, max_fragments)
    names = list(source.chroms)
    firsts, lasts = ([ends[chrom == i] for i in range(len(names))] for ends in (first, last))
    offset, enrichment = duplication_offset(firsts, lasts)
    start_to_centre = end_to_centre = float("nan")
    if genome is not None and genome.has_sequence:
        start_to_centre, end_to_centre = (
            symmetry_centre(
                [(name, p) for name, p in zip(names, ends, strict=True) if name in genome.sizes], genome.codes
            )
            for ends in (firsts, lasts)
        )
    return {
        "source": source.name,
        "n_fragments": len(chrom),
        "offset": offset,
        "enrichment": enrichment,
        "start_to_centre": start_to_centre,
        "end_to_centre": end_to_centre,
        "verdict": _verdict(offset, start_to_centre, end_to_centre),
    }


def _ends(source: FragmentSource, max_fragments: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Chromosome, first and last base of the first fragments of a source."""
    parts: list[tuple[np.ndarray, ...]] = []
    n = n_single = 0
    for chunk in source.chunks():
        if not chunk.both_ends:  # a BAM file may hold some reads without their mate
            n_single += len(chunk.chrom)
            continue
        parts.append((chunk.chrom, chunk.start.astype(np.int64), chunk.end.astype(np.int64) - 1))
        n += len(chunk.chrom)
        if n >= max_fragments:
            break
    if n_single and not n:
        raise ValueError(f"{source.name} holds single-end reads; the check needs both ends of fragments")
    if not n:
        raise ValueError(f"{source.name} holds no fragments of these cells")
    chrom, first, last = (np.concatenate(column)[:max_fragments] for column in zip(*parts, strict=True))
    return chrom, first, last


def _verdict(offset: float, start_to_centre: float, end_to_centre: float) -> str:
    """Judge by the distance that both ends together were moved, then by each end; 1 bp more or less is no matter."""
    moved = _DUPLICATION - 1 - offset
    off_start, off_end = start_to_centre, end_to_centre - (_EXPECTED - _DUPLICATION + 1)
    if np.isnan(moved) and np.isnan(off_start) and np.isnan(off_end):
        return "unclear"
    if moved == 0 or (np.isnan(moved) and off_start == TN5_SHIFT_PLUS):
        return "unshifted"
    too_far = [abs(x) > 1 for x in (moved - _EXPECTED, off_start, off_end) if not np.isnan(x)]
    return "other" if any(too_far) else "shifted"
