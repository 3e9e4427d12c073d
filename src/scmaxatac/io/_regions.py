"""Genomic regions as text: ``chr22:18,712,000-18,730,000`` and the names of peaks."""

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd

_NUMBER = r"\d{1,3}(?:,\d{3})+|\d+"
_REGION = re.compile(rf"(?P<chrom>\S*[^\s:_-])(?::|-|_)(?P<start>{_NUMBER})[-_](?P<end>{_NUMBER})")
_SHORT = re.compile(r"(?P<chrom>\S*[^\s:]):(?P<start>\d+(?:\.\d+)?[kM]?)-(?P<end>\d+(?:\.\d+)?[kM]?)")
_UNITS = {"k": 1_000, "M": 1_000_000}
_LIKE_REGION = re.compile(r"[^\s/\\]+:[\d\s,._kM-]*\d[\d\s,._kM-]*")
_LARGEST = np.iinfo(np.int32).max  # longer than any chromosome that formats such as bigWig can hold


def parse_region(text: str) -> tuple[str, int, int]:
    """Read a region's chromosome, start and end.

    Positions are 0-based and half-open, as in BED files and in peak names, whichever form is used: ``chr22:100-200``,
    ``chr22-100-200`` or ``chr22_100_200``, with or without commas, or ``chr22:18.7M-18.8M`` (k or M). The last two
    numbers are the positions, so contig names may hold ``:``, ``-`` and ``_`` themselves (``HLA-A*01:01:100-200``).

    Parameters
    ----------
    text
        The region.

    Returns
    -------
    Chromosome, start and end.

    Raises
    ------
    ValueError
        If the text has another form, or the end is not after the start.

    Examples
    --------
    >>> parse_region("chr22:18,712,000-18,730,000")
    ('chr22', 18712000, 18730000)
    """
    match = _REGION.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is not None:
        start, end = (int(match[name].replace(",", "")) for name in ("start", "end"))
    elif isinstance(text, str) and (match := _SHORT.fullmatch(text.strip())) is not None:
        start, end = (_in_bp(match[name]) for name in ("start", "end"))
    else:
        raise ValueError(f'region {text!r} is not understood; write it as "chr22:18,712,000-18,730,000"')
    if end <= start:
        raise ValueError(f"region {text!r} is empty: its end, {end:,}, is not after its start, {start:,}")
    if end > _LARGEST:
        raise ValueError(f"region {text!r} ends at {end:,}, beyond the end of any chromosome")
    return match["chrom"], start, end


def _in_bp(number: str) -> int:
    unit = _UNITS.get(number[-1], 1)
    return round(float(number.rstrip("kM")) * unit)


def looks_like_region(text: str) -> bool:
    """Whether a text is meant as a region, well written or not, rather than as the name of a file."""
    return _LIKE_REGION.fullmatch(text.strip()) is not None or _REGION.fullmatch(text.strip()) is not None


def parse_regions(names: Iterable[str]) -> pd.DataFrame | None:
    """Read a table of regions from names such as ``adata.var_names``.

    Parameters
    ----------
    names
        One region a name, in any of the forms of :func:`parse_region` that name every base.

    Returns
    -------
    Table with the columns chrom (categorical, in order of appearance), start and end (int64, 0-based and half-open),
    in the order of `names`; ``None`` if there are no names or any of them is no region.
    """
    columns: tuple[list[str], list[int], list[int]] = ([], [], [])
    for name in names:
        match = _REGION.fullmatch(str(name))
        if match is None:
            return None
        columns[0].append(match["chrom"])
        columns[1].append(int(match["start"].replace(",", "")))
        columns[2].append(int(match["end"].replace(",", "")))
    chrom, start, end = columns[0], np.array(columns[1], dtype=object), np.array(columns[2], dtype=object)
    if not chrom or np.any(end <= start) or np.any(end > _LARGEST):
        return None
    codes, categories = pd.factorize(np.array(chrom, dtype=object))
    return pd.DataFrame(
        {
            "chrom": pd.Categorical.from_codes(codes, categories=list(categories)),
            "start": start.astype(np.int64),
            "end": end.astype(np.int64),
        }
    )


def what_are_no_regions(names: Iterable[str]) -> str:
    """How many of some names are no regions, and the first of them, for messages."""
    listed = [str(name) for name in names]
    wrong = [name for name in listed if parse_regions([name]) is None]
    if not listed:
        return "there are no names"
    return f"{len(wrong):,} of {len(listed):,} names are no intervals such as chr1:100-200, the first is {wrong[0]!r}"


def format_regions(frame: pd.DataFrame) -> list[str]:
    """Write a table of chrom, start and end as names that :func:`parse_regions` reads: ``chr22:100-200``."""
    columns = (frame[name] for name in ("chrom", "start", "end"))
    return [f"{chrom}:{start}-{end}" for chrom, start, end in zip(*columns, strict=True)]
