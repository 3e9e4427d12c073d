"""Footprints of factors in groups: the bias of Tn5 first, then group by group and factor by factor."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from scmaxatac._constants import FLANK
from scmaxatac._logging import warn
from scmaxatac._settings import settings
from scmaxatac._text import abbreviate
from scmaxatac.atac._coverage import keep_off_blacklist
from scmaxatac.atac._footprint import Aggregate
from scmaxatac.atac._pseudobulk import Pseudobulks
from scmaxatac.atac._tn5_bias import Tn5Bias, outside
from scmaxatac.genome._genome import Genome
from scmaxatac.genome._intervals import Intervals
from scmaxatac.predict._footprint_sites import EVERY_GROUP
from scmaxatac.results._score_store import ScoreStore
from scmaxatac.stats._footprint import Correction, Footprint, footprint, places

ENOUGH_INSERTIONS = 20_000
"""Insertions outside peaks from which on the bias is known: about 10 of each of the 2,080 pairs of hexamers."""

_MOST_BLOCKS = 400
"""Blocks that are drawn; where sites lie in more, neighbouring ones are joined."""

_FEW_BLOCKS = 10
"""Below so many blocks percentiles of draws are too narrow."""

_CURVES = ("uncorrected", "expected", "corrected")
_NUMBERS = ("depth", "flank_accessibility")


@dataclass(frozen=True)
class InsertionSource:
    """Insertions of groups, off the blacklist.

    Attributes
    ----------
    groups, chroms
        Groups and chromosomes that there are insertions of.
    positions
        Gives the insertions of a group on a chromosome, (n,) int32, sorted.
    """

    groups: Sequence[str]
    chroms: Sequence[str]
    positions: Callable[[str, str], np.ndarray]


@dataclass(frozen=True)
class FootprintOptions:
    """Widths in bp, correction and draws; see :func:`scmaxatac.tl.footprint`."""

    flank: int
    outer: int
    core: int
    shoulder: int
    correction: Correction
    n_bootstrap: int
    block_size: int
    rng: np.random.Generator | int | None


class Footprints(NamedTuple):
    """Tables of footprints, as :func:`scmaxatac.tl.footprint` describes them."""

    profiles: pd.DataFrame
    depths: pd.DataFrame
    bias: pd.DataFrame


def insertions_of_run(store: ScoreStore) -> InsertionSource:
    """Insertions that a run was made from; those of replicates are pooled."""

    def positions(group: str, chrom: str) -> np.ndarray:
        libraries, _, _ = store.read_insertions(group, chrom)
        return libraries[0] if len(libraries) == 1 else np.sort(np.concatenate(libraries))

    return InsertionSource(store.groups, store.chroms, positions)


def insertions_of_bulks(bulks: Pseudobulks, genome: Genome) -> InsertionSource:
    """Insertions of pseudobulks; those of replicates are pooled."""

    def positions(group: str, chrom: str) -> np.ndarray:
        libraries = [bulks.insertions.positions(name, chrom) for name in bulks.libraries[group]]
        pooled = np.sort(np.concatenate(libraries))
        return keep_off_blacklist(pooled, chrom, genome.sizes[chrom], genome.blacklist)

    return InsertionSource(bulks.groups, bulks.chroms, positions)


def measure_bias(source: InsertionSource, genome: Genome, peaks: Intervals) -> Tn5Bias:
    """Count insertions of all groups, and positions, by hexamer outside peaks.

    Raises
    ------
    ValueError
        If there is no insertion outside peaks.

    Warns
    -----
    UserWarning
        If there are few.
    """
    bias = Tn5Bias()
    for chrom in source.chroms:
        starts, ends = outside(*_covered(peaks, genome, chrom), genome.sizes[chrom])
        codes = genome.codes(chrom)
        bias.add_sequence(codes, starts, ends)
        for group in source.groups:
            bias.add_insertions(codes, starts, ends, source.positions(group, chrom))
    found = bias.n_insertions
    if not found:
        raise ValueError(
            f"no insertion lies outside peaks on {abbreviate(source.chroms)}, so the bias can't be measured; give "
            "peaks= that leave closed chromatin, or predict more chromosomes"
        )
    if found < ENOUGH_INSERTIONS:
        warn(
            f"{found:,} insertions lie outside peaks; the bias of 4,096 hexamers takes {ENOUGH_INSERTIONS:,} to be "
            "known well. Expected curves are uncertain, as their intervals say; more chromosomes or cells help"
        )
    return bias


def _covered(peaks: Intervals, genome: Genome, chrom: str) -> tuple[np.ndarray, np.ndarray]:
    """Peaks, and where insertions were left out because the blacklist is near: starts and ends, merged."""
    starts, ends = peaks.starts(chrom), peaks.ends(chrom)
    if genome.blacklist is not None:
        starts = np.concatenate([starts, np.maximum(genome.blacklist.starts(chrom) - FLANK, 0)])
        ends = np.concatenate([ends, genome.blacklist.ends(chrom) + FLANK])
    merged = Intervals({chrom: (starts, ends)})
    return merged.starts(chrom), merged.ends(chrom)


def take_footprints(
    source: InsertionSource,
    sites: pd.DataFrame,
    tfs: Sequence[str],
    groups: Sequence[str],
    genome: Genome,
    bias: Tn5Bias,
    options: FootprintOptions,
) -> Footprints:
    """Take the footprint of each factor in each group.

    Parameters
    ----------
    source
        Insertions.
    sites
        What :func:`~scmaxatac.predict._footprint_sites.place_windows` gives.
    tfs, groups
        Factors and groups, in the order of the rows.
    genome
        Sequence.
    bias
        The bias.
    options
        Widths, correction and draws.
    """
    from tqdm.auto import tqdm

    rng = np.random.default_rng(options.rng)
    noise = (bias.draws(options.n_bootstrap, rng) - bias.values).astype(np.float32)
    where = places(options.flank, options.outer, options.core, options.shoulder)
    rows_of = sites.groupby(["tf", "group"], sort=False).indices
    curves: dict[tuple[str, str], pd.DataFrame] = {}
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    with tqdm(total=len(tfs) * len(groups), unit="footprint", disable=not settings.progress) as bar:
        for group in groups:
            positions = cache(lambda chrom, group=group: source.positions(group, chrom))
            for tf in tfs:
                found = [rows_of[key] for key in ((tf, EVERY_GROUP), (tf, group)) if key in rows_of]
                mine = sites.iloc[np.sort(np.concatenate(found))] if found else sites.iloc[:0]
                usable = mine[(mine["reason"] == "").to_numpy()]
                total = _aggregate(positions, usable, genome, bias.values, options)
                drawn = (noise @ total.exposure.astype(np.float32).T).astype(float)
                result = footprint(
                    total.observed,
                    total.expected,
                    where,
                    correction=options.correction,
                    n=options.n_bootstrap,
                    rng=rng,
                    expectation_noise=drawn,
                )
                rows[tf, group] = _row(total, result, len(mine), len(usable), where.outer)
                if len(usable):
                    curves[tf, group] = _curves(result, options.flank)
                bar.update()
    order = [(tf, group) for tf in tfs for group in groups]
    depths = pd.DataFrame([{"tf": tf, "group": group, **rows[tf, group]} for tf, group in order])
    parts = [curves[key].assign(tf=key[0], group=key[1]) for key in order if key in curves]
    profiles = pd.concat(parts, ignore_index=True) if parts else _no_curves()
    columns = ["tf", "group", "position", *(name + end for name in _CURVES for end in ("", "_low", "_high"))]
    _warn_of_nothing(depths)
    names = {"tf": tfs, "group": groups}
    return Footprints(_named(profiles[columns], names), _named(depths, names), bias.frame())


def _aggregate(
    positions: Callable[[str], np.ndarray],
    sites: pd.DataFrame,
    genome: Genome,
    bias: np.ndarray,
    options: FootprintOptions,
) -> Aggregate:
    """Sum the windows of sites over blocks of the genome."""
    by_chrom = sites.groupby("chrom", sort=False).indices
    block = np.zeros(len(sites), dtype=np.int64)
    for number, rows in enumerate(by_chrom.values()):
        block[rows] = (number << 32) + (sites["start"].to_numpy()[rows] // options.block_size)
    names, block = np.unique(block, return_inverse=True)
    n_blocks = min(len(names), _MOST_BLOCKS)
    block = block * n_blocks // max(len(names), 1)
    total = Aggregate.empty(n_blocks, 2 * options.flank)
    for chrom, rows in by_chrom.items():
        window, flipped = (sites[name].to_numpy()[rows] for name in ("window", "flipped"))
        total.add(
            genome.codes(str(chrom)),
            positions(str(chrom)),
            window.astype(np.int64),
            flipped.astype(bool),
            block[rows].astype(np.int64),
            bias,
        )
    return total


def _row(total: Aggregate, result: Footprint, n_given: int, n_used: int, outer: np.ndarray) -> dict[str, Any]:
    """Numbers of a footprint, and what there is to say of it."""
    n_insertions, n_blocks = int(total.observed.sum()), len(total.observed)
    if not n_given:
        note = "no sites"
    elif not n_used:
        note = f"no sites: all {n_given:,} are left out"
    elif not n_insertions:
        note = "no insertions around its sites"
    elif not total.observed[:, outer].any():
        note = "no insertions in the outer positions"
    else:
        few = f"intervals rest on {n_blocks} blocks" if n_blocks > 1 else "no intervals: all sites lie in one block"
        note = few if n_blocks < _FEW_BLOCKS else ""
    row: dict[str, Any] = {"n_sites": n_used, "n_left_out": n_given - n_used, "n_insertions": n_insertions}
    row["n_blocks"] = n_blocks
    for name in _NUMBERS:
        band = getattr(result, name)
        row |= {name: float(band.value), f"{name}_low": float(band.low), f"{name}_high": float(band.high)}
    return row | {"note": note}


def _curves(result: Footprint, flank: int) -> pd.DataFrame:
    columns: dict[str, np.ndarray] = {"position": np.arange(-flank, flank)}
    for name in _CURVES:
        for end, values in zip(("", "_low", "_high"), getattr(result, name), strict=True):
            columns[name + end] = values.astype(np.float32)
    return pd.DataFrame(columns)


def _no_curves() -> pd.DataFrame:
    names = [name + end for name in _CURVES for end in ("", "_low", "_high")]
    return pd.DataFrame(
        {"tf": [], "group": [], "position": np.zeros(0, np.int64), **dict.fromkeys(names, np.zeros(0, np.float32))}
    )


def _named(table: pd.DataFrame, names: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Table with columns of names as categories, in their order."""
    columns = {column: pd.Categorical(table[column], categories=list(known)) for column, known in names.items()}
    return table.assign(**columns)


def _warn_of_nothing(depths: pd.DataFrame) -> None:
    empty = depths[depths["depth"].isna()]
    if len(empty):
        parts = [f"{row.tf} in {row.group!r} ({row.note})" for row in empty.itertuples()]
        warn(f"{len(empty)} of {len(depths)} footprints can't be taken: {abbreviate(parts, separator='; ')}")
