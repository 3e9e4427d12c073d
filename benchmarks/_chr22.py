"""The chr22 data as `predict_tfbs` takes them: real fragments, published models, no labels."""

import gzip
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anndata as ad
import numpy as np
import pandas as pd

import scmaxatac as sma
from scmaxatac.models import TFModel, load_many


class Chr22:
    """Genome, cells, regions and models."""

    def __init__(self, data: Path) -> None:
        self._folder = data / "chr22"
        self._models = data / "maxatac" / "models"
        self.genome = sma.Genome(
            self._folder / "hg38_chr22_partial.fa.gz", blacklist=data / "maxatac" / "hg38_maxatac_blacklist.bed"
        )
        self.fragments = self._folder / "pbmc_100cells_chr22.fragments.tsv.gz"
        with gzip.open(self.fragments, "rt") as lines:
            self.barcodes = sorted({line.split("\t")[3].strip() for line in lines if not line.startswith("#")})
        self.regions = pd.read_csv(
            self._folder / "hg38_chr22_partial.covered.bed", sep="\t", header=None, usecols=[0, 1, 2]
        ).set_axis(["chrom", "start", "end"], axis=1)

    def models(self, tfs: Sequence[str] | None = None) -> list[TFModel]:
        """Load published models, by default all that are there."""
        return load_many(self._models, tfs)

    def predict(
        self, models: Sequence[TFModel], *, n_groups: int = 1, regions: pd.DataFrame | None = None, **options: Any
    ) -> ad.AnnData:
        """Predict, by default into a folder that is removed afterwards; cells are dealt out to groups in turn."""
        group = [f"g{i % n_groups:02d}" for i in range(len(self.barcodes))]
        adata = ad.AnnData(
            np.zeros((len(group), 1), np.float32), obs=pd.DataFrame({"group": group}, index=self.barcodes)
        )
        with tempfile.TemporaryDirectory() as folder:
            sma.tl.predict_tfbs(
                adata,
                "group",
                models=list(models),
                genome=self.genome,
                fragments=self.fragments,
                regions=self.regions if regions is None else regions,
                chroms="chr22",
                min_cells=1,
                min_fragments=1,
                **{"out_dir": folder} | options,
            )
        return adata

    def fewer_regions(self, share: float) -> pd.DataFrame:
        """Pieces of 2 kb of the regions, evenly spread, that make up a share of them."""
        starts = [np.arange(s, e - 2047, 2048) for s, e in zip(self.regions["start"], self.regions["end"], strict=True)]
        start = np.concatenate(starts)
        start = start[np.unique(np.linspace(0, len(start) - 1, max(round(share * len(start)), 1)).astype(int))]
        return pd.DataFrame({"chrom": "chr22", "start": start, "end": start + 2048})
