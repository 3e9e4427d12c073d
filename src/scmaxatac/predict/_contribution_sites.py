"""Which bins of a run are explained, in which windows."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from scmaxatac._constants import UNKNOWN_BASE
from scmaxatac._logging import warn
from scmaxatac._text import abbreviate
from scmaxatac._types import Float32s, Int64s
from scmaxatac.genome._genome import Genome
from scmaxatac.genome._interval_table import Table, read_intervals
from scmaxatac.genome._intervals_on_genome import on_genome
from scmaxatac.predict._run import Run
from scmaxatac.results._read_sites import read_sites
from scmaxatac.results._reader import Results


def regions_to_explain(regions: Table, run: Run, genome: Genome) -> tuple[pd.DataFrame, int]:
    """Read regions, chrom, start and end in the given order, and count those on chromosomes that were not predicted.

    Raises
    ------
    ValueError
        If there are none, they can't be read, reach past a chromosome's end, or none lies where something was
        predicted.

    Warns
    -----
    UserWarning
        If regions are left out.
    """
    every = read_intervals(regions, "regions", columns=())
    if not len(every):
        raise ValueError("regions are empty; give at least one, or leave regions= out for the called sites")
    given, n_all = on_genome(every, "regions", genome), len(every)
    window = run.spec.grid.window
    there = given["chrom"].isin([chrom for chrom in run.spec.chroms if genome.sizes[chrom] >= window]).to_numpy()
    kept = given.loc[there, ["chrom", "start", "end"]].reset_index(drop=True)
    if not len(kept):
        raise ValueError(
            f"none of the {n_all} regions lies on a chromosome that was predicted ({abbreviate(run.spec.chroms)})"
        )
    if n_out := n_all - len(kept):
        others = every.loc[~every["chrom"].isin(kept["chrom"]), "chrom"].unique()
        warn(
            f"{n_out} of {n_all} regions lie on chromosomes that were not predicted ({abbreviate(others)}), so are "
            "left out"
        )
    return kept, n_out


def sites_to_explain(
    results: Results, tfs: Sequence[str], groups: Sequence[str]
) -> dict[tuple[str, str], pd.DataFrame]:
    """Called sites of each factor in each group.

    Raises
    ------
    ValueError
        If there are none.

    Warns
    -----
    UserWarning
        If there are none of a factor in a group.
    """
    every = read_sites(results, list(tfs), list(groups))
    found = {
        (tf, group): every.loc[
            ((every["tf"] == tf) & (every["group"] == group)).to_numpy(), ["chrom", "start", "end"]
        ].reset_index(drop=True)
        for tf in tfs
        for group in groups
    }
    without = [f"{tf} in {group}" for (tf, group), sites in found.items() if not len(sites)]
    if len(without) == len(found):
        raise ValueError(
            f"no sites were called of {abbreviate(without)}, so there is nothing to explain; name regions=, or call "
            "sites at a lower threshold with scmaxatac.tl.call_sites"
        )
    if without:
        warn(f"no sites were called of {abbreviate(without)}, so nothing is explained there; regions= would be")
    return found


def place(
    run: Run, genome: Genome, sites: pd.DataFrame, tf: str, groups: Sequence[str], width: int
) -> dict[str, pd.DataFrame]:
    """Choose the bin of each site whose logit is explained, the window around it, and the bases in it.

    The bin is the site's largest, in any of the groups, of those that the run kept, the first of several, or, where
    none was kept, the one at its middle; so all groups are explained at the same bin. The window begins half a window
    before the bin's start, on the grid of bins, and further inside at a chromosome's ends, so that it is whole. The
    bases lie around the bin's middle, and further inside at the window's ends.

    Parameters
    ----------
    run
        The run.
    genome
        Its genome.
    sites
        chrom, start, end.
    tf, groups
        Factor and groups whose scores choose the bin.
    width
        Number of the bases.

    Returns
    -------
    A table a group: the columns of :data:`~scmaxatac.results._schema_contributions.CONTRIBUTION_SITES` and ``window``,
    start of the window.
    """
    grid = run.spec.grid
    table = sites.rename(columns={"start": "site_start", "end": "site_end"}).reset_index(drop=True)
    chroms = table["chrom"].astype(str).to_numpy()
    size = np.array([genome.sizes[chrom] for chrom in chroms], dtype=np.int64)
    chosen = np.minimum(_largest_bins(run, table, tf, groups), (size // grid.bin - 1) * grid.bin)
    last = (size - grid.window) // grid.bin * grid.bin
    window = np.clip(chosen - grid.bins_per_window // 2 * grid.bin, 0, last)
    first = np.clip(chosen + grid.bin // 2 - width // 2, window, window + grid.window - width)
    placed = table.assign(
        chrom=pd.Categorical(chroms, categories=run.spec.chroms),
        start=first,
        end=first + width,
        bin=chosen,
        tf=tf,
        window=window,
    )
    return {group: placed.assign(group=group, score=_scores_of(run, placed, tf, group)) for group in groups}


def with_sequence(placed: pd.DataFrame, genome: Genome) -> pd.DataFrame:
    """Keep the sites of a table of :func:`place` that have a known base among those that are explained."""
    known = np.zeros(len(placed), dtype=bool)
    for i, row in enumerate(placed.itertuples()):
        known[i] = bool((genome.codes(str(row.chrom))[row.start : row.end] < UNKNOWN_BASE).any())
    return placed[known].reset_index(drop=True)


def _largest_bins(run: Run, table: pd.DataFrame, tf: str, groups: Sequence[str]) -> Int64s:
    """Start of the largest bin of each site; (n,)."""
    size = run.spec.grid.bin
    start, end = table["site_start"].to_numpy(np.int64), table["site_end"].to_numpy(np.int64)
    chosen: Int64s = (start + end - 1) // 2 // size * size
    best = np.full(len(table), -np.inf)
    for rows, (bins, scores) in _kept(run, table, tf, groups):
        low = np.searchsorted(bins, start[rows] - size, side="right")
        high = np.searchsorted(bins, end[rows], side="left")
        for i, lo, hi in zip(rows.tolist(), low.tolist(), high.tolist(), strict=True):
            if hi > lo and scores[lo:hi].max() > best[i]:
                at = lo + int(scores[lo:hi].argmax())
                chosen[i], best[i] = bins[at], scores[at]
    return chosen


def _scores_of(run: Run, table: pd.DataFrame, tf: str, group: str) -> Float32s:
    """Score of each bin in the run, NaN where it was not kept; (n,) float32."""
    found = np.full(len(table), np.nan, dtype=np.float32)
    wanted = table["bin"].to_numpy(np.int64)
    for rows, (bins, scores) in _kept(run, table, tf, [group]):
        at = np.searchsorted(bins, wanted[rows])
        there = at < len(bins)
        there[there] = bins[at[there]] == wanted[rows][there]
        found[rows[there]] = scores[at[there]]
    return found


def _kept(
    run: Run, table: pd.DataFrame, tf: str, groups: Sequence[str]
) -> Iterator[tuple[Int64s, tuple[np.ndarray, np.ndarray]]]:
    """Rows of each chromosome, and the bins that the run kept there with their scores, group by group."""
    chroms = table["chrom"].astype(str).to_numpy()
    for chrom in np.unique(chroms):
        for group in groups:
            yield np.flatnonzero(chroms == chrom), run.store.read(group, tf, str(chrom))
