"""What is drawn along the genome: signals, scores, thresholds, sites, and where nothing was predicted."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from scmaxatac import _keys
from scmaxatac._logging import logger, warn
from scmaxatac.containers._cells import cells_of, colors_of, column_of, first_object
from scmaxatac.genome._intervals import Intervals
from scmaxatac.genome._windows import Grid, outside_windows
from scmaxatac.plotting._base import PALETTE, nice_ceiling, region_title
from scmaxatac.results._read_sites import read_sites
from scmaxatac.results._read_tracks import chrom_sizes, read_signal, read_track
from scmaxatac.results._reader import Results

MOST_TFS = len(PALETTE)
"""Transcription factors whose colours are told apart."""

SIGNAL = "signal"
"""Name of the track of the ATAC signal."""


@dataclass(frozen=True)
class TrackData:
    """Tracks of groups in a part of the genome.

    Attributes
    ----------
    chrom, start, end
        The part, 0-based and half-open.
    groups, tfs
        Groups and transcription factors, in the order in which they are drawn.
    tables
        ``{(group, name): table}`` with start, end and value, of the signal and of each factor's scores.
    sites
        Called sites in the part: start, end, group, tf.
    thresholds
        ``{tf: {group: threshold}}``.
    signal_top
        Signal that all groups' tracks reach up to; None without signal.
    gaps
        Where nothing was predicted, pairs of start and end.
    colors
        Colours of the groups that the object knows; empty where it knows none.
    tf_colors
        Colour of each factor.
    bin
        Width of a bin in bp.
    title
        What is shown, for readers.
    """

    chrom: str
    start: int
    end: int
    groups: list[str]
    tfs: list[str]
    tables: dict[tuple[str, str], pd.DataFrame]
    sites: pd.DataFrame
    thresholds: dict[str, dict[str, float]]
    signal_top: float | None
    gaps: list[tuple[int, int]]
    colors: dict[str, str]
    tf_colors: dict[str, str]
    bin: int
    title: str

    @property
    def names(self) -> list[str]:
        """Names of a group's tracks."""
        return [*([SIGNAL] if self.signal_top is not None else []), *self.tfs]

    def top(self, name: str) -> float:
        """Value that the tracks of a name reach up to."""
        return self.signal_top or 1.0 if name == SIGNAL else 1.0


def collect_tracks(
    results: Results,
    data: Any,
    mod: str,
    place: tuple[str, int, int],
    *,
    tfs: str | Iterable[str] | None,
    groups: str | Iterable[str] | None,
    signal: bool,
    gene: str | None = None,
) -> TrackData:
    """Read what is to be drawn.

    Parameters
    ----------
    results
        The run.
    data, mod
        The object, and its modality with ATAC data: it may know colours of the groups.
    place
        Chromosome, start and end.
    tfs, groups
        Names, or None for all; of many factors the ones with most sites here.
    signal
        Whether the ATAC signal is wanted.
    gene
        Gene that the place was asked for by, for the title.

    Raises
    ------
    KeyError
        If there is no such group or factor.
    ValueError
        If the chromosome was not predicted, or too many factors are asked for.
    FileNotFoundError
        If the run's files are gone.
    """
    chrom, start, end = place
    region = f"{chrom}:{start}-{end}"
    gaps = _gaps(results, chrom, start, end)
    group_names = results.pick_groups(groups)
    sites = read_sites(results, None, group_names)
    sites = sites[(sites["chrom"] == chrom) & (sites["end"] > start) & (sites["start"] < end)]
    names = _tf_names(results, tfs, sites)
    tables = {
        (group, tf): read_track(results, tf, group, region).rename(columns={"score": "value"})
        for group in group_names
        for tf in names
    }
    if gaps == [(start, end)]:
        warn(f"nothing was predicted in {chrom}:{start:,}-{end:,}, so it is hatched; {_predicted(results, place)}")
    signals = _signals(results, group_names, region) if signal else {}
    tables |= {(group, SIGNAL): table for group, table in signals.items()}
    highest = max((table["value"].max() for table in signals.values() if len(table)), default=0.0)
    params = results.params
    column = column_of(params["groupby"])
    return TrackData(
        chrom,
        start,
        end,
        group_names,
        names,
        tables,
        sites,
        params["thresholds"],
        nice_ceiling(highest) if signals else None,
        gaps,
        colors_of(cells_of(first_object(data), mod), column, group_names) if params["rows"] == "cells" else {},
        _tf_colours(names, results.tfs),
        int(params["bin"]),
        ", ".join([*filter(None, [gene]), region_title(chrom, start, end)]),
    )


def _tf_colours(drawn: list[str], of_run: list[str]) -> dict[str, str]:
    """A colour for each factor: that of its place in the run, so that it is the same in all figures of the run.

    The first of the factors that would share a colour keeps it, the others take those that are left.
    """
    colours: dict[str, str] = {}
    for tf in sorted(drawn, key=of_run.index):
        own = PALETTE[of_run.index(tf) % len(PALETTE)]
        if own not in colours.values():
            colours[tf] = own
    left = [colour for colour in PALETTE if colour not in colours.values()]
    without = [tf for tf in sorted(drawn, key=of_run.index) if tf not in colours]
    colours.update(zip(without, left, strict=False))
    return colours


def _gaps(results: Results, chrom: str, start: int, end: int) -> list[tuple[int, int]]:
    if _keys.REGIONS not in results.slots:
        return []
    params = results.params
    regions = Intervals.from_frame(results.table(_keys.REGIONS).astype({"chrom": str}))
    grid = Grid(int(params["window"]), int(params["bin"]))
    size = chrom_sizes(results).get(chrom, end)
    return outside_windows(regions, chrom, start, end, size=size, step=int(params["step"]), grid=grid)


def _predicted(results: Results, place: tuple[str, int, int]) -> str:
    """Where predictions lie: the nearest region of the chromosome, else the first of all."""
    chrom, start, end = place
    regions = results.table(_keys.REGIONS).astype({"chrom": str})
    here = regions[regions["chrom"] == chrom]
    distances = np.maximum(here["start"] - end, start - here["end"])
    row = regions.iloc[0] if here.empty else here.loc[distances.idxmin()]
    which = f"the first of {len(regions):,} regions" if here.empty else "the nearest region that was"
    return f"{which} is {row['chrom']}:{row['start']:,}-{row['end']:,}"


def _signals(results: Results, groups: list[str], region: str) -> dict[str, pd.DataFrame]:
    """Signal of each group; nothing, and a warning, if the run's store is gone and only bigWigs are left."""
    try:
        return {group: read_signal(results, group, region) for group in groups}
    except FileNotFoundError as error:
        warn(f"drawing no signal: {error}")
        return {}


def _tf_names(results: Results, wanted: str | Iterable[str] | None, called: pd.DataFrame) -> list[str]:
    names = results.pick_tfs(wanted)
    if len(names) <= MOST_TFS:
        return names
    if wanted is not None:
        raise ValueError(f"{len(names)} TFs are too many to tell apart; give at most {MOST_TFS}")
    chosen = most_called(names, called, MOST_TFS)
    logger.info("drawing the %d TFs with most sites here: %s; give tfs= to choose", MOST_TFS, ", ".join(chosen))
    return chosen


def most_called(names: list[str], sites: pd.DataFrame, n: int) -> list[str]:
    """Take the `n` names with most sites, in the order of the names."""
    counts = sites["tf"].value_counts().reindex(names, fill_value=0)
    most = set(counts.sort_values(ascending=False, kind="stable").index[:n])
    return [name for name in names if name in most]
