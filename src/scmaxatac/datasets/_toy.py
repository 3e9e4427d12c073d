"""A small simulated data set on which everything can be tried."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import anndata as ad
import numpy as np
import pandas as pd
from scipy import sparse

from scmaxatac._arguments import checked_arguments
from scmaxatac._checks import check_number
from scmaxatac._keys import FRAGMENT_PAIRED, REFERENCE_SEQUENCES
from scmaxatac.containers._mudata import columns_not_pulled
from scmaxatac.datasets._motifs import MOTIFS
from scmaxatac.datasets._regions import CLUSTERS
from scmaxatac.datasets._sequence import CHROM_SIZES
from scmaxatac.datasets._simulation import LOST_SITES, toy_folder

if TYPE_CHECKING:
    from mudata import MuData

    from scmaxatac.genome import Genome

_CHIP_WIDTH = 200
_MOST_DONORS = 20


class Toy:
    """Simulated cells with known binding sites; made by :func:`toy`.

    Positions are 0-based and half-open. Parts are read from the cache folder when they are first asked for.

    Attributes
    ----------
    folder
        Folder of the files.
    clusters
        Names of the clusters, values of ``obs["cell_type"]``.
    tfs
        Names of the transcription factors.
    chroms_train, chroms_valid, chroms_test
        Chromosomes that the demo models were trained, chosen and tested on.
    """

    clusters: tuple[str, ...] = CLUSTERS
    tfs: tuple[str, ...] = tuple(MOTIFS)
    chroms_train: tuple[str, ...] = ("chr1", "chr2", "chr3")
    chroms_valid: tuple[str, ...] = ("chr4",)
    chroms_test: tuple[str, ...] = ("chr5",)

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __repr__(self) -> str:
        cells, size = int(self._cells["atac"].sum()), sum(CHROM_SIZES.values()) / 1e6
        return f"Toy: {cells} cells in {len(self.clusters)} clusters, {len(CHROM_SIZES)} chromosomes ({size:.1f} Mb)"

    @property
    def fasta(self) -> Path:
        """FASTA file of the genome; repeats are in lower case."""
        return self.folder / "genome.fa"

    @property
    def blacklist(self) -> Path:
        """BED file of the regions to leave out."""
        return self.folder / "blacklist.bed"

    @property
    def annotation(self) -> Path:
        """GTF file of the genes of the RNA modality; their promoters are open where they are expressed."""
        return self.folder / "genes.gtf"

    @property
    def fragments(self) -> Path:
        """Fragment file (bgzip, 5 columns, sorted, comments at its head), empty droplets included."""
        return self.folder / "fragments.tsv.gz"

    @cached_property
    def genome(self) -> "Genome":
        """Genome with sequence, blacklist and genes."""
        from scmaxatac.genome import Genome

        return Genome(self.fasta, blacklist=self.blacklist, annotation=self.annotation)

    @cached_property
    def peaks(self) -> pd.DataFrame:
        """Accessible regions of all clusters: chrom, start, end, and a bool column a cluster (open there)."""
        return pd.read_csv(self.folder / "peaks.tsv", sep="\t")

    @cached_property
    def sites(self) -> pd.DataFrame:
        """Planted motifs, a row a motif and cluster.

        chrom, start, end (the motif itself), tf, group, bound, strand, strength ("strong" or "weak" match), score
        (bits). Motifs that chance has put into closed chromatin are not listed; they are unbound.
        """
        return pd.read_csv(self.folder / "sites.tsv", sep="\t")

    @cached_property
    def lost_sites(self) -> pd.DataFrame:
        """Sites that are bound in the condition "ctrl" and not in "stim": chrom, start, end, tf, group.

        Without donors there are none.
        """
        if (path := self.folder / LOST_SITES).is_file():
            return pd.read_csv(path, sep="\t")
        return self.chip_peaks.iloc[:0]

    @property
    def vcf(self) -> Path:
        """VCF file (bgzip) of phased variants of two donors, ``"donor1"`` and ``"donor2"``."""
        return self.folder / "variants.vcf.gz"

    @cached_property
    def variants(self) -> pd.DataFrame:
        """Variants of :attr:`vcf`, a row a variant: what was planted.

        chrom, pos (1-based, as in VCF), id, ref, alt; effect ("breaks" or "makes" a motif in open chromatin, or
        "neutral"); tf and group that this can be seen for and in ("" for neutral ones); genotypes of both donors.
        """
        return pd.read_csv(self.folder / "variants.tsv", sep="\t", keep_default_na=False)

    @property
    def motifs(self) -> dict[str, np.ndarray]:
        """Motif of each transcription factor: (width, 4) probabilities of A, C, G and T."""
        return {tf: motif.probabilities for tf, motif in MOTIFS.items()}

    @cached_property
    def chip_peaks(self) -> pd.DataFrame:
        """Bound sites as ChIP-seq would show them: 200 bp around the motif (chrom, start, end, tf, group)."""
        bound = self.sites[self.sites["bound"]]
        start = (bound["start"] + bound["end"] - _CHIP_WIDTH) // 2
        table = bound[["chrom", "tf", "group"]].assign(start=start, end=start + _CHIP_WIDTH)
        return table[["chrom", "start", "end", "tf", "group"]].reset_index(drop=True)

    @cached_property
    def adata(self) -> ad.AnnData:
        """ATAC modality: cells x peaks, insertions counted, fragments under ``uns["files"]`` as muon has them."""
        cells = self._cells[self._cells["atac"]]
        var = self.peaks[["chrom", "start", "end"]].copy()
        var.index = pd.Index(var["chrom"] + ":" + var["start"].astype(str) + "-" + var["end"].astype(str))
        atac = ad.AnnData(X=self._counts(cells.index), obs=self._obs(cells), var=var)
        atac.uns["files"] = {"fragments": str(self.fragments)}
        return atac

    @cached_property
    def mdata(self) -> "MuData":
        """Both modalities, "rna" and "atac"; a few cells are in one of them only, a few have no cluster."""
        import mudata

        rna_table = pd.read_csv(self.folder / "rna.tsv", sep="\t", index_col=0)
        rna = ad.AnnData(
            X=sparse.csr_matrix(rna_table.to_numpy(np.float32)),
            obs=self._obs(self._cells.loc[rna_table.index]),
            var=pd.DataFrame(index=rna_table.columns.astype(str)),
        )
        with columns_not_pulled():
            data = mudata.MuData({"rna": rna, "atac": self.adata.copy()})
        for name, column in self._obs(self._cells.loc[data.obs_names]).items():
            data.obs[name] = column
        return data

    @cached_property
    def snapatac2(self) -> ad.AnnData:
        """Cells with fragments in SnapATAC2's layout: ``obsm["fragment_paired"]``, ``uns["reference_sequences"]``."""
        cells = self._cells[self._cells["atac"]]
        fragments = self._fragments
        row = cells.index.get_indexer(self._cells.index)[fragments["barcode"]]
        offset = np.concatenate([[0], np.cumsum(list(CHROM_SIZES.values()))])
        column = offset[fragments["chrom"]] + fragments["start"]
        length = (fragments["end"] - fragments["start"]).astype(np.uint32)
        order = np.lexsort((length, column, row))
        order = order[np.count_nonzero(row < 0) :]
        indptr = np.concatenate([[0], np.cumsum(np.bincount(row[order], minlength=len(cells)))])
        matrix = sparse.csr_matrix((length[order], column[order], indptr), shape=(len(cells), offset[-1]))
        data = ad.AnnData(obs=self._obs(cells).assign(n_fragment=np.diff(indptr)))
        data.obsm[FRAGMENT_PAIRED] = matrix
        data.uns[REFERENCE_SEQUENCES] = pd.DataFrame(
            {
                "reference_seq_name": list(CHROM_SIZES),
                "reference_seq_length": np.array(list(CHROM_SIZES.values()), dtype=np.uint64),
            }
        )
        return data

    @cached_property
    def _cells(self) -> pd.DataFrame:
        texts = {"donor": str, "condition": str}
        table = pd.read_csv(self.folder / "cells.tsv", sep="\t", index_col="barcode", dtype=texts)
        return table.rename_axis(None)

    @cached_property
    def _fragments(self) -> dict[str, np.ndarray]:
        with np.load(self.folder / "fragments.npz") as stored:
            return dict(stored)

    def _obs(self, cells: pd.DataFrame) -> pd.DataFrame:
        names = np.array(self.clusters, dtype=object)[cells["cluster"]]
        cell_type = pd.Categorical(np.where(cells["labelled"], names, None), categories=self.clusters)
        obs = pd.DataFrame({"cell_type": cell_type}, index=cells.index)
        for column in ("donor", "condition"):
            if column in cells:
                obs[column] = pd.Categorical(cells[column])
        return obs

    def _counts(self, barcodes: pd.Index) -> sparse.csr_matrix:
        """Count the insertions of each cell in each peak, cells x peaks."""
        fragments = self._fragments
        row = barcodes.get_indexer(self._cells.index)[fragments["barcode"]]
        total = sparse.csr_matrix((len(barcodes), len(self.peaks)), dtype=np.float32)
        for i, chrom in enumerate(CHROM_SIZES):
            of_chrom = self.peaks.index[self.peaks["chrom"] == chrom]
            starts, ends = (self.peaks.loc[of_chrom, name].to_numpy() for name in ("start", "end"))
            mine = (fragments["chrom"] == i) & (row >= 0)
            for position in (fragments["start"][mine], fragments["end"][mine] - 1):
                peak = np.searchsorted(starts, position, side="right") - 1
                inside = (peak >= 0) & (position < ends[peak])
                where = (row[mine][inside], of_chrom.to_numpy()[peak[inside]])
                total += sparse.csr_matrix((np.ones(len(where[0]), np.float32), where), shape=total.shape)
        return total


@checked_arguments
def toy(*, seed: int = 0, n_fragments: int = 600_000, n_donors: int = 1) -> Toy:
    """Simulate a small data set with known binding sites.

    A genome of 3.5 Mb on five chromosomes; 600 cells of three clusters with shared and cluster-specific accessible
    regions; motifs of CTCF, SPI1 and GATA3 (JASPAR CORE 2024) in accessible regions, in closed ones and, by chance,
    everywhere else. A motif is bound where it is accessible and its factor is expressed, a weak match less often; a
    bound factor protects its motif from Tn5 and its borders are cut more. Neither the sequence nor the signal alone
    tells which sites are bound. Phased variants of two donors break bound motifs, make motifs in open chromatin, or do
    neither (``vcf``, ``variants``); the cells and their fragments have the genome's alleles. The first call takes a few
    seconds, later ones read ``settings.cache_dir``.

    Parameters
    ----------
    seed
        Seed of all random numbers; the same seed gives the same files. The demo models were trained on seed 0.
    n_fragments
        Fragments of all cells together.
    n_donors
        Donors. With two or more, cells have a ``donor`` and a ``condition``, ``"ctrl"`` or ``"stim"``; each donor's
        cells are in both. Heights of regions vary between donors, and in CD4/T cells the stimulus takes 60% of their
        sites away from GATA3 and closes these regions (``lost_sites``). Nothing else differs between the conditions.

    Returns
    -------
    Object with the genome, the data as MuData, AnnData, SnapATAC2-style AnnData and fragment file, and the known sites.

    Raises
    ------
    ValueError
        If `n_fragments` is below 10,000, or `n_donors` is not 1 to 20.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> toy = sma.datasets.toy()
    >>> toy.clusters
    ('B', 'CD4/T', 'Mono')
    >>> toy.adata.n_obs
    594
    """
    check_number("seed", seed, low=0, whole=True)
    check_number("n_fragments", n_fragments, whole=True)
    check_number("n_donors", n_donors, whole=True)
    if n_fragments < 10_000:
        raise ValueError(f"n_fragments is {n_fragments}; the toy data need at least 10,000 fragments")
    if not 1 <= n_donors <= _MOST_DONORS:
        raise ValueError(f"n_donors is {n_donors}; it has to be 1 to {_MOST_DONORS}, or a donor would have no cells")
    return Toy(toy_folder(int(seed), int(n_fragments), int(n_donors)))
