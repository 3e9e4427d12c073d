"""Scores and known sites of all kinds, bin by bin."""

from collections.abc import Iterable

from scmaxatac.evaluate._benchmark import ScoredBins, score_bins
from scmaxatac.evaluate._read_scores import check_not_mixed, read_scores
from scmaxatac.genome._genome import Genome
from scmaxatac.genome._interval_table import Table
from scmaxatac.genome._intervals_on_genome import as_intervals, regions_on


def labelled_bins(
    scores: Table,
    peaks: Table,
    *,
    genome: Genome,
    chroms: Iterable[str] | None,
    regions: Table | None,
    bin_size: int,
) -> dict[str, ScoredBins]:
    """Find the bins of each chromosome that count, with their largest scores and labels.

    Raises
    ------
    ValueError
        If scores, peaks or regions don't fit the genome or are malformed, scores are of several factors or groups,
        peaks of several factors, or no region lies on the chromosomes.
    """
    check_not_mixed(peaks, "peaks", "tf")
    chosen, largest = read_scores(scores, genome, chroms, bin_size)
    known = as_intervals(peaks, "peaks", genome)
    inside = None if regions is None else regions_on(regions, genome, chosen)
    return {
        chrom: score_bins(values, known, genome, chrom, regions=inside, bin_size=bin_size)
        for chrom, values in zip(chosen, largest, strict=True)
    }
