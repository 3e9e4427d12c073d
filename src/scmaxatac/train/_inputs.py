"""Signals, peaks and checksums of the cell types that a network is trained on."""

import hashlib
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from scmaxatac.atac._bigwig_signal import BigWigSignal, SignalTrack
from scmaxatac.atac._insertions import collect_insertions
from scmaxatac.atac._pseudobulk import Pseudobulks, make_pseudobulks
from scmaxatac.atac._signal import Signal
from scmaxatac.fragments._read_groups import read_groups
from scmaxatac.genome._genome import Genome
from scmaxatac.genome._interval_table import Table
from scmaxatac.genome._intervals_on_genome import on_genome
from scmaxatac.io._files import sha256_of
from scmaxatac.train._dataset import TrainingCellType
from scmaxatac.train._split import Split
from scmaxatac.train._table import CellTypeRow


class TrainingInputs(NamedTuple):
    """Everything that a network learns from."""

    train: dict[str, TrainingCellType]

    valid: dict[str, TrainingCellType]
    """The validation cell types; the training ones where there are none."""

    records: list[dict[str, Any]]
    """For each cell type name, role, and file or group and sha256 of everything that was read."""


def read_inputs(
    rows: Sequence[CellTypeRow],
    genome: Genome,
    split: Split,
    data: Any = None,
    groupby: str | Sequence[str] | None = None,
) -> TrainingInputs:
    """Read the peaks, find the signals, and make sure that there is something to learn from.

    Parameters
    ----------
    rows
        The training and validation cell types.
    genome
        Sizes and blacklist.
    split
        The chromosomes.
    data, groupby
        Where the groups are that signals are named after: an annotated object and its column, or pseudobulks.

    Raises
    ------
    KeyError
        If a signal names no group.
    ValueError
        If a signal is neither a bigWig nor a group, peaks and genome share no chromosome, a peak reaches past the end
        of its chromosome, or no peak lies on the chromosomes of the split.
    """
    chroms = [*split.train, *split.valid]
    peaks = [  # all of them before the signals, which take longer
        {
            column: _peaks(given, f"{column} of {row.name!r}", genome)
            for column, given in (
                ("atac_peaks", row.atac_peaks),
                ("chip_peaks", row.chip_peaks),
                ("unknown", row.unknown),
            )
            if given is not None
        }
        for row in rows
    ]
    bulks = _pseudobulks(rows, genome, chroms, data, groupby)
    cell_types, records = {}, []
    for row, tables in zip(rows, peaks, strict=True):
        signal, record = _signal(row, genome, chroms, bulks)
        cell_types[row.name] = TrainingCellType(
            signal, tables["atac_peaks"], tables["chip_peaks"], tables.get("unknown")
        )
        files = {column: _checksum(getattr(row, column), table) for column, table in tables.items()}
        records.append({"name": row.name, "role": row.role, "signal": record, **files})
    train = {row.name: cell_types[row.name] for row in rows if row.role == "train"}
    valid = {row.name: cell_types[row.name] for row in rows if row.role == "validation"} or train
    for name, cell_type in (train | valid).items():
        _some_on(split.train if name in train else split.valid, {name: cell_type.peaks}, "ATAC")
    _some_on(split.train, {name: c.chip for name, c in train.items()}, "ChIP-seq")
    _some_on(split.valid, {name: c.chip for name, c in valid.items()}, "ChIP-seq")
    return TrainingInputs(train, valid, records)


def _pseudobulks(
    rows: Sequence[CellTypeRow], genome: Genome, chroms: Sequence[str], data: Any, groupby: str | Sequence[str] | None
) -> Pseudobulks | None:
    """Pool the groups that signals are named after; None if all signals are bigWigs."""
    grouped = [row for row in rows if not isinstance(row.signal, Path)]
    if not grouped:
        return None
    if isinstance(data, Pseudobulks):
        lacking = [chrom for chrom in chroms if chrom not in data.chroms]
        if lacking:
            raise ValueError(f"the pseudobulks were made without {', '.join(lacking)}: name these chromosomes there")
        return data
    if data is None or groupby is None:
        raise ValueError(
            f"the signal of {grouped[0].name!r} is {grouped[0].signal!r}, which is no bigWig (.bw, .bigWig); for a "
            "group of an annotated object give the object as data and its column as groupby"
        )
    found = read_groups(data, groupby)
    usual = genome.select_chroms(None)
    every = list(dict.fromkeys([*usual, *chroms]))
    insertions = collect_insertions(found.sources, found.libraries, genome, chroms=every)
    return make_pseudobulks(insertions, found.groups, genome, every, signal_chroms=usual)


def _signal(
    row: CellTypeRow, genome: Genome, chroms: Sequence[str], bulks: Pseudobulks | None
) -> tuple[SignalTrack, dict[str, str]]:
    if isinstance(row.signal, Path):
        return BigWigSignal(row.signal, genome, chroms), {"file": row.signal.name, "sha256": sha256_of(row.signal)}
    if bulks is None:
        raise KeyError(
            f"signal of {row.name} is the group {row.signal!r}, but there are no data with groups: give data="
        )
    signal = bulks.signal(row.signal)
    return signal, {"group": row.signal, "sha256": _digest(signal)}


def _digest(signal: Signal) -> str:
    """Checksum of the insertions and of what scales them."""
    digest = hashlib.sha256(repr((signal.minimum, signal.maximum)).encode())
    for library in signal.libraries:
        digest.update(repr(library.scale).encode())
        for chrom, positions in library.positions.items():
            digest.update(chrom.encode() + b"\0" + np.ascontiguousarray(positions).tobytes())
    return digest.hexdigest()


def _peaks(given: Table, what: str, genome: Genome) -> pd.DataFrame:
    return on_genome(given, what, genome, positions=True)[["chrom", "start", "end"]].reset_index(drop=True)


def _checksum(given: Table, table: pd.DataFrame) -> dict[str, Any]:
    if isinstance(given, str | PathLike):
        return {"file": Path(given).name, "sha256": sha256_of(given), "n": len(table)}
    text = table.to_csv(sep="\t", header=False, index=False, lineterminator="\n")
    return {"file": None, "sha256": hashlib.sha256(text.encode()).hexdigest(), "n": len(table)}


def _some_on(chroms: Sequence[str], peaks: Mapping[str, pd.DataFrame], what: str) -> None:
    if not any(table["chrom"].isin(chroms).any() for table in peaks.values()):
        if not any(map(len, peaks.values())):
            raise ValueError(f"there is no {what} peak of {', '.join(peaks)}: what was given holds no interval")
        found = sorted({chrom for table in peaks.values() for chrom in table["chrom"]})
        raise ValueError(
            f"no {what} peak of {', '.join(peaks)} lies on {', '.join(chroms)}; there are peaks on {', '.join(found)}"
        )
