"""Many tests in families: one p-value a family, false discovery rates over families and within selected ones."""

from typing import NamedTuple

import numpy as np


class Selection(NamedTuple):
    """Families that were selected, and what holds within them.

    Attributes
    ----------
    family_p
        (families,) Simes' p-value of each; NaN for one without a test.
    family_q
        (families,) the same, adjusted over the families by Benjamini and Hochberg.
    selected
        (families,) bool, whether `family_q` is at most the level.
    q
        (tests,) adjusted p-values within selected families: at most the level where a test is significant; NaN in the
        others.
    """

    family_p: np.ndarray
    family_q: np.ndarray
    selected: np.ndarray
    q: np.ndarray


def simes(p: np.ndarray) -> float:
    """Simes' p-value of the hypothesis that none of the effects exists; NaN without a test.

    ``min(m p_(i) / i)`` over the m sorted p-values.

    References
    ----------
    Simes 1986, Biometrika 73(3):751-754.
    """
    p = np.sort(p[~np.isnan(p)])
    return float(np.min(len(p) * p / np.arange(1, len(p) + 1))) if len(p) else float("nan")


def benjamini_hochberg(p: np.ndarray) -> np.ndarray:
    """Adjusted p-values that control the false discovery rate, (n,); NaN stays and does not count.

    References
    ----------
    Benjamini and Hochberg 1995, J R Stat Soc B 57(1):289-300.
    """
    p = np.asarray(p, dtype=float)
    q = np.full(len(p), np.nan)
    tested = np.flatnonzero(~np.isnan(p))
    order = tested[np.argsort(p[tested], kind="stable")]
    n = len(order)
    scaled = p[order] * n / np.arange(1, n + 1)
    q[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return q


def select_families(p: np.ndarray, family: np.ndarray, n_families: int, level: float = 0.05) -> Selection:
    """Select families by Simes and Benjamini-Hochberg, and adjust within them for the selection.

    Where R of m families are selected at level q, each is tested within by Benjamini and Hochberg at q R / m, which
    controls the average of the false discovery proportions over the selected families.

    Parameters
    ----------
    p
        (tests,) p-values; NaN does not count.
    family
        (tests,) number of each test's family.
    n_families
        Number of families; one without a test does not count among the m.
    level
        The level q.

    References
    ----------
    Benjamini and Bogomolov 2014, J R Stat Soc B 76(1):297-318.
    """
    members = [np.flatnonzero(family == i) for i in range(n_families)]
    family_p = np.array([simes(p[rows]) for rows in members])
    family_q = benjamini_hochberg(family_p)
    selected = family_q <= level
    n_tested = int(np.sum(~np.isnan(family_p)))
    q = np.full(len(p), np.nan)
    for i in np.flatnonzero(selected):
        q[members[i]] = np.minimum(benjamini_hochberg(p[members[i]]) * n_tested / selected.sum(), 1.0)
    return Selection(family_p, family_q, selected, q)
