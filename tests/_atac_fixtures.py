"""Real cells of 13 types, and their fragments read in the plainest way."""

import gzip
from collections.abc import Callable
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest

from scmaxatac.datasets import Toy, toy
from scmaxatac.genome import Genome
from scmaxatac.io._bed import read_bed


@pytest.fixture(scope="session")
def simulated() -> Toy:
    """The toy data."""
    return toy()


@pytest.fixture(scope="session")
def pbmc_path(data_dir: Path) -> Path:
    """Fragment file of the PBMC data."""
    return data_dir / "pbmc10k" / "pbmc10ktiny_50loci.fragments.tsv.gz"


@pytest.fixture(scope="session")
def pbmc(data_dir: Path, pbmc_path: Path) -> ad.AnnData:
    """Cells of 13 types, one of which has a slash in its name; where the fragments are stands where muon puts it."""
    table = pd.read_csv(data_dir / "pbmc10k" / "barcode_celltype.tsv", sep="\t", index_col="barcode")
    table["celltype"] = table["celltype"].replace("CD4 naive T", "CD4/naive T").astype("category")
    table["donor"] = np.where(np.arange(len(table)) % 3 == 0, "d1", "d2")
    return ad.AnnData(obs=table.rename_axis(None), uns={"files": {"fragments": str(pbmc_path)}})


@pytest.fixture(scope="session")
def hg38(data_dir: Path) -> Genome:
    """Sizes and blacklist, no sequence."""
    return Genome.from_sizes(
        data_dir / "maxatac" / "hg38.chrom.sizes", blacklist=data_dir / "maxatac" / "hg38_maxatac_blacklist.bed"
    )


@pytest.fixture(scope="session")
def pbmc_insertions(pbmc: ad.AnnData, pbmc_path: Path) -> pd.DataFrame:
    """Insertions of every cell, line by line: barcode, chrom, position."""
    cells = set(pbmc.obs_names)
    found: list[tuple[str, str, int]] = []
    with gzip.open(pbmc_path, "rt") as handle:
        for line in handle:
            chrom, start, end, barcode = line.split("\t")[:4]
            if barcode in cells:
                found += [(barcode, chrom, int(start)), (barcode, chrom, int(end) - 1)]
    return pd.DataFrame(found, columns=["barcode", "chrom", "position"])


@pytest.fixture(scope="session")
def pbmc_kept(pbmc: ad.AnnData, pbmc_insertions: pd.DataFrame, hg38: Genome, data_dir: Path) -> pd.DataFrame:
    """Those none of whose 41 bp is blacklisted, by a mask of every base: group, chrom, position."""
    blacklist = read_bed(data_dir / "maxatac" / "hg38_maxatac_blacklist.bed")
    keep = np.zeros(len(pbmc_insertions), dtype=bool)
    for chrom, rows in pbmc_insertions.groupby("chrom"):
        touches = np.zeros(hg38.sizes[chrom] + 50, dtype=bool)
        for _, start, end in blacklist.loc[blacklist["chrom"] == chrom, ["chrom", "start", "end"]].itertuples(
            index=False
        ):
            touches[max(start - 20, 0) : end + 20] = True
        keep[rows.index] = ~touches[rows["position"]]
    kept = pbmc_insertions[keep]
    return kept.assign(group=pbmc.obs["celltype"].astype(str).reindex(kept["barcode"]).to_numpy())


@pytest.fixture(scope="session")
def dense() -> Callable[..., np.ndarray]:
    """Spread runs over the bases of a chromosome."""

    def spread(length: int, starts: np.ndarray, ends: np.ndarray, values: np.ndarray) -> np.ndarray:
        out = np.zeros(length)
        widths = ends - starts
        bases = np.arange(widths.sum()) + np.repeat(starts - np.cumsum(widths) + widths, widths)
        out[bases] = np.repeat(values, widths)
        return out

    return spread
