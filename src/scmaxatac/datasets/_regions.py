"""Accessible regions of the toy data, and closed ones that serve as decoys."""

import numpy as np
import pandas as pd

from scmaxatac.datasets._sequence import CHROM_SIZES, gaps

CLUSTERS = ("B", "CD4/T", "Mono")
"""Names of the three clusters; the slash is there because real names have one."""

KINDS = {
    "shared": (1, 1, 1),
    "B": (1, 0, 0),
    "CD4/T": (0, 1, 0),
    "Mono": (0, 0, 1),
    "B+CD4/T": (1, 1, 0),
    "B+Mono": (1, 0, 1),
    "CD4/T+Mono": (0, 1, 1),
    "closed": (0, 0, 0),
}
"""In which of the clusters a kind of region is open."""

_SHARES = (0.30, 0.11, 0.19, 0.12, 0.03, 0.06, 0.03, 0.16)
_SPACING = (900, 620)  # least distance of two centres, and mean of what is added to it, in bp
_MARGIN = 1_500  # bp kept free beside gaps and artefacts
_ARTEFACTS = {"chr1": [(702_000, 1_800)], "chr2": [(150_000, 1_200), (505_000, 900)], "chr4": [(330_000, 1_500)]}
_LEAK = 0.04  # accessibility that closed chromatin keeps
_ISLAND_SHARE = 0.3  # shared regions that are CpG islands


def blacklist() -> pd.DataFrame:
    """Regions to leave out (chrom, start, end, name; 0-based, half-open): gaps, and artefacts that draw many reads."""
    rows = []
    for chrom in CHROM_SIZES:
        rows += [(chrom, start, end, "gap") for start, end in gaps(chrom)]
        rows += [(chrom, start, start + size, "artefact") for start, size in _ARTEFACTS.get(chrom, [])]
    table = pd.DataFrame(rows, columns=["chrom", "start", "end", "name"])
    return table.sort_values(["chrom", "start"], ignore_index=True)


def simulate_regions(rng: np.random.Generator) -> pd.DataFrame:
    """Draw the regions.

    Returns
    -------
    Table chrom, center (0-based), kind (of :data:`KINDS`), width (full width at half height in bp), island (whether the
    sequence is a CpG island) and a column ``height:<cluster>`` a cluster, relative heights.
    """
    excluded = blacklist()
    tables = []
    for chrom, size in CHROM_SIZES.items():
        centers = np.cumsum(_SPACING[0] + rng.exponential(_SPACING[1], size // _SPACING[0])).astype(np.int64)
        free = (centers > _MARGIN) & (centers < size - _MARGIN)
        for start, end in excluded.loc[excluded["chrom"] == chrom, ["start", "end"]].itertuples(index=False):
            free &= (centers < start - _MARGIN) | (centers >= end + _MARGIN)
        centers = centers[free]
        tables.append(pd.DataFrame({"chrom": chrom, "center": centers}))
    regions = pd.concat(tables, ignore_index=True)
    n = len(regions)
    regions["kind"] = rng.choice(list(KINDS), size=n, p=_SHARES)
    regions["width"] = np.clip(rng.lognormal(np.log(330), 0.35, n), 160, 800).astype(int)
    regions["island"] = (regions["kind"] == "shared") & (rng.random(n) < _ISLAND_SHARE)
    height = rng.lognormal(0, 0.55, n) * np.where(regions["island"], 1.6, 1.0)
    is_open = np.array([KINDS[kind] for kind in regions["kind"]], dtype=float)
    leak = _LEAK * rng.lognormal(0, 0.5, is_open.shape)
    of_cluster = height[:, None] * rng.lognormal(0, 0.25, is_open.shape) * np.maximum(is_open, leak)
    for j, cluster in enumerate(CLUSTERS):
        regions[f"height:{cluster}"] = of_cluster[:, j]
    return regions


def open_in(regions: pd.DataFrame) -> np.ndarray:
    """``(regions, clusters)`` bool: where a region is open."""
    return np.array([KINDS[kind] for kind in regions["kind"]], dtype=bool)
