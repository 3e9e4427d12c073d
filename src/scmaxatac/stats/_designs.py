"""Designs of comparisons: two arms, pairs, covariates; what they can tell and what they cannot."""

from collections.abc import Mapping, Sequence
from math import comb
from typing import NamedTuple

import numpy as np

from scmaxatac._text import abbreviate

ARM = "group"
"""Name of the column that tells the arms apart."""


class Design(NamedTuple):
    """Samples of a comparison as a linear model.

    Attributes
    ----------
    matrix
        (samples, columns) float64, of full column rank.
    columns
        What each column stands for: ``"intercept"``, ``"group"``, then pairs and covariates.
    contrast
        (columns,) weights that pick the difference of the arms.
    left_out
        Covariates that say nothing beyond the others, such as the sex of donors that are paired.
    df
        Residual degrees of freedom.
    smallest_p
        Smallest p-value that exchanging the arms' labels could give.
    """

    matrix: np.ndarray
    columns: tuple[str, ...]
    contrast: np.ndarray
    left_out: tuple[str, ...]
    df: int
    smallest_p: float


def make_design(
    arm: np.ndarray,
    *,
    pairs: Sequence[str] | None = None,
    covariates: Mapping[str, Sequence[str] | np.ndarray] | None = None,
) -> Design:
    """Design matrix of a comparison of two arms.

    Parameters
    ----------
    arm
        (samples,) bool, True in the group, False in the reference.
    pairs
        Donor of each sample, as a fixed effect; None for independent samples.
    covariates
        Values of each sample by name: numbers enter as they are, texts as categories.

    Raises
    ------
    ValueError
        If an arm is empty, the difference of the arms can't be told from pairs or covariates (the message names them),
        or nothing is left to estimate the variance from.
    """
    arm = np.asarray(arm, dtype=bool)
    n = len(arm)
    if not arm.any() or arm.all():
        raise ValueError("one of the two arms of the comparison has no sample")
    blocks: dict[str, np.ndarray] = {}
    if pairs is not None:
        blocks["donors"] = _columns(np.asarray(pairs, dtype=object))
    for name, values in (covariates or {}).items():
        blocks[name] = _columns(np.asarray(values))
    nuisance, names, left_out = np.ones((n, 1)), ["intercept"], []
    for name, block in blocks.items():
        n_before = nuisance.shape[1]
        for column in block.T:
            if np.linalg.matrix_rank(wider := np.column_stack([nuisance, column])) == wider.shape[1]:
                nuisance = wider
                names.append(name)
        if nuisance.shape[1] == n_before and block.shape[1]:
            left_out.append(name)
    matrix = np.column_stack([nuisance[:, 0], arm.astype(float), nuisance[:, 1:]])
    if np.linalg.matrix_rank(matrix) < matrix.shape[1]:
        raise ValueError(_confounded(arm, nuisance, names))
    if n <= matrix.shape[1]:
        raise ValueError(
            f"{n} samples and {matrix.shape[1]} coefficients ({_summary([names[0], ARM, *names[1:]])}) leave nothing "
            "to estimate the variance from; add replicates or leave out covariates"
        )
    columns = (names[0], ARM, *names[1:])
    contrast = np.array([float(column == ARM and i == 1) for i, column in enumerate(columns)])
    smallest = smallest_permutation_p(int(arm.sum()), int((~arm).sum()), paired=pairs is not None)
    return Design(matrix, columns, contrast, tuple(left_out), n - matrix.shape[1], smallest)


def n_splits(n_group: int, n_reference: int, *, paired: bool = False) -> int:
    """Number of distinct ways to split samples into two arms; where both are as large, mirror images count once.

    With pairs the arms are exchanged within them.
    """
    if paired:
        return int(2 ** (min(n_group, n_reference) - 1))
    splits: int = comb(n_group + n_reference, n_group)
    return splits // 2 if n_group == n_reference else splits


def smallest_permutation_p(n_group: int, n_reference: int, *, paired: bool = False) -> float:
    """Smallest two-sided p-value that permuting labels can give: 0.1 for 3 against 3, one of 10 splits."""
    return 1 / n_splits(n_group, n_reference, paired=paired)


def _columns(values: np.ndarray) -> np.ndarray:
    """Columns (samples, k) of a covariate: itself, or an indicator of each category but the first."""
    if np.issubdtype(values.dtype, np.number) or np.issubdtype(values.dtype, np.bool_):
        return values.astype(float)[:, None]
    names = list(dict.fromkeys(map(str, values)))
    return np.array([[float(str(value) == name) for name in names[1:]] for value in values]).reshape(len(values), -1)


def _confounded(arm: np.ndarray, nuisance: np.ndarray, names: Sequence[str]) -> str:
    """Say which columns tell the arms apart as the group itself does."""
    involved = dict.fromkeys(names[1:])
    for name in list(involved):  # what can be left out without making a difference is not to blame
        others = [i for i, other in enumerate(names) if other == "intercept" or (other in involved and other != name)]
        without = nuisance[:, others]
        if np.linalg.matrix_rank(np.column_stack([without, arm])) == np.linalg.matrix_rank(without):
            involved.pop(name)
    listed = abbreviate(map(repr, involved))
    return (
        f"the difference of the groups can't be told from {listed}: each of its values occurs in one group only, or "
        "they add up to the group. Leave it out, or compare samples in which both vary"
    )


def _summary(columns: Sequence[str]) -> str:
    counts = {name: list(columns).count(name) for name in dict.fromkeys(columns)}
    return ", ".join(name if n == 1 else f"{n} of {name}" for name, n in counts.items())
