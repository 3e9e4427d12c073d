"""Alternative alleles as they stand in a VCF file or a table."""

import re
from collections.abc import Iterator
from typing import NamedTuple

import pandas as pd

from scmaxatac._text import abbreviate
from scmaxatac.io._vcf import VcfRecords

_REF = re.compile(r"[ACGTNacgtn]+")
_ID = re.compile(r"[^\s;]+(;[^\s;]+)*")
_NONE = "."


class Record(NamedTuple):
    """One alternative allele as it stands in a file or table."""

    chrom: str
    start: int
    name: str
    ref: str
    alt: str
    record: int
    allele: int
    where: str
    frequency: float = float("nan")


def records_of_vcf(records: VcfRecords) -> Iterator[Record]:
    """Each alternative allele of a file."""
    for i, alts in enumerate(records.alts):
        for number, alt in enumerate(alts or (".",), 1):
            share = records.frequencies[i][number - 1] if alts and records.frequencies[i] else float("nan")
            where = f"{records.path}, line {records.line[i]}"
            yield Record(
                records.chrom[i], int(records.start[i]), records.name[i], records.ref[i], alt, i, number, where, share
            )


def records_of_frame(frame: pd.DataFrame, *, frequency: str = "", what: str = "variants") -> Iterator[Record]:
    """Each row of a table with the columns chrom, pos (1-based, as in VCF), ref, alt and, if there is one, id.

    A missing alt or id (None, NaN, NA) is ``"."``, as in VCF.

    Parameters
    ----------
    frame
        The table.
    frequency
        Column of the frequencies of the alternative alleles, if there is one; none are read by default.
    what
        What they are, for messages.

    Raises
    ------
    ValueError
        If a column is missing, or a row has no position or no alleles, an id that VCF does not allow, or a frequency
        that is none; the message names the first, counted from 1.
    """
    names = {str(column).lower().lstrip("#"): column for column in frame.columns}
    if lacking := [name for name in ("chrom", "pos", "ref", "alt") if name not in names]:
        raise ValueError(
            f"the table of {what} has no column {abbreviate(map(repr, lacking))}; it needs chrom, pos (1-based, as "
            f"in VCF), ref and alt, and has {abbreviate(map(repr, frame.columns))}"
        )
    position = pd.to_numeric(frame[names["pos"]], errors="coerce")
    bad = (position.isna() | (position < 1) | (position % 1 != 0)).to_numpy()
    if bad.any():
        i = int(bad.argmax())
        raise ValueError(
            f"{what}: row {i + 1} of {len(frame)}: pos is {frame[names['pos']].iloc[i]}, not a position from 1; "
            f"{bad.sum()} of the rows are so"
        )
    ids = _ids(frame[names["id"]], what) if "id" in names else [_NONE] * len(frame)
    shares = frame[names[frequency.lower()]] if frequency.lower() in names else [None] * len(frame)
    rows = zip(frame[names["chrom"]], position, ids, frame[names["ref"]], frame[names["alt"]], shares, strict=True)
    for i, (chrom, pos, name, ref, alt, share) in enumerate(rows):
        where = f"{what}: row {i + 1} of {len(frame)}"
        if not isinstance(ref, str) or not _REF.fullmatch(ref):
            raise ValueError(f"{where}: ref is {ref!r}, not bases; write indels as VCF does, with the base before them")
        alts = [_NONE] if _is_missing(alt) else str(alt).split(",")
        of_each = _frequencies(share, len(alts), f"{where}: {frequency}")
        for number, (one, each) in enumerate(zip(alts, of_each, strict=True), 1):
            yield Record(str(chrom), int(pos) - 1, name, ref.upper(), one, i, number, where, each)


def _ids(column: pd.Series, what: str) -> list[str]:
    """IDs as VCF has them: no white space, and ``;`` only between several."""
    ids = [_NONE if _is_missing(value) or value == "" else str(value) for value in column]
    if bad := [i for i, name in enumerate(ids) if not _ID.fullmatch(name)]:
        raise ValueError(
            f"{what}: row {bad[0] + 1} of {len(ids)}: id is {ids[bad[0]]!r}; an id can't have white space, and ';' "
            f"only between two ids, as in VCF. {len(bad)} of the ids are so; rename them"
        )
    return ids


def _is_missing(value: object) -> bool:
    """Whether a cell of a table is None, NaN, NA or NaT."""
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))


def _frequencies(value: object, n_alts: int, what: str) -> list[float]:
    """Frequency of each alternative allele of a row; NaN where it is not known."""
    if _is_missing(value):
        return [float("nan")] * n_alts
    try:
        found = [float("nan") if one == "." else float(one) for one in str(value).split(",")]
    except ValueError:
        found = []
    if len(found) != n_alts or any(one < 0 or one > 1 for one in found):
        raise ValueError(f"{what} is {value!r}; expected a number from 0 to 1 for each alternative allele")
    return found
