"""Donors and conditions of the toy data: who a cell is from, and what differs between them."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from scmaxatac.datasets._fragments import (
    CLUSTER_SHARES,
    Fragments,
    ambient_fragments,
    cluster_fragments,
    owners,
    sorted_fragments,
)
from scmaxatac.datasets._regions import CLUSTERS

CONDITIONS = ("ctrl", "stim")
"""Each donor's cells are in both."""

CHANGED_TF, CHANGED_CLUSTER = "GATA3", "CD4/T"
"""What the second condition changes: this factor loses sites in this cluster."""

_LOST_SHARE = 0.6  # of its sites
_CLOSED = 0.15  # of the height that a region keeps when it loses its factor
_DONOR_SPREAD = 0.2  # standard deviation of a region's log height between donors
_SAMPLE_SPREAD = 0.1  # and between clusters and conditions of one donor


class Sample(NamedTuple):
    """Cells of one cluster, donor and condition."""

    cluster: int
    donor: int
    condition: int


def assign_donors(cells: pd.DataFrame, n_donors: int, rng: np.random.Generator) -> pd.DataFrame:
    """Add the columns donor and condition, balanced within clusters; empty droplets have none ("")."""
    donor, condition = np.full((2, len(cells)), "", dtype=object)
    for cluster in range(len(CLUSTERS)):
        rows = rng.permutation(np.flatnonzero(cells["cluster"] == cluster))
        number = np.arange(len(rows)) % (n_donors * len(CONDITIONS))
        donor[rows] = [f"donor{i + 1}" for i in number % n_donors]
        condition[rows] = np.array(CONDITIONS, dtype=object)[number // n_donors]
    return cells.assign(donor=donor, condition=condition)


def lose_sites(sites: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """Which sites the second condition loses, (sites,) bool."""
    bound = (sites["tf"] == CHANGED_TF) & sites[f"bound:{CHANGED_CLUSTER}"]
    return np.asarray(bound.to_numpy() & (rng.random(len(sites)) < _LOST_SHARE))


def lost_sites(sites: pd.DataFrame, lost: np.ndarray) -> pd.DataFrame:
    """Table of the lost sites: chrom, start, end (the motif; 0-based, half-open), tf, group."""
    return sites.loc[lost, ["chrom", "start", "end", "tf"]].assign(group=CHANGED_CLUSTER).reset_index(drop=True)


def simulate_donor_fragments(
    regions: pd.DataFrame,
    sites: pd.DataFrame,
    cells: pd.DataFrame,
    lost: np.ndarray,
    n_fragments: int,
    rng: np.random.Generator,
) -> Fragments:
    """Draw about `n_fragments` fragments, sample by sample.

    Parameters
    ----------
    regions, sites
        As their simulations give them.
    cells
        A row a barcode, with donor and condition.
    lost
        Which sites the second condition loses.
    n_fragments
        Fragments of the cells.
    rng
        Generator of random numbers.
    """
    donors = sorted(set(cells["donor"]) - {""}, key=lambda name: int(name.removeprefix("donor")))
    of_donor = np.exp(rng.normal(0, _DONOR_SPREAD, (len(donors), len(regions))))
    cluster_of = cells["cluster"].to_numpy()
    depth = cells["depth"].to_numpy()
    tables = []
    for c, share in enumerate(CLUSTER_SHARES):
        in_cluster = cluster_of == c
        for d, donor in enumerate(donors):
            for k, condition in enumerate(CONDITIONS):
                mine = in_cluster & (cells["donor"] == donor).to_numpy() & (cells["condition"] == condition).to_numpy()
                rows = np.flatnonzero(mine & (depth > 0))
                n = round(n_fragments * share * depth[rows].sum() / depth[in_cluster].sum())
                changed, bound = _of_sample(regions, sites, lost, Sample(c, d, k), of_donor[d], rng)
                drawn = cluster_fragments(changed, bound, c, n, rng)
                tables.append((owners(rows, cells, len(drawn[0]), rng), *drawn))
    tables.append(ambient_fragments(cells, n_fragments, rng))
    return sorted_fragments(tables, rng)


def _of_sample(
    regions: pd.DataFrame,
    sites: pd.DataFrame,
    lost: np.ndarray,
    sample: Sample,
    of_donor: np.ndarray,
    rng: np.random.Generator,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Regions with the heights, and sites with the binding, of one sample."""
    column = f"height:{CLUSTERS[sample.cluster]}"
    height = regions[column].to_numpy() * of_donor * np.exp(rng.normal(0, _SAMPLE_SPREAD, len(regions)))
    if CONDITIONS[sample.condition] == CONDITIONS[1] and CLUSTERS[sample.cluster] == CHANGED_CLUSTER:
        height[sites.loc[lost, "region"].unique()] *= _CLOSED
        sites = sites.assign(**{f"bound:{CHANGED_CLUSTER}": sites[f"bound:{CHANGED_CLUSTER}"] & ~lost})
    return regions.assign(**{column: height}), sites
