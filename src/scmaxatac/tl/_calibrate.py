"""Calibration of a model's thresholds on known binding sites."""

from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from typing import TypeAlias

import numpy as np
import pandas as pd

from scmaxatac._arguments import checked_arguments
from scmaxatac._checks import check_number
from scmaxatac._constants import CALIBRATION_BIN
from scmaxatac._docs import shared_docs
from scmaxatac._text import abbreviate
from scmaxatac.evaluate._bins import labelled_bins
from scmaxatac.evaluate._calibrate import calibration_table
from scmaxatac.genome._genome import Genome
from scmaxatac.genome._interval_table import Table, read_intervals
from scmaxatac.models import Calibration

Tables: TypeAlias = Table | Sequence[Table] | Mapping[str, Table]
"""A table or file, or one for each cell type."""


@shared_docs
@checked_arguments
def calibrate(
    scores: Tables,
    peaks: Tables,
    *,
    genome: Genome,
    chroms: str | Iterable[str] | None = None,
    regions: Table | None = None,
    bin_size: int = CALIBRATION_BIN,
) -> Calibration:
    """Measure precision, recall and F1 of scores at 1,001 thresholds, averaged over cell types.

    What the published models' tables hold (Cazares et al. 2023), for scores of your own: a bin's score is the largest
    that overlaps it, 0 where there is none; it is positive if a peak overlaps it by 1 bp. In each cell type precision,
    and its log2 fold change over random, is the best at this threshold or a lower one, 1 where nothing is called; then
    the mean is taken. F1 is the mean of the cell types' own F1. Measure on chromosomes that the model was neither
    trained nor chosen on.

    Parameters
    ----------
    scores
        Scores between 0 and 1, for one cell type or, as a list or ``{cell type: scores}``, for several: bigWig files,
        or tables with chrom, start, end and score, such as :func:`scmaxatac.get.track` gives. Bins that a run did not
        keep (below ``settings.min_stored_score``) count as 0; ``save_tracks=True`` keeps all.
    peaks
        ChIP-seq peaks of the same cell types in the same form: BED files, or tables with chrom, start and end (0-based,
        half-open).
    genome
        {genome}
        It needs no sequence. Bins that hold a blacklisted base are left out.
    chroms
        Chromosomes to measure on; by default those of the genome that hold scores.
    regions
        Count only bins that lie in these regions with all their bases: a BED file or a table.
    bin_size
        Width of a bin in bp: 200 as in the published tables, or 32 for the bins that thresholds are applied to.

    Returns
    -------
    The table, with rules to choose a threshold; :func:`scmaxatac.pl.calibration` draws it.

    Raises
    ------
    FileNotFoundError
        If a file does not exist.
    KeyError
        If a chromosome is not in the genome, or scores and peaks are of different cell types.
    ValueError
        If a score lies outside 0 to 1 or is missing, a cell type has no positive bin, or scores, peaks or regions are
        not on the genome's chromosomes or reach past their ends, or the columns tf and group of scores, or tf of peaks,
        hold several values.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> toy = sma.datasets.toy()
    >>> sites = toy.sites.query("tf == 'CTCF' and score > 0")
    >>> scores = sites.assign(score=sites["score"] / sites["score"].max())
    >>> peaks = sites[sites["bound"]]
    >>> calibration = sma.tl.calibrate(
    ...     {group: scores[scores["group"] == group] for group in toy.clusters},
    ...     {group: peaks[peaks["group"] == group] for group in toy.clusters},
    ...     genome=toy.genome,
    ... )
    >>> len(calibration.frame)
    1001
    >>> 0 < calibration.threshold(("precision", 0.5)) < 1
    True
    """
    check_number("bin_size", bin_size, low=1, whole=True)
    all_scores, all_peaks = _by_cell_type(scores, "scores"), _by_cell_type(peaks, "peaks")
    if set(all_scores) != set(all_peaks):
        raise KeyError(f"scores are of {', '.join(all_scores)}, peaks of {', '.join(all_peaks)}; give both for each")
    chosen = None if chroms is None else genome.select_chroms(chroms)
    one = len(all_peaks) == 1
    all_peaks = {n: read_intervals(t, "peaks" if one else f"peaks of {n}", columns=()) for n, t in all_peaks.items()}
    inside = None if regions is None else read_intervals(regions, "regions", columns=())
    scored = []
    for name, own in all_scores.items():
        bins = labelled_bins(own, all_peaks[name], genome=genome, chroms=chosen, regions=inside, bin_size=bin_size)
        truth = np.concatenate([part.truth for part in bins.values()])
        if not truth.any():
            raise ValueError(f"no peak of {name} lies in the bins that count on {abbreviate(bins)}")
        scored.append((np.concatenate([part.scores for part in bins.values()]), truth))
    return Calibration(pd.DataFrame(calibration_table(scored)))


def _by_cell_type(given: Tables, what: str) -> dict[str, Table]:
    if isinstance(given, Mapping):
        named = {str(name): table for name, table in given.items()}
    elif isinstance(given, str | PathLike | pd.DataFrame):
        named = {"the cell type": given}
    elif isinstance(given, Sequence):
        named = {f"cell type {i + 1}": table for i, table in enumerate(given)}
    else:
        raise ValueError(
            f"{what} is a {type(given).__name__}; give a file or table, several in a list, or {{cell type: table}}"
        )
    if not named:
        raise ValueError(f"{what} are of no cell type")
    return named
