"""Level of each factor in each sample: how much more accessible its sites are than regions like them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from scmaxatac._logging import warn
from scmaxatac._text import abbreviate
from scmaxatac.genome._gc_content import gc_content
from scmaxatac.genome._genome import Genome
from scmaxatac.scores._site_weights import site_weights
from scmaxatac.stats._deviations import deviations


class Levels(NamedTuple):
    """Levels of factors in samples.

    Attributes
    ----------
    scores
        (samples, TFs) float64: share by which a factor's sites have more insertions than expected, less what regions
        like them have. NaN where less than one is expected.
    spread
        (TFs,) standard deviation of the background's scores, median over the samples.
    """

    scores: np.ndarray
    spread: np.ndarray


def sample_levels(
    counts: np.ndarray,
    sites: pd.DataFrame,
    thresholds: dict[str, dict[str, float]],
    regions: pd.DataFrame,
    genome: Genome,
    tfs: Sequence[str],
    *,
    at_least: int = 1,
) -> Levels:
    """Bias-corrected deviations of samples, which do not follow the depth, so that all fragments count.

    Parameters
    ----------
    counts
        (regions, samples) insertions.
    sites
        Sites of the samples: chrom, start, end, group (the sample), tf, score.
    thresholds
        ``{tf: {sample: threshold}}``.
    regions
        chrom, start, end.
    genome
        Genome with sequence.
    tfs
        Transcription factors.
    at_least
        Samples that have to have a site in a region, of whichever group, for it to count.

    References
    ----------
    Schep et al. 2017, Nat Methods 14:975.
    """
    weights = site_weights(sites, regions, tfs, thresholds)
    if at_least > 1:
        by_sample = [site_weights(rows, regions, tfs) for _, rows in sites.groupby("group", observed=True)]
        weights = sparse.csr_matrix(weights.multiply(sum(by_sample) >= at_least))
    found = deviations(sparse.csr_matrix(counts.T.astype(np.int32)), weights, gc_content(regions, genome))
    if empty := [tf for tf, n in zip(tfs, weights.getnnz(axis=0), strict=True) if not n]:
        warn(f"no level of {abbreviate(empty)}: no region has a site above the threshold in {at_least} samples or more")
    spread = np.full(len(tfs), np.nan)
    for t in range(len(tfs)):
        known = np.isfinite(found.z[:, t]) & (found.z[:, t] != 0)
        if known.any():
            spread[t] = np.median(found.scores[known, t] / found.z[known, t])
    return Levels(found.scores, spread)
