"""How much the sites of a transcription factor weigh on each gene."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from scmaxatac.genome import Genes


class Reach(NamedTuple):
    """From which sites a gene takes its weight."""

    window: int
    """Largest distance in bp of a site's centre, from the transcription start site or from the gene's body."""

    decay: float | None
    """Distance in bp over which a site's weight falls to 1/e; None for weights that do not depend on distance."""

    body: bool
    """Whether the window lies around the gene's body, not around its start site."""


def gene_weights(genes: Genes, sites: pd.DataFrame, reach: Reach) -> np.ndarray:
    """Weight of each gene: the sum of the scores of its sites, each times ``exp(-distance / decay)``.

    Parameters
    ----------
    genes
        The genes.
    sites
        chrom, start, end (0-based, half-open) and score.
    reach
        Which sites are a gene's.

    Returns
    -------
    (genes,) float64, 0 for genes without sites.
    """
    weights = np.zeros(len(genes))
    table = genes.table
    centre = site_centres(sites)
    score = sites["score"].to_numpy(np.float64)
    tss, starts, ends = (table[name].to_numpy(np.int64) for name in ("tss", "start", "end"))
    of_chrom = table.groupby("chrom", sort=False, observed=True).indices
    for chrom, here in sites.groupby("chrom", sort=False, observed=True).indices.items():
        rows = of_chrom.get(chrom)
        if rows is None or not len(here):
            continue
        here = here[np.argsort(centre[here], kind="stable")]
        first, last = (starts[rows], ends[rows] - 1) if reach.body else (tss[rows], tss[rows])
        lo = np.searchsorted(centre[here], first - reach.window, side="left")
        hi = np.searchsorted(centre[here], last + reach.window, side="right")
        n = hi - lo
        gene = np.repeat(np.arange(len(rows)), n)
        site = here[np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n) + np.repeat(lo, n)]
        value = score[site]
        if reach.decay is not None:
            value = value * np.exp(-np.abs(centre[site] - tss[rows][gene]) / reach.decay)
        weights[rows] = np.bincount(gene, value, minlength=len(rows))
    return weights


def site_centres(sites: pd.DataFrame) -> np.ndarray:
    """Position of each site's centre, (n,) int64."""
    return np.asarray((sites["start"].to_numpy(np.int64) + sites["end"].to_numpy(np.int64)) // 2)


def union_of_sites(sites: pd.DataFrame) -> pd.DataFrame:
    """Sites of several groups, those that overlap made one with the largest of their scores.

    Parameters
    ----------
    sites
        chrom, start, end (0-based, half-open) and score, of one transcription factor.

    Returns
    -------
    chrom, start, end, score; sorted by chromosome and start. Sites that only touch stay apart.
    """
    codes, chroms = pd.factorize(sites["chrom"].astype(str))
    start, end = sites["start"].to_numpy(np.int64), sites["end"].to_numpy(np.int64)
    order = np.lexsort((end, start, codes))
    codes, start, end, score = codes[order].astype(np.int64), start[order], end[order], sites["score"].to_numpy()[order]
    reach = np.maximum.accumulate(end + (codes << 40))
    first = np.flatnonzero(np.append(True, (start + (codes << 40))[1:] >= reach[:-1])) if len(order) else order
    if not len(first):
        return sites[["chrom", "start", "end", "score"]].reset_index(drop=True)
    last = np.append(first[1:], len(order)) - 1
    return pd.DataFrame(
        {
            "chrom": np.asarray(chroms, dtype=object)[codes[first]],
            "start": start[first],
            "end": reach[last] - (codes[last] << 40),
            "score": np.maximum.reduceat(score, first),
        }
    )
