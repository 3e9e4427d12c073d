"""The chr22 data of the experiments: 100 blood cells, published models, ChIP-seq peaks of GM12878, motifs."""

import gzip
from functools import cached_property
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd

import scmaxatac as sma
from scmaxatac.atac._insertions import Insertions, collect_insertions
from scmaxatac.fragments._fragment_file import FragmentFile
from scmaxatac.io._bed import read_bed
from scmaxatac.models import TFModel, load_many

CHROM = "chr22"

MOTIFS = Path(__file__).with_name("jaspar_2024.txt")
"""A matrix for each of the factors, from JASPAR CORE 2024 (Rauluseviciute et al. 2024, Nucleic Acids Research 52:D174,
CC BY 4.0). MA0080.7 was measured with mouse Spi1. Of YY1 the older MA0095.3 is taken: the 8 bp of MA0095.4
can't have a match with p < 1e-5."""


class Chr22:
    """What the reference data hold on chr22; positions are 0-based and half-open.

    Attributes
    ----------
    genome
        Sequence of 5 Mb of chr22, N elsewhere, with the blacklist.
    fragments
        Path of the fragments of all 100 cells.
    covered
        The stretches whose sequence is known: chrom, start, end.
    peaks
        Path of the ChIP-seq peaks of each transcription factor.
    """

    def __init__(self, data: Path) -> None:
        folder = data / CHROM
        self._models = data / "maxatac" / "models"
        self.genome = sma.Genome(
            folder / "hg38_chr22_partial.fa.gz", blacklist=data / "maxatac" / "hg38_maxatac_blacklist.bed"
        )
        self.fragments = folder / "pbmc_100cells_chr22.fragments.tsv.gz"
        self.covered = read_bed(folder / "hg38_chr22_partial.covered.bed")[["chrom", "start", "end"]]
        order = ["CTCF", "SPI1", "ELF1", "YY1", "NRF1", "CEBPB"]
        self.peaks = {tf: folder / "chip" / f"{tf}.GM12878.bed.gz" for tf in order}

    def models(self) -> list[TFModel]:
        """Load the published models of the factors that have peaks, in the order of `peaks`."""
        return load_many(self._models, list(self.peaks))

    @cached_property
    def adata(self) -> ad.AnnData:
        """The cells, all in one group: ``obs["all"]`` is ``"cells"``."""
        with gzip.open(self.fragments, "rt") as lines:
            barcodes = sorted({line.split("\t")[3].strip() for line in lines if not line.startswith("#")})
        return ad.AnnData(obs=pd.DataFrame({"all": "cells"}, index=barcodes))

    @cached_property
    def insertions(self) -> Insertions:
        """Insertions of all cells together, the group ``"cells"``."""
        cells = [(FragmentFile(self.fragments, None), np.zeros(1, dtype=np.int64))]
        return collect_insertions(cells, ["cells"], self.genome, chroms=[CHROM])
