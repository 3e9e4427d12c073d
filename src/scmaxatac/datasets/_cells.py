"""Cells of the toy data and their RNA counts."""

import numpy as np
import pandas as pd

from scmaxatac.datasets._regions import CLUSTERS
from scmaxatac.datasets._sites import EXPRESSED

_N_CELLS = (190, 250, 160)
_N_EMPTY = 150
_N_ATAC_ONLY, _N_RNA_ONLY, _N_UNLABELLED = 5, 6, 3
MARKERS = {
    "B": ("MS4A1", "CD79A", "CD79B", "CD19", "PAX5", "BANK1", "BLK", "FCRL1", "IGHM", "TCL1A"),
    "CD4/T": ("CD3D", "CD3E", "CD3G", "CD4", "IL7R", "TCF7", "LEF1", "CD5", "CD28", "TRAC"),
    "Mono": ("CD14", "LYZ", "S100A8", "S100A9", "CST3", "FCN1", "VCAN", "CSF1R", "CTSS", "MNDA"),
}
"""Genes that mark a cluster."""

HOUSEKEEPING = (
    "ACTB", "GAPDH", "B2M", "MALAT1", "RPLP0", "RPS18", "EEF1A1", "TMSB4X", "UBC", "PPIA", "HPRT1", "TBP", "YWHAZ",
    "PGK1", "LDHA", "HSP90AB1", "TUBA1B", "PTPRC", "CD74", "FTL", "NACA", "RACK1", "CFL1", "PFN1", "ARPC2", "SRSF3",
    "NPM1",
)  # fmt: skip
_DISPERSION = 2.0  # size parameter of the negative binomial


def simulate_cells(rng: np.random.Generator) -> pd.DataFrame:
    """Draw the barcodes.

    Returns
    -------
    Table indexed by barcode: cluster (index, -1 for an empty droplet), labelled, atac and rna (whether the cell is in
    the modality), depth (relative ATAC depth) and size (relative RNA depth).
    """
    n = sum(_N_CELLS) + _N_EMPTY
    letters = np.array(list("ACGT"))
    sixteen = np.unique(rng.integers(0, 4, (2 * n, 16)), axis=0)
    sixteen = sixteen[rng.permutation(len(sixteen))[:n]]
    barcodes = ["".join(row) + "-1" for row in letters[sixteen]]
    cluster = np.concatenate([rng.permutation(np.repeat(np.arange(len(CLUSTERS)), _N_CELLS)), np.full(_N_EMPTY, -1)])
    is_cell = cluster >= 0
    cells = pd.DataFrame({"cluster": cluster}, index=pd.Index(barcodes, name="barcode"))
    order = rng.permutation(np.flatnonzero(is_cell))
    atac_only, rna_only, unlabelled = np.split(
        order[: _N_ATAC_ONLY + _N_RNA_ONLY + _N_UNLABELLED], [_N_ATAC_ONLY, _N_ATAC_ONLY + _N_RNA_ONLY]
    )
    cells["labelled"], cells["atac"], cells["rna"] = is_cell, is_cell, is_cell
    cells.iloc[unlabelled, 1], cells.iloc[rna_only, 2], cells.iloc[atac_only, 3] = False, False, False
    cells["depth"] = rng.lognormal(0, 0.5, n) * np.where(cells["atac"] | ~is_cell, 1.0, 0.0)
    cells["size"] = rng.lognormal(0, 0.35, n)
    return cells


def simulate_rna(cells: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Draw negative-binomial counts, cells of the RNA modality x genes."""
    genes = [*EXPRESSED, *(gene for marker in MARKERS.values() for gene in marker), *HOUSEKEEPING]
    mean = np.zeros((len(CLUSTERS), len(genes)))
    for j, tf in enumerate(EXPRESSED):
        level = rng.uniform(1.2, 2.5, len(CLUSTERS))
        mean[:, j] = np.where(EXPRESSED[tf], level, 0.01)
    position = len(EXPRESSED)
    for j, cluster in enumerate(CLUSTERS):
        width = len(MARKERS[cluster])
        mean[:, position : position + width] = 0.03
        mean[j, position : position + width] = rng.lognormal(0.9, 0.5, width)
        position += width
    mean[:, position:] = rng.lognormal(1.2, 0.9, len(HOUSEKEEPING))
    rows = cells[cells["rna"]]
    mu = mean[rows["cluster"]] * rows["size"].to_numpy()[:, None]
    counts = rng.poisson(rng.gamma(_DISPERSION, mu / _DISPERSION))
    return pd.DataFrame(counts.astype(np.int32), index=rows.index, columns=genes)
