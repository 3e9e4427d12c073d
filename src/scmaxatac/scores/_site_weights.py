"""Weights of regions in the sets of sites of transcription factors."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import sparse

from scmaxatac.genome._overlaps import SortedIntervals
from scmaxatac.scores._log_odds import logit


def site_weights(
    sites: pd.DataFrame,
    regions: pd.DataFrame,
    tfs: Sequence[str],
    thresholds: Mapping[str, Mapping[str, float]] | None = None,
) -> sparse.csr_matrix:
    """Weight of each region in each factor's set: 1 if it has a site in any group, or how far its sites stand out.

    Parameters
    ----------
    sites
        Table with chrom, start, end (0-based, half-open), tf, group and score.
    regions
        Table with chrom, start and end. A region has the sites that it overlaps by 1 bp.
    tfs
        Names of the factors.
    thresholds
        ``{tf: {group: threshold}}`` that the sites were called with. With them a region's weight is the mean, over the
        groups with a site in it, of the log odds of the group's best site there less those of its threshold.

    Returns
    -------
    (regions, TFs) CSR float64.
    """
    site, region = _site_in_region(sites, regions)
    shape = len(regions), len(tfs)
    tf = _codes(sites["tf"], tfs)[site]
    site, region, tf = site[tf >= 0], region[tf >= 0], tf[tf >= 0]
    set_of = region * len(tfs) + tf
    if thresholds is None:
        where = np.unique(set_of)
        return _matrix(where, np.ones(len(where)), shape)
    groups = list(dict.fromkeys(sites["group"].astype(str)))
    group = _codes(sites["group"], groups)[site]
    table = np.array([[thresholds[name][g] if g in thresholds[name] else np.nan for g in groups] for name in tfs])
    excess = logit(sites["score"].to_numpy()[site]) - logit(table.reshape(shape[1], -1)[tf, group])
    order = np.lexsort((-excess, group, set_of))
    set_of, group, excess = set_of[order], group[order], excess[order]
    best = np.flatnonzero((np.diff(set_of, prepend=-1) != 0) | (np.diff(group, prepend=-1) != 0))
    where, first, n_groups = np.unique(set_of[best], return_index=True, return_counts=True)
    total = np.add.reduceat(excess[best], first) if len(first) else np.zeros(0)
    return _matrix(where, np.maximum(total / n_groups, 0), shape)


def interval_weights(
    table: pd.DataFrame, regions: pd.DataFrame, tfs: Sequence[str], *, weighted: bool
) -> sparse.csr_matrix:
    """Weight of each region in each factor's set: 1 if it overlaps one of its intervals, or their summed score.

    Parameters
    ----------
    table
        Table with chrom, start, end (0-based, half-open) and tf, such as motif hits; with score, if `weighted`.
    regions
        Table with chrom, start and end.
    tfs
        Names of the factors.
    weighted
        Whether scores are summed up.

    Returns
    -------
    (regions, TFs) CSR float64.
    """
    row, region = _site_in_region(table, regions)
    tf = _codes(table["tf"], tfs)[row]
    values = table["score"].to_numpy(dtype=np.float64)[row] if weighted else np.ones(len(row))
    known = tf >= 0
    weights = sparse.coo_matrix((values[known], (region[known], tf[known])), shape=(len(regions), len(tfs))).tocsr()
    if not weighted:
        weights.data[:] = 1
    return weights


def _site_in_region(sites: pd.DataFrame, regions: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of a row of `sites` and a row of `regions` that overlap."""
    rows = {str(chrom): index for chrom, index in regions.groupby("chrom", observed=True, sort=False).indices.items()}
    parts = [(np.zeros(0, dtype=np.int64),) * 2]
    for chrom, index in sites.groupby("chrom", observed=True, sort=False).indices.items():
        if str(chrom) in rows:
            here, there = (frame[["start", "end"]].to_numpy()[i] for frame, i in
                           ((sites, index), (regions, rows[str(chrom)])))  # fmt: skip
            pairs = SortedIntervals(*there.T).overlaps(*here.T)
            parts.append((index[pairs.query], rows[str(chrom)][pairs.interval]))
    site, region = (np.concatenate(part) for part in zip(*parts, strict=True))
    return site, region


def _codes(column: pd.Series, names: Sequence[str]) -> np.ndarray:
    return np.asarray(pd.Index(list(names)).get_indexer(column.astype(str)), dtype=np.int64)


def _matrix(where: np.ndarray, values: np.ndarray, shape: tuple[int, int]) -> sparse.csr_matrix:
    row, column = np.divmod(where, max(shape[1], 1))
    return sparse.csr_matrix((values, (row, column)), shape=shape)
