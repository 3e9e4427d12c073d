"""Level of each factor in each sample: how much more accessible its sites are than regions like them."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import sparse

from scmaxatac._logging import warn
from scmaxatac._text import abbreviate
from scmaxatac.genome._gc_content import gc_content
from scmaxatac.genome._genome import Genome
from scmaxatac.scores._site_weights import site_weights
from scmaxatac.stats._background import make_background
from scmaxatac.stats._deviations import deviation_model


def sample_levels(
    counts: np.ndarray,
    n_samples: int,
    sites: pd.DataFrame,
    thresholds: dict[str, dict[str, float]],
    regions: pd.DataFrame,
    genome: Genome,
    tfs: Sequence[str],
) -> np.ndarray:
    """Bias-corrected deviations of samples, in standard deviations of the background's.

    Parameters
    ----------
    counts
        (regions, libraries) insertions; the first libraries are the samples, the others halves of them.
    n_samples
        Number of samples. What is expected comes from them alone.
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

    Returns
    -------
    (libraries, TFs) float64; NaN where less than one count is expected in the factor's sites.

    References
    ----------
    Schep et al. 2017, Nat Methods 14:975.
    """
    weights = site_weights(sites, regions, tfs, thresholds)
    totals = counts[:, :n_samples].sum(axis=1)
    background = make_background(totals, gc_content(regions, genome))
    found = deviation_model(totals, weights, background).of_cells(sparse.csr_matrix(counts.T.astype(np.int32)))
    if empty := [tf for tf, n in zip(tfs, weights.getnnz(axis=0), strict=True) if not n]:
        warn(f"no level of {abbreviate(empty)}: no region has a site above the threshold")
    return found.z
