"""Motifs planted into the toy genome, and which of them are bound where."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from scmaxatac._constants import UNKNOWN_BASE
from scmaxatac.datasets._motifs import MOTIFS, Motif
from scmaxatac.datasets._regions import CLUSTERS, open_in
from scmaxatac.datasets._sequence import Sequence, cpg_islands
from scmaxatac.genome._bases import reverse_complement

EXPRESSED = {"CTCF": (1, 1, 1), "SPI1": (1, 0, 1), "GATA3": (0, 1, 0)}
"""Clusters (in their order) that express a factor: PU.1 in the B and myeloid lineages, GATA3 in T cells."""

# Share of the regions of a kind that carry a motif. A lineage factor opens the chromatin it binds, so its motifs are
# rare where the chromatin is open without the factor.
_DENSITY: dict[str, Mapping[str, float]] = {
    "CTCF": {"shared": 0.38, "B": 0.12, "CD4/T": 0.12, "Mono": 0.12, "B+CD4/T": 0.2, "B+Mono": 0.2, "CD4/T+Mono": 0.2}
    | {"closed": 0.40},
    "SPI1": {"shared": 0.06, "B": 0.45, "CD4/T": 0.04, "Mono": 0.62, "B+CD4/T": 0.1, "B+Mono": 0.72, "CD4/T+Mono": 0.1}
    | {"closed": 0.45},
    "GATA3": {"shared": 0.08, "B": 0.03, "CD4/T": 0.85, "Mono": 0.03, "B+CD4/T": 0.4, "B+Mono": 0.02}
    | {"CD4/T+Mono": 0.4, "closed": 0.45},
}
_PAIRED = {"CTCF": 0.0, "SPI1": 0.25, "GATA3": 0.5}  # share of these regions with a second motif: homotypic clusters
_STRONG = (0.55, 1.0)  # quantiles of the motif's own scores
_WEAK = (0.30, 0.55)
_WEAK_SHARE = 0.3
_OCCUPANCY = {"strong": 0.95, "weak": 0.40}  # chance that an accessible instance is bound
_PURGED = 0.20  # instances above this quantile are taken out of open regions before planting
_PURGE_FLANK = 600
_SPREAD = 55  # standard deviation of a motif's distance to the region's centre in bp
_WIDEST = max(motif.width for motif in MOTIFS.values())
_MIN_DISTANCE = 30  # of two planted motifs in bp


def plant_sites(genome: dict[str, Sequence], regions: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Write motifs into the sequence, in place, and say which are bound.

    Regions first lose the instances that chance has put there, so that the planted ones are what decides; elsewhere in
    the genome chance instances stay, unbound because they are closed.

    Parameters
    ----------
    genome
        Sequences by chromosome; changed.
    regions
        As :func:`~scmaxatac.datasets._regions.simulate_regions` gives them.
    rng
        Generator of random numbers.

    Returns
    -------
    Table chrom, start, end (the motif; 0-based, half-open), strand, tf, strength, score (bits), region (row of
    `regions`), and a bool column ``bound:<cluster>`` a cluster.
    """
    _write_islands(genome, regions, rng)
    _purge(genome, regions, rng)
    return _plant(genome, regions, rng)


def long_sites(sites: pd.DataFrame) -> pd.DataFrame:
    """One row a site and cluster: chrom, start, end, strand, tf, group, bound, strength, score."""
    columns = ["chrom", "start", "end", "strand", "tf", "strength", "score"]
    parts = [sites[columns].assign(group=cluster, bound=sites[f"bound:{cluster}"]) for cluster in CLUSTERS]
    table = pd.concat(parts).sort_values(["chrom", "start", "tf", "group"], ignore_index=True)
    return table[["chrom", "start", "end", "tf", "group", "bound", "strand", "strength", "score"]]


def _write_islands(genome: dict[str, Sequence], regions: pd.DataFrame, rng: np.random.Generator) -> None:
    islands = regions[regions["island"]]
    length = 500
    drawn = cpg_islands(len(islands), length, rng)
    for codes, chrom, center in zip(drawn, islands["chrom"], islands["center"], strict=True):
        sequence = genome[chrom]
        sequence.codes[center - length // 2 : center + length // 2] = codes
        sequence.masked[center - length // 2 : center + length // 2] = False


def _purge(genome: dict[str, Sequence], regions: pd.DataFrame, rng: np.random.Generator) -> None:
    """Shuffle the bases of the instances in open regions until none is left."""
    for chrom, rows in regions.groupby("chrom"):
        codes = genome[str(chrom)].codes
        dirty = np.zeros(len(codes), bool)
        for center in rows.loc[rows["kind"] != "closed", "center"]:
            dirty[center - _PURGE_FLANK : center + _PURGE_FLANK] = True
        while dirty.any():
            positions = _with_breaks(np.flatnonzero(dirty))
            dirty[:] = False
            text = np.where(positions < 0, UNKNOWN_BASE, codes[positions]).astype(np.uint8)
            for motif in MOTIFS.values():
                for start in positions[np.unique(motif.find(text, motif.score_at(_PURGED))[0])]:
                    codes[start : start + motif.width] = rng.permutation(codes[start : start + motif.width])
                    dirty[start - _WIDEST : start + motif.width + _WIDEST] = True


def _with_breaks(positions: np.ndarray) -> np.ndarray:
    """Insert a -1 between runs of consecutive positions, so that no motif is found across a seam."""
    return np.insert(positions, np.flatnonzero(np.diff(positions) > 1) + 1, -1)


def _instances(motif: Motif, weak: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    drawn = np.empty((len(weak), motif.width), np.uint8)
    drawn[~weak] = motif.sample_between(*_STRONG, int((~weak).sum()), rng)
    drawn[weak] = motif.sample_between(*_WEAK, int(weak.sum()), rng)
    return drawn


def _plant(genome: dict[str, Sequence], regions: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    is_open = open_in(regions)
    taken: dict[int, list[tuple[int, int]]] = {}
    tables = []
    for tf, motif in MOTIFS.items():
        density = regions["kind"].map(_DENSITY[tf]).to_numpy(float)
        density = np.where(regions["island"] & (tf != "CTCF"), 0.0, density)
        chosen = np.flatnonzero(rng.random(len(regions)) < density)
        chosen = np.concatenate([chosen, chosen[rng.random(len(chosen)) < _PAIRED[tf]]])
        starts = regions["center"].to_numpy()[chosen] + np.rint(rng.normal(0, _SPREAD, len(chosen))).astype(int)
        starts -= motif.width // 2
        spans = zip(chosen.tolist(), starts.tolist(), strict=True)
        clear = np.fromiter((_claim(taken, r, s, s + motif.width) for r, s in spans), dtype=np.bool_)
        chosen, starts = chosen[clear], starts[clear]
        weak = rng.random(len(chosen)) < _WEAK_SHARE
        reverse = rng.random(len(chosen)) < 0.5
        codes = _instances(motif, weak, rng)
        for region, start, flipped, instance in zip(chosen, starts, reverse, codes, strict=True):
            sequence = genome[regions["chrom"].iat[region]]
            sequence.codes[start : start + motif.width] = reverse_complement(instance) if flipped else instance
        occupied = rng.random(len(chosen)) < np.where(weak, _OCCUPANCY["weak"], _OCCUPANCY["strong"])
        table = pd.DataFrame(
            {
                "chrom": regions["chrom"].to_numpy()[chosen],
                "start": starts,
                "end": starts + motif.width,
                "strand": np.where(reverse, "-", "+"),
                "tf": tf,
                "strength": np.where(weak, "weak", "strong"),
                "score": motif.score(codes).astype(np.float32),
                "region": chosen,
            }
        )
        for j, cluster in enumerate(CLUSTERS):
            table[f"bound:{cluster}"] = occupied & is_open[chosen, j] & bool(EXPRESSED[tf][j])
        tables.append(table)
    return pd.concat(tables).sort_values(["chrom", "start"], ignore_index=True)


def _claim(taken: dict[int, list[tuple[int, int]]], region: int, start: int, end: int) -> bool:
    """Reserve ``[start, end)`` of a region unless another motif lies too near."""
    spans = taken.setdefault(region, [])
    if any(start < other_end + _MIN_DISTANCE and end > other_start - _MIN_DISTANCE for other_start, other_end in spans):
        return False
    spans.append((start, end))
    return True
