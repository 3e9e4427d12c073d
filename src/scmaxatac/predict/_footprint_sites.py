"""Sites whose footprints are taken: read, oriented, and left out where a window can't be."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from scmaxatac import _keys
from scmaxatac._constants import FLANK
from scmaxatac._logging import warn
from scmaxatac._text import abbreviate, choose_names
from scmaxatac.atac._footprint import window_starts
from scmaxatac.atac._tn5_bias import AFTER, BEFORE
from scmaxatac.genome._genome import Genome
from scmaxatac.genome._interval_table import Table, read_intervals
from scmaxatac.genome._intervals import Intervals
from scmaxatac.genome._intervals_on_genome import on_genome
from scmaxatac.results._read_sites import read_sites
from scmaxatac.results._reader import Results

ONE_FACTOR = "sites"
"""Name of the factor of sites that come without one."""

EVERY_GROUP = ""
"""Group of the sites that are those of all groups."""

_COLUMNS = ["chrom", "start", "end", "tf", "group", "flipped"]
_FORWARD, _REVERSE = ("+", ".", "*", ""), "-"
_REASONS = {
    "repeated": "there more than once",
    "contig": "on contigs without insertions",
    "end": "within reach of an end of their contig",
    "unknown": "within reach of unknown bases",
    "blacklist": "within reach of the blacklist",
}
"""Why sites are left out; the first reason counts."""


class Named(NamedTuple):
    """Sites, a row a site and group (chrom, start, end, tf, group, flipped), and the names of their factors."""

    table: pd.DataFrame
    tfs: list[str]


def predicted_sites(run: Results, tfs: Any, groups: Sequence[str]) -> Named:
    """Sites that were called, of some or all factors."""
    chosen = run.pick_tfs(tfs)
    table = read_sites(run, chosen, list(groups)).astype({"chrom": str, "tf": str, "group": str})
    return Named(table.assign(flipped=False)[_COLUMNS], chosen)


def given_sites(sites: Table, tfs: Any, groups: Sequence[str], every_group: Collection[str], genome: Genome) -> Named:
    """Sites that the user gave.

    Parameters
    ----------
    sites
        BED file or table with chrom, start, end and, where they are there, tf, group and strand.
    tfs
        Factors that are asked for; the name of all sites where these come without one.
    groups
        Groups that are asked for.
    every_group
        All groups that there are insertions of.
    genome
        The genome.

    Raises
    ------
    KeyError
        If a factor is asked for that has no sites, or none of the sites' groups is one that there is.
    ValueError
        If there are none, a row is no interval of the genome, or a strand, tf or group is missing or none.
    """
    frame = read_intervals(sites, "sites", columns=["strand"])
    if not len(frame):
        raise ValueError("sites are empty; give at least one, or leave sites= out for those that were predicted")
    frame = frame.assign(flipped=_on_reverse_strand(frame), **{name: _names(frame, name) for name in ("tf", "group")})
    if (frame["tf"] != "").any():
        chosen = choose_names(tfs, list(dict.fromkeys(frame["tf"])), "TF", source="sites have")
        frame = frame[frame["tf"].isin(chosen)]
    else:
        chosen = [tfs] if isinstance(tfs, str) else [ONE_FACTOR]
        if tfs is not None and not isinstance(tfs, str):
            raise ValueError(
                "sites have no column 'tf', so they are of one factor: give its name, tfs='CTCF', or add the column"
            )
        frame = frame.assign(tf=chosen[0])
    known = frame["group"].isin([EVERY_GROUP, *every_group]).to_numpy()
    if not known.any():
        raise KeyError(
            f"none of the groups of sites ({abbreviate(map(repr, frame['group'].unique()))}) has insertions; there are "
            f"{abbreviate(map(repr, every_group), 8)}"
        )
    on_contigs = on_genome(frame[known], "sites", genome)
    for n_lost, reason in (
        (int((~known).sum()), "of groups without insertions"),
        (int(known.sum()) - len(on_contigs), f"on contigs that {genome.source} does not have"),
    ):
        if n_lost:
            warn(f"{n_lost:,} of {len(frame):,} sites are left out: {reason}")
    return Named(on_contigs[on_contigs["group"].isin([EVERY_GROUP, *groups])][_COLUMNS], chosen)


def called_only(given: Named, run: Results, groups: Sequence[str]) -> Named:
    """Those of some sites whose middle lies in a site that was called for the factor in the group.

    Raises
    ------
    KeyError
        If a factor was not predicted.
    """
    called = read_sites(run, run.pick_tfs(given.tfs), list(groups)).astype({"chrom": str})
    table = given.table
    middle = (table["start"] + table["end"]) // 2
    middles = table.assign(start=middle, end=middle + 1)
    parts = []
    for tf in given.tfs:
        for group in groups:
            rows = ((table["tf"] == tf) & table["group"].isin([EVERY_GROUP, group])).to_numpy()
            there = Intervals.from_frame(called[(called["tf"] == tf) & (called["group"] == group)])
            parts.append(table[rows][there.overlapped(middles[rows])].assign(group=group))
    return Named(pd.concat(parts, ignore_index=True), given.tfs)


def place_windows(given: Named, chroms: Collection[str], genome: Genome, flank: int) -> pd.DataFrame:
    """Table of sites with the first position of their windows, and why sites are left out, with one warning.

    Parameters
    ----------
    given
        Sites on contigs of the genome.
    chroms
        Chromosomes that there are insertions on.
    genome
        Its sequence and blacklist.
    flank
        Half the width of a window in bp.

    Returns
    -------
    The table, with window (int64) and reason ("" for sites that count).
    """
    table = given.table.reset_index(drop=True)
    start, end = (table[name].to_numpy(np.int64) for name in ("start", "end"))
    window = window_starts(start, end, table["flipped"].to_numpy(dtype=bool), flank)
    bad = {name: np.zeros(len(table), dtype=bool) for name in _REASONS}
    bad["repeated"] = table.duplicated().to_numpy()
    for chrom, rows in table.groupby("chrom", sort=False).indices.items():
        name = str(chrom)
        if name not in chroms:
            bad["contig"][rows] = True
            continue
        low, high = window[rows] - BEFORE, window[rows] + 2 * flank + AFTER
        unknown = Intervals({name: genome.unknown_runs(name)})
        bad["end"][rows] = (low < 0) | (high > genome.sizes[name])
        bad["unknown"][rows] = unknown.overlaps(name, low, high)
        if genome.blacklist is not None:  # near it insertions were left out
            reach = window[rows] - FLANK, window[rows] + 2 * flank + FLANK
            bad["blacklist"][rows] = genome.blacklist.overlaps(name, *reach)
    reason = np.full(len(table), "", dtype=object)
    for name in reversed(_REASONS):
        reason[bad[name]] = name
    if n_lost := int((reason != "").sum()):
        parts = [f"{n:,} {text}" for name, text in _REASONS.items() if (n := int((reason == name).sum()))]
        warn(f"{n_lost:,} of {len(table):,} sites are left out: {', '.join(parts)}")
    return table.assign(window=window, reason=reason)


def peaks_of(run: Results) -> pd.DataFrame:
    """Regions of a prediction; the sites of all factors and groups where the whole genome was predicted.

    Raises
    ------
    ValueError
        If there are neither.
    """
    if _keys.REGIONS in run.slots:
        return run.table(_keys.REGIONS)[["chrom", "start", "end"]].astype({"chrom": str})
    sites = run.table(_keys.SITES)[["chrom", "start", "end"]].astype({"chrom": str})
    if not len(sites):
        raise ValueError(
            "the bias is measured outside peaks, and there are none: the whole genome was predicted and no site "
            "called; give peaks= as a BED file or table"
        )
    return sites


def _on_reverse_strand(frame: pd.DataFrame) -> np.ndarray:
    """Which sites lie on the reverse strand, (rows,) bool; those without a strand don't."""
    column = next((name for name in ("strand", "Strand") if name in frame), None)
    if column is None:
        return np.zeros(len(frame), dtype=bool)
    codes, found = pd.factorize(frame[column])  # not a text a row: files have many
    strands = [*map(str, found), "."]  # none is -1, the last
    wrong = np.array([strand not in (*_FORWARD, _REVERSE) for strand in strands])[codes]
    if wrong.any():
        i = int(wrong.argmax())
        raise ValueError(
            f"sites: row {i + 1} has the strand {strands[codes[i]]!r} ({wrong.sum()} such rows); it can be '+', '-', "
            "or '.' for none"
        )
    return np.asarray(np.array([strand == _REVERSE for strand in strands])[codes])


def _names(frame: pd.DataFrame, column: str) -> pd.Series:
    """Names in a column that may be there, as text; "" without it."""
    if column not in frame:
        return pd.Series("", index=frame.index)
    missing = frame[column].isna().to_numpy(dtype=bool) | (frame[column].astype(str) == "").to_numpy(dtype=bool)
    if missing.any():
        raise ValueError(
            f"sites: {missing.sum()} of {len(frame)} rows have no {column}, the first is row {missing.argmax() + 1}; "
            f"name it, or leave the column out"
        )
    return frame[column].astype(str)
