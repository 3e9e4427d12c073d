"""Tracks of Tn5 insertions for every group."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np
import pandas as pd

from scmaxatac._arguments import checked_arguments
from scmaxatac._docs import shared_docs
from scmaxatac.atac import Pseudobulks
from scmaxatac.atac._options import MaxFragments
from scmaxatac.atac._track_folder import write_track_files
from scmaxatac.atac._track_scales import Normalization, check_normalization, track_runs
from scmaxatac.fragments._read_groups import FragmentPaths
from scmaxatac.genome import Genome
from scmaxatac.io._output import output_folder
from scmaxatac.pp._pseudobulk import pseudobulk


@dataclass(frozen=True)
class Tn5Tracks:
    """Coverage by 41-bp Tn5 insertions for every group, in memory and, if asked for, in bigWig files.

    Attributes
    ----------
    pseudobulks
        Insertions and quality of the groups.
    normalize
        Scale of the values.
    files
        A row a bigWig: group, path (relative to `out_dir`), sha256. Empty when no files were written.
    """

    pseudobulks: Pseudobulks
    normalize: Normalization
    files: pd.DataFrame

    @property
    def groups(self) -> list[str]:
        """Groups that have a track."""
        return self.pseudobulks.groups

    @property
    def qc(self) -> pd.DataFrame:
        """Depth of every group, the skipped ones too; see :func:`pseudobulk`."""
        return self.pseudobulks.qc

    def runs(self, group: str, chrom: str) -> pd.DataFrame:
        """A group's track on a chromosome as intervals of equal value.

        Parameters
        ----------
        group
            The group.
        chrom
            The chromosome.

        Returns
        -------
        start, end (0-based, half-open), value; the track is 0 between the rows.

        Raises
        ------
        KeyError
            If there is no such group or chromosome, or the group was skipped.
        """
        signal = self.pseudobulks.signal(group)
        (chrom,) = self.pseudobulks.genome.select_chroms(chrom)
        starts, ends, values = track_runs(signal, chrom, self.normalize)
        return pd.DataFrame({"start": starts, "end": ends, "value": values})


@shared_docs
@checked_arguments
def tn5_tracks(
    data: Any,
    groupby: str | Sequence[str] | None = None,
    *,
    genome: Genome | None = None,
    out_dir: str | PathLike[str] | None = None,
    normalize: Normalization = "minmax",
    fragments: FragmentPaths | None = None,
    sample_key: str | None = None,
    barcode_key: str | None = None,
    replicate_key: str | None = None,
    mod: str = "atac",
    chroms: str | Iterable[str] | None = None,
    signal_chroms: str | Iterable[str] | None = None,
    min_cells: int = 10,
    min_fragments: int = 10_000,
    max_fragments: MaxFragments = None,
    rng: np.random.Generator | int | None = 0,
) -> Tn5Tracks:
    """Make a track of Tn5 insertions for every group of cells, and write it as bigWig.

    Every insertion is widened by 20 bp on both sides, dropped if it then touches the blacklist, and counted over each
    base, as maxATAC does (Cazares et al. 2023, PLoS Comput Biol 19(1):e1010863).

    Parameters
    ----------
    data
        {bulks_or_data}
    groupby
        {bulks_groupby}
    genome
        {bulks_genome}
    out_dir
        Folder for one bigWig a group, created when missing. They lie in a folder of their own in it,
        ``tn5_tracks-`` and twelve digits that stand for the fragments, groups and options: another call gets another
        folder, and the same call again uses the files that are there undamaged. Files are called by number and group
        (``0_CD4_T.bw``); ``tracks.tsv`` beside them says which is whose, with their sha256, and is written last.
        Without a folder no files are written.
    normalize
        ``"minmax"``: divided by the 99th percentile of the covered bases, what the networks read. ``"rp20m"``: scaled
        to 20 million insertions. ``"counts"``: insertions over each base. Replicates are averaged, for ``"counts"``
        summed.
    chroms
        {bulks_chroms}
        Fewer of them change the signal, unless `signal_chroms` stays the same.
    signal_chroms
        {signal_chroms}
    {source_options}
    {depth_options}

    Returns
    -------
    Object with the tracks (``.runs(group, chrom)``), the QC table (``.qc``) and the table of files (``.files``).

    Raises
    ------
    FileNotFoundError
        If a fragment file does not exist.
    KeyError
        If a column, chromosome or sample is missing.
    ValueError
        If the folder can't be written to, `normalize` is unknown, or as :func:`pseudobulk` raises.
    RuntimeError
        If another process is writing the same tracks to the same folder.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> toy = sma.datasets.toy()
    >>> tracks = sma.pp.tn5_tracks(toy.adata, "cell_type", genome=toy.genome)
    >>> list(tracks.runs("CD4/T", "chr1").columns)
    ['start', 'end', 'value']
    """
    check_normalization(normalize)
    folder = None if out_dir is None else output_folder(out_dir)
    bulks = pseudobulk(
        data,
        groupby,
        genome=genome,
        fragments=fragments,
        sample_key=sample_key,
        barcode_key=barcode_key,
        replicate_key=replicate_key,
        mod=mod,
        chroms=chroms,
        signal_chroms=signal_chroms,
        min_cells=min_cells,
        min_fragments=min_fragments,
        max_fragments=max_fragments,
        rng=rng,
    )
    if folder is None:
        return Tn5Tracks(bulks, normalize, pd.DataFrame({"group": [], "path": [], "sha256": []}, dtype=object))
    return Tn5Tracks(bulks, normalize, write_track_files(bulks, folder, normalize))
