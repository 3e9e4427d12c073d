"""bigBed files, written with what writes bigWigs, so that a full disk is an error.

The format is described in Kent et al. 2010, https://doi.org/10.1093/bioinformatics/btq351, supplementary tables.
"""

import os
import struct
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack

import numpy as np
import pandas as pd

from scmaxatac._text import abbreviate
from scmaxatac.io._bigwig_index import chrom_tree
from scmaxatac.io._bigwig_parts import HEADER, VERSION, Blocks, Zooms
from scmaxatac.io._bigwig_zoom import Summary
from scmaxatac.io._files import atomic_path

_MAGIC = 0x8789F2EB
_ITEMS = 512
"""Intervals that are compressed together, as in UCSC's files."""

NARROW_PEAK = [
    ("string", "chrom", "Chromosome"),
    ("uint", "chromStart", "First base, from 0"),
    ("uint", "chromEnd", "One past the last base"),
    ("string", "name", "Name of the site"),
    ("uint", "score", "Score from 0 to 1000"),
    ("char[1]", "strand", "Strand, or . without"),
    ("float", "signalValue", "Score as it was computed"),
    ("float", "pValue", "Minus log10 of the p-value, or -1 without"),
    ("float", "qValue", "Minus log10 of the q-value, or -1 without"),
    ("int", "peak", "Distance of the summit from chromStart, or -1 without"),
]
"""Type, name and meaning of the fields of a narrowPeak file, BED6 and four more."""


def write_bigbed(
    path: str | os.PathLike[str],
    frame: pd.DataFrame,
    sizes: Mapping[str, int],
    *,
    table: str,
    fields: Sequence[tuple[str, str, str]],
    n_standard: int,
) -> None:
    """Write intervals that don't overlap as a bigBed file, under a temporary name first.

    Parameters
    ----------
    path
        File to write.
    frame
        Intervals, at least one, in any order: chrom, start, end (0-based, half-open), and the other fields. They are
        written as text, as :func:`~scmaxatac.io._bed.write_bed` writes them.
    sizes
        Length in bp of every chromosome of the genome.
    table
        Name of the format in the file, such as ``"bigNarrowPeak"``.
    fields
        Type, name and meaning of every column, as autoSql has them.
    n_standard
        How many of the fields, from the first on, are those of BED.

    Raises
    ------
    ValueError
        If there is no interval, the columns are not as many as the fields, intervals overlap, are empty, lie on another
        chromosome or reach past its end.
    """
    if list(frame.columns[:3]) != ["chrom", "start", "end"] or frame.shape[1] != len(fields):
        raise ValueError(f"{path}: a bigBed of {len(fields)} fields starts with chrom, start, end; found {list(frame)}")
    if frame.empty:
        raise ValueError(f"{path}: no intervals to write, and a bigBed without intervals can't be read")
    chroms = sorted(sizes)
    unknown = set(frame["chrom"].astype(str)) - set(chroms)
    if unknown:
        raise ValueError(
            f"{path}: chromosome {abbreviate(map(repr, sorted(unknown)))} is not among {abbreviate(chroms)}"
        )
    frame = frame.assign(chrom=pd.Categorical(frame["chrom"].astype(str), chroms)).sort_values(
        ["chrom", "start"], kind="stable"
    )
    codes = frame["chrom"].cat.codes.to_numpy()
    parts = [(i, frame[codes == i]) for i in np.unique(codes).tolist()]
    for i, part in parts:
        _check(f"{path}: {chroms[i]}", part["start"].to_numpy(), part["end"].to_numpy(), sizes[chroms[i]])
    with atomic_path(path) as temporary, ExitStack() as stack:
        handle = stack.enter_context(open(temporary, "wb"))
        zooms = Zooms(sizes, temporary.parent, stack)
        zooms_size, total_size = zooms.sizes
        sql = _auto_sql(table, fields).encode("ascii") + b"\0"
        sql_offset = HEADER.size + zooms_size
        total_offset = sql_offset + len(sql)  # behind the sql, whose end readers take that for
        tree_offset = total_offset + total_size
        handle.write(bytes(tree_offset))  # filled in when all is known
        handle.write(chrom_tree({chrom: sizes[chrom] for chrom in chroms}, tree_offset))
        data_offset = handle.tell()
        handle.write(struct.pack("<Q", len(frame)))
        blocks = Blocks(handle)
        for i, part in parts:
            _write_items(blocks, i, part)
            starts, ends = (part[name].to_numpy(np.int64) for name in ("start", "end"))
            zooms.add(i, Summary.of_values(starts, ends, np.ones(len(part))))
            zooms.add(i, None)
        index_offset = blocks.write_index(handle)
        zoom_headers, total = zooms.write(handle)
        handle.write(struct.pack("<I", _MAGIC))
        offsets = (tree_offset, data_offset, index_offset, len(fields), n_standard, sql_offset)
        largest = max(blocks.largest, zooms.largest)
        handle.seek(0)
        handle.write(HEADER.pack(_MAGIC, VERSION, zooms.n_levels, *offsets, total_offset, largest, 0))
        handle.write(zoom_headers + sql + total)


def _write_items(blocks: Blocks, chrom: int, part: pd.DataFrame) -> None:
    starts, ends = part["start"].to_numpy(), part["end"].to_numpy()
    text = part.iloc[:, 3:].to_csv(sep="\t", header=False, index=False, float_format="%.6g", na_rep=".")
    rest = text.encode("utf-8").splitlines()
    for low in range(0, len(part), _ITEMS):
        stop = min(low + _ITEMS, len(part))
        raw = b"".join(struct.pack("<III", chrom, starts[k], ends[k]) + rest[k] + b"\0" for k in range(low, stop))
        blocks.write(raw, chrom, int(starts[low]), int(ends[stop - 1]), stop - low)


def _check(place: str, starts: np.ndarray, ends: np.ndarray, size: int) -> None:
    if np.any(ends <= starts) or starts[0] < 0 or ends.max() > size:
        raise ValueError(f"{place}: an interval is empty or lies outside the chromosome (0-{size})")
    if np.any(starts[1:] < ends[:-1]):
        k = int(np.argmax(starts[1:] < ends[:-1]))
        raise ValueError(f"{place}:{starts[k]}-{ends[k]} and {starts[k + 1]}-{ends[k + 1]} overlap")


def _auto_sql(table: str, fields: Iterable[tuple[str, str, str]]) -> str:
    lines = [f'    {kind} {name}; "{meaning}"' for kind, name, meaning in fields]
    return "\n".join([f"table {table}", '"Binding sites"', "(", *lines, ")", ""])
