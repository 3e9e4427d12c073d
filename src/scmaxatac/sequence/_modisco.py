"""Patterns that TF-MoDISco finds, through modisco-lite."""

from collections.abc import Callable
from typing import Any

import numpy as np

from scmaxatac.sequence._contributions import Contributions
from scmaxatac.sequence._patterns import Pattern, pattern_of

_SEEDS = 2
"""Clusterings with other seeds of which the best is taken, as on modisco-lite's command line."""

_FEWEST = 100
"""Seqlets of one sign that modisco-lite needs more of to look for patterns."""

_SEQLETS = {
    "window_size": 21, "flank": 10, "suppress": 20, "target_fdr": 0.2, "min_passing_windows_frac": 0.03,
    "max_passing_windows_frac": 0.2, "weak_threshold_for_counting_sign": 0.8,
}  # fmt: skip
"""modisco-lite's own defaults, for the number of seqlets, which it does not return."""


def modisco_patterns(
    contributions: Contributions, *, min_seqlets: int = 20, rng: np.random.Generator | None = None
) -> tuple[list[Pattern], list[Pattern], int]:
    """Patterns with positive and with negative contributions, and the number of seqlets that both were sought in.

    Sites are handed over in random order, because modisco-lite takes at most 20,000 seqlets, the first ones.

    Parameters
    ----------
    contributions
        Contributions of many sites; windows of at least 100 bp are advised.
    min_seqlets
        Patterns of fewer are left out.
    rng
        Generator of the order.

    Raises
    ------
    ImportError
        If modisco-lite is not installed.
    """
    find, extract = load_modisco()
    order = (np.random.default_rng(0) if rng is None else rng).permutation(len(contributions.codes))
    one_hot, hypothetical = (
        np.ascontiguousarray(tracks[order].transpose(0, 2, 1), dtype=np.float32)
        for tracks in (contributions.one_hot, contributions.hypothetical)
    )
    scores = (one_hot * hypothetical).sum(axis=2)
    n_seqlets = len(extract(scores, **_SEQLETS)[0]) if scores.any() else 0
    if n_seqlets <= _FEWEST:
        return [], [], n_seqlets
    both = find(one_hot, hypothetical, n_leiden_runs=_SEEDS, final_min_cluster_size=min_seqlets)
    positive, negative = ([_read(contributions, pattern, order) for pattern in found or ()] for found in both)
    return positive, negative, n_seqlets


def load_modisco() -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Import modisco-lite's search and its search for seqlets, or raise an ImportError that says how to install it."""
    try:
        from modiscolite.extract_seqlets import extract_seqlets
        from modiscolite.tfmodisco import TFMoDISco
    except ImportError:
        raise ImportError(
            "method='modisco' needs modisco-lite: pip install 'scmaxatac[modisco]' (it brings leidenalg and igraph, "
            "which are under the GPL), or take method='cluster'"
        ) from None
    return TFMoDISco, extract_seqlets


def _read(contributions: Contributions, pattern: Any, order: np.ndarray) -> Pattern:
    """Make a pattern of ours from the places of modisco-lite's seqlets, which are all equally wide."""
    seqlets = pattern.seqlets
    site = order[[seqlet.example_idx for seqlet in seqlets]]
    start = np.array([seqlet.start for seqlet in seqlets])
    reverse = np.array([seqlet.is_revcomp for seqlet in seqlets], dtype=bool)
    return pattern_of(contributions, site, start, reverse, seqlets[0].end - seqlets[0].start)
