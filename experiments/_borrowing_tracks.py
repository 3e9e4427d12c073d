"""Borrowed tracks of blood cell types against the held-out half of each type's cells."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from _borrowing import BIN, RULES, TILE_BINS, Borrowed, borrow, smooth

DATA = "PBMC 10k"
KEYS = ["data", "case", "measure", "n_cells", "rule"]

DEPTHS = (25, 50, 100, 400, 800)
"""Cells."""

N_REPEATS = 3
N_DRAWS = 1_000
N_PRIVATE = 60
"""Sites that are planted in a track."""

SITE_BINS = 16
CALLED = 0.02
"""Share of windows of a site's width that count as open."""


class Fragments(NamedTuple):
    """Fragments on the loci, whose bins are joined end to end: bins of both ends, and the cell of each."""

    first: np.ndarray
    last: np.ndarray
    cell: np.ndarray
    locus_of_bin: np.ndarray

    def counts(self, which: np.ndarray) -> np.ndarray:
        """Insertions of some fragments in every bin; (fragments,) bool to (bins,)."""
        ends = np.concatenate([self.first[which], self.last[which]])
        return np.bincount(ends, minlength=len(self.locus_of_bin))

    def halves(self, which: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Insertions of two halves of some fragments."""
        coin = rng.random(len(which)) < 0.5
        return self.counts(which & coin), self.counts(which & ~coin)


def on_blood(folder: Path) -> pd.DataFrame:
    """Rows of all types and of their mean."""
    fragments, types = read(folder)
    found = pd.DataFrame(list(cases(fragments, types)))
    rows = [summary(*of_case) for of_case in found.groupby(KEYS, sort=False)]
    mean = found.assign(case="all types")
    rows += [summary(*of_case) for of_case in mean.groupby(KEYS, sort=False)]
    return pd.DataFrame(rows)


def summary(case: tuple[object, ...], found: pd.DataFrame) -> dict[str, object]:
    """Mean over repeats, or over types and repeats, with the interval of the change."""
    changes = np.stack(list(found["draws"])).mean(axis=0)
    low, high = np.percentile(changes, [2.5, 97.5])
    n_found, n_kept = found["found"].sum(), found["kept"].sum()
    means = found[["raw", "borrowed"]].mean()
    return {
        **dict(zip(KEYS, case, strict=True)),
        "n": n_found or len(found),
        "raw": means["raw"],
        "borrowed": means["borrowed"],
        "change": means["borrowed"] - means["raw"],
        "low": low,
        "high": high,
        "lost": 1 - n_kept / n_found if n_found else float("nan"),
        "lost_shared": float("nan"),
        "k": found["k"].median(),
    }


def cases(fragments: Fragments, types: np.ndarray) -> Iterator[dict[str, object]]:
    """What is measured of every type, depth and repeat; `draws` are changes on loci drawn with replacement."""
    type_of_fragment = types[fragments.cell]
    names = sorted(set(types))
    tracks = {name: smooth(fragments.counts(type_of_fragment == name)) for name in names}
    for name in names:
        for repeat in range(N_REPEATS):
            rng = np.random.default_rng([names.index(name), repeat])
            mine = rng.permutation(np.flatnonzero(types == name))
            drawn, held_out = mine[: len(mine) // 2], mine[len(mine) // 2 :]
            truth = smooth(fragments.counts(np.isin(fragments.cell, held_out)))
            relatives = np.stack([tracks[other] for other in names if other != name])
            for n_cells in DEPTHS:
                if n_cells > len(drawn):
                    continue
                which = np.isin(fragments.cell, drawn[:n_cells])
                case = {"data": DATA, "case": name, "n_cells": n_cells}
                for row in of_group(fragments, which, truth, relatives, rng):
                    yield case | row


def of_group(
    fragments: Fragments, which: np.ndarray, truth: np.ndarray, relatives: np.ndarray, rng: np.random.Generator
) -> Iterator[dict[str, object]]:
    """What is measured of one group: with either rule the correlations, and the private sites that are open."""
    halves = fragments.halves(which, rng)
    planted, places = with_private_sites(halves, truth, relatives, fragments.locus_of_bin, rng)
    resampled = rng.integers(len(places), size=(N_DRAWS, len(places)))
    for rule, below in RULES.items():
        result = borrow(*halves, relatives, private_below=below)
        for measure, values in measured(result, truth, relatives, fragments.locus_of_bin).items():
            yield {"measure": measure, "rule": rule, "k": result.k, "found": 0, "kept": 0, **values}
        result = borrow(*planted, relatives, private_below=below)
        raw, borrowed = (is_open(track, places) for track in (result.own, result.track))
        yield {
            "measure": "private sites found",
            "rule": rule,
            "k": result.k,
            "found": int(raw.sum()),
            "kept": int((raw & borrowed).sum()),
            "raw": raw.mean(),
            "borrowed": borrowed.mean(),
            "draws": borrowed[resampled].mean(axis=1) - raw[resampled].mean(axis=1),
        }


def read(folder: Path) -> tuple[Fragments, np.ndarray]:
    """Fragments of cells whose type is known, and the type of each cell."""
    labels = pd.read_csv(folder / "barcode_celltype.tsv", sep="\t").dropna(subset="celltype")
    labels = labels.drop_duplicates("barcode")
    loci = pd.read_csv(folder / "loci.bed", sep="\t", header=None, usecols=[0, 1, 2], names=["chrom", "start", "end"])
    table = pd.read_csv(
        next(folder.glob("*.fragments.tsv.gz")), sep="\t", header=None, usecols=[0, 1, 2, 3], comment="#",
        names=["chrom", "start", "end", "barcode"],
    )  # fmt: skip
    table["cell"] = pd.Index(labels["barcode"]).get_indexer(table["barcode"])
    table = table[table["cell"] >= 0]
    parts, locus_of_bin, at = [], [], 0
    for i, locus in enumerate(loci.itertuples()):
        n_bins = -(-(locus.end - locus.start) // (BIN * TILE_BINS)) * TILE_BINS
        on = table["chrom"].eq(locus.chrom) & table["start"].ge(locus.start) & table["end"].le(locus.end)
        mine = table[on]
        first = (mine["start"] - locus.start) // BIN + at
        last = (mine["end"] - 1 - locus.start) // BIN + at
        parts.append((first.to_numpy(), last.to_numpy(), mine["cell"].to_numpy()))
        locus_of_bin.append(np.full(n_bins, i))
        at += n_bins
    columns = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Fragments(*columns, np.concatenate(locus_of_bin)), labels["celltype"].to_numpy(dtype=str)


def measured(
    result: Borrowed, truth: np.ndarray, relatives: np.ndarray, locus: np.ndarray
) -> dict[str, dict[str, object]]:
    """Correlation with the truth, of log signal and of the log ratio to all other cells."""
    others, of_truth = logs(relatives.sum(axis=0)), logs(truth)
    raw, borrowed = logs(result.own), logs(result.track)
    pairs = {
        "log signal": ((raw, of_truth), (borrowed, of_truth)),
        "specificity": ((raw - others, of_truth - others), (borrowed - others, of_truth - others)),
    }
    found = {}
    for measure, (of_raw, of_borrowed) in pairs.items():
        (value_raw, draws_raw), (value, draws) = correlations(*of_raw, locus), correlations(*of_borrowed, locus)
        found[measure] = {"raw": value_raw, "borrowed": value, "draws": draws - draws_raw}
    return found


def logs(track: np.ndarray) -> np.ndarray:
    """Log of one plus a track over its mean."""
    return np.log1p(track / track.mean())


def correlations(x: np.ndarray, y: np.ndarray, locus: np.ndarray) -> tuple[float, np.ndarray]:
    """Correlation over all bins, and over the bins of loci drawn with replacement."""
    sums = np.stack([np.bincount(locus, each) for each in (np.ones(len(x)), x, y, x * x, y * y, x * y)], axis=1)
    n_loci = len(sums)
    weights = np.random.default_rng(0).multinomial(n_loci, np.full(n_loci, 1 / n_loci), size=N_DRAWS)
    n, sx, sy, sxx, syy, sxy = np.vstack([sums.sum(axis=0), weights @ sums]).T
    values = (n * sxy - sx * sy) / np.sqrt((n * sxx - sx**2) * (n * syy - sy**2))
    return float(values[0]), values[1:]


def with_private_sites(
    halves: tuple[np.ndarray, np.ndarray],
    truth: np.ndarray,
    relatives: np.ndarray,
    locus: np.ndarray,
    rng: np.random.Generator,
) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
    """Counts of the halves with planted sites that only this group has, and the first bins of these sites.

    The insertions of the group's cells at its open sites (in the held-out cells) are put where no group is open.
    """
    donors, places = sites_and_places(truth, relatives, locus, rng)
    site = np.arange(SITE_BINS)
    planted = tuple(counts.copy() for counts in halves)
    for counts, before in zip(planted, halves, strict=True):
        counts[places[:, None] + site] = before[donors[:, None] + site]
    return planted, places


def sites_and_places(
    truth: np.ndarray, relatives: np.ndarray, locus: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """First bins of open sites of the truth, and of as many places that lie off the grid of tiles and are closed."""
    of_truth = window_sums(truth)
    of_all = window_sums(truth / truth.sum() + (relatives / relatives.sum(axis=1, keepdims=True)).sum(axis=0))
    inside = locus[: len(of_truth)] == locus[SITE_BINS - 1 :]
    starts = np.flatnonzero(inside)
    donors = starts[starts % TILE_BINS == 0]
    donors = donors[of_truth[donors] >= np.quantile(of_truth[donors], 1 - CALLED)]
    places = starts[starts % TILE_BINS == TILE_BINS // 2]
    places = places[of_all[places] <= np.quantile(of_all[places], 0.5)]
    n = min(N_PRIVATE, len(donors))
    return rng.choice(donors, n, replace=False), rng.choice(places, n, replace=False)


def is_open(track: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Whether sites hold as much as the most open windows of a track; (n,) bool."""
    sums = window_sums(track)
    return np.asarray(sums[places] >= np.quantile(sums[::TILE_BINS], 1 - CALLED))


def window_sums(track: np.ndarray) -> np.ndarray:
    """Sum over the bins of a site that starts at each bin."""
    return np.convolve(track, np.ones(SITE_BINS), mode="valid")
