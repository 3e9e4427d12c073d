"""Whether a network learned anything: its average precision beside what chance and the ATAC signal alone give."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from scmaxatac._logging import warn
from scmaxatac.evaluate._chance import shifted_average_precision
from scmaxatac.evaluate._precision_recall import average_precision

SKILL = "validation"
"""Where the provenance of a model holds it."""

_SHIFTS = 99
_LARGEST_P = 0.05
_FLAT = 1e-6
"""Difference of the largest and the smallest score below which a network is said to give one score."""


class LabelledBins(NamedTuple):
    """200-bp bins of a validation cell type, (n,) each: score, largest ATAC signal, whether a site overlaps."""

    scores: np.ndarray
    signal: np.ndarray
    truth: np.ndarray


class Skill(NamedTuple):
    """How well a network ranks the bins of the validation chromosomes.

    Attributes
    ----------
    average_precision
        Mean over the cell types.
    chance
        Mean over shifts of the sites along the chromosomes.
    p
        Share of the shifts, the sites where they are counted as one, that give as much or more.
    signal
        Average precision of the ATAC signal alone, mean over the cell types.
    constant
        Whether all bins have the same score.
    """

    average_precision: float
    chance: float
    p: float
    signal: float
    constant: bool


def measure_skill(bins: Sequence[LabelledBins], *, seed: int = 0) -> Skill:
    """Compare a network with chance and with the ATAC signal.

    Parameters
    ----------
    bins
        Bins of each cell type, in the order of the genome, some of them positive.
    seed
        Seed of the shifts.
    """
    rng = np.random.default_rng(seed)
    found = float(np.mean([average_precision(one.scores, one.truth) for one in bins]))
    shifted = [shifted_average_precision(one.scores, one.truth, n=_SHIFTS, rng=rng) for one in bins]
    by_chance = np.mean(shifted, axis=0)
    return Skill(
        found,
        float(by_chance.mean()),
        float((1 + np.count_nonzero(by_chance >= found)) / (1 + _SHIFTS)),
        float(np.mean([average_precision(one.signal, one.truth) for one in bins])),
        all(float(np.ptp(one.scores)) <= _FLAT for one in bins),
    )


def warn_of_no_skill(provenance: Mapping[str, Any]) -> None:
    """Warn if the model with this provenance learned nothing that the ATAC signal does not say; models of before pass.

    Parameters
    ----------
    provenance
        What the model says of its training.
    """
    if provenance.get(SKILL) is None:
        return
    skill = Skill(**provenance[SKILL])
    if skill.constant:
        what = "learned nothing: it gives the same score everywhere"
    elif skill.p > _LARGEST_P:
        what = (
            f"learned nothing: its average precision is {skill.average_precision:.3g}, no more than chance (p = "
            f"{skill.p:.2f}; sites shifted along the chromosomes give {skill.chance:.3g} on average)"
        )
    elif skill.average_precision <= skill.signal:
        what = (
            f"learned no more than where chromatin is open: its average precision is {skill.average_precision:.3g}, "
            f"and the ATAC signal alone has {skill.signal:.3g}"
        )
    else:
        return
    warn(
        f"the model of {provenance['tf']} {what} (200-bp bins of {', '.join(provenance['chroms']['valid'])}). Look at "
        "pl.learning_curve; a larger epochs= goes on from here; and compare assembly and cell types of peaks and "
        "signals"
    )
