"""Motif matches in accessible regions, the baseline that predictions have to beat."""

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from scmaxatac._arguments import checked_arguments
from scmaxatac._checks import check_number
from scmaxatac._constants import CALIBRATION_BIN
from scmaxatac._docs import shared_docs
from scmaxatac._logging import warn
from scmaxatac.evaluate._motif_hits import load_fimo, motif_hits
from scmaxatac.evaluate._motifs import Motifs, read_any_motifs, select_motifs
from scmaxatac.genome._genome import Genome
from scmaxatac.genome._interval_table import Table
from scmaxatac.genome._intervals_on_genome import regions_on


@shared_docs
@checked_arguments
def motif_scan(
    genome: Genome,
    motifs: Motifs,
    *,
    regions: Table,
    tfs: str | Iterable[str] | None = None,
    p_value: float = 1e-5,
    chroms: Iterable[str] | None = None,
    bin_size: int = CALIBRATION_BIN,
    pseudocount: float = 0.8,
) -> pd.DataFrame:
    """Count the matches of motifs inside accessible regions in bins of the genome.

    The motif-scanning baseline of Cazares et al. 2023: matches with p < 1e-5 on either strand inside ATAC peaks,
    counted in bins of 200 bp, where the count is the bin's score. A match belongs to the region and to the bin that its
    middle base lies in. P-values are those of a random sequence of equal base frequencies (Grant et al. 2011, FIMO, as
    implemented in memelite), for log odds rounded to 0.002 bits. Only the sequence of the regions is read.

    Parameters
    ----------
    genome
        {genome}
        It needs sequence. Unknown bases (N) don't match; soft-masked ones do.
    motifs
        A file in MEME text format or of JASPAR's count matrices, plain or gzip; or ``{tf: matrix}`` with counts or
        probabilities of A, C, G and T, (width, 4).
    regions
        Accessible regions: a BED file, or a table with chrom, start and end (0-based, half-open).
    tfs
        Transcription factors to scan for, by the names that the motifs carry, in upper or lower case; all by default.
        The matches of several motifs of one factor are counted together.
    p_value
        Matches have a p-value below this.
    chroms
        Chromosomes to scan; by default those of the regions.
    bin_size
        Width of a bin in bp.
    pseudocount
        Added to every count; 0.8 is what JASPAR uses.

    Returns
    -------
    A row for every bin that has a match: chrom (categorical), start, end (0-based, half-open), tf (categorical), score
    (the number of matches). The rows of one factor are `scores` for :func:`benchmark`.

    Warns
    -----
    UserWarning
        If a motif is so short that none of its matches has a p-value below `p_value`.

    Raises
    ------
    FileNotFoundError
        If a file does not exist.
    ImportError
        If memelite is not installed.
    KeyError
        If a chromosome is not in the genome, or no motif is of a factor that is asked for.
    ValueError
        If the genome has no sequence, the motifs or options are malformed, no factor is asked for, or regions are not
        on the genome's chromosomes, none is on `chroms`, or one reaches past its chromosome's end.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> toy = sma.datasets.toy()
    >>> hits = sma.tl.motif_scan(toy.genome, toy.motifs, regions=toy.peaks, tfs="CTCF", chroms="chr5")
    >>> chip = toy.chip_peaks.query("tf == 'CTCF' and group == 'B'")
    >>> table = sma.tl.benchmark(hits, chip, genome=toy.genome, block_size=20_000)
    >>> bool(table.loc["pooled", "log2fc"] > 1)
    True
    """
    check_number("p_value", p_value)
    check_number("bin_size", bin_size, whole=True)
    check_number("pseudocount", pseudocount)
    load_fimo()
    if not 0 < p_value < 1 or not pseudocount > 0 or bin_size < 1:
        raise ValueError(
            f"p_value is {p_value}, pseudocount {pseudocount} and bin_size {bin_size}; they have to be "
            "0 < p_value < 1, pseudocount > 0 and bin_size >= 1"
        )
    chosen_motifs = select_motifs(read_any_motifs(motifs), tfs)
    if short := [f"{m.id} ({m.tf}, {len(m.counts)} bp)" for m in chosen_motifs if 4.0 ** -len(m.counts) >= p_value]:
        warn(
            f"too short for any match with p < {p_value:g}: {', '.join(short)}; take longer motifs or a larger p_value"
        )
    named = None if chroms is None else genome.select_chroms(chroms)
    inside = regions_on(regions, genome, named)
    chosen = [chrom for chrom in genome.chroms if chrom in (inside.chroms if named is None else named)]
    matrices = [motif.probabilities(pseudocount) for motif in chosen_motifs]
    names = list(dict.fromkeys(motif.tf for motif in chosen_motifs))
    tf_of_motif = np.array([names.index(motif.tf) for motif in chosen_motifs])

    def counted() -> Iterator[tuple[np.ndarray, ...]]:
        for c, chrom in enumerate(chosen):
            size = genome.sizes[chrom]
            hits = motif_hits(genome.codes(chrom), inside.starts(chrom), inside.ends(chrom), matrices, p_value)
            middle = hits.start + (hits.end - hits.start) // 2
            pairs = np.stack([tf_of_motif[hits.motif], middle // bin_size])
            (tf, number), counts = np.unique(pairs, axis=1, return_counts=True)
            start = number * bin_size
            yield np.full(len(tf), c), start, np.minimum(start + bin_size, size), tf, counts

    chrom, start, end, tf, counts = (np.concatenate(column) for column in zip(*counted(), strict=True))
    return pd.DataFrame(
        {
            "chrom": pd.Categorical.from_codes(chrom, categories=chosen),
            "start": start,
            "end": end,
            "tf": pd.Categorical.from_codes(tf, categories=names),
            "score": counts,
        }
    )
