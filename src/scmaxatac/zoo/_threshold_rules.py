"""Rules that say which score makes a bin a site: what users give, parsed once, and what it comes to for a model."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from numbers import Real
from typing import ClassVar, Literal, Protocol, Self, cast, get_args

import numpy as np
import pandas as pd

Threshold = str | float | tuple[str, float]
"""What users give: ``"f1"``, ``"matched"``, ``"mixed"``, a number between 0 and 1, or ``("precision", value)`` and the
like."""

Kind = Literal["precision", "recall", "log2fc"]

_KINDS: tuple[Kind, ...] = get_args(Kind)

_ALLOWED = (
    '"f1", a number between 0 and 1, ("precision" | "recall" | "log2fc", value) or "precision=0.8", '
    'and "matched" or "mixed" where there are scores to rank (predict_tfbs, call_sites)'
)


class Calibrated(Protocol):
    """What rules need of a :class:`~scmaxatac.zoo.Calibration`."""

    @property
    def frame(self) -> pd.DataFrame:
        """Rows of threshold, precision, recall, log2fc and f1, sorted by threshold."""

    def rate(self) -> float:
        """Share of the 200-bp bins that are expected to be called."""


class ThresholdError(ValueError):
    """A rule can't be used with a model.

    Parameters
    ----------
    reason
        What is wrong; the same for all models of which the same is wrong.
    found
        What this model has instead, if anything.
    """

    def __init__(self, reason: str, found: str = "") -> None:
        super().__init__(f"{reason}: {found}" if found else reason)
        self.reason, self.found = reason, found


@dataclass(frozen=True)
class _Fixed:
    """What the rules share that a calibration table decides."""

    needs_ranks: ClassVar[bool] = False

    @property
    def fixed(self) -> Self:
        """The part that does not depend on the scores: all of it."""
        return self


@dataclass(frozen=True)
class Value(_Fixed):
    """A number, the same for all models."""

    value: float

    def resolve(self, calibration: Calibrated | None, by_rank: np.ndarray | None = None) -> float:
        """Return the number."""
        return self.value

    def __str__(self) -> str:
        return repr(self.value)


@dataclass(frozen=True)
class BestF1(_Fixed):
    """The threshold with the largest F1, the published one."""

    def resolve(self, calibration: Calibrated | None, by_rank: np.ndarray | None = None) -> float:
        """Smallest of the thresholds with the largest F1."""
        frame = needed(self, calibration).frame
        return float(frame["threshold"][frame["f1"].idxmax()])

    def __str__(self) -> str:
        return "'f1'"


@dataclass(frozen=True)
class AtLeast(_Fixed):
    """The threshold that reaches a precision, recall or log2fc."""

    kind: Kind
    value: float

    def resolve(self, calibration: Calibrated | None, by_rank: np.ndarray | None = None) -> float:
        """Smallest threshold that reaches the value; of the recall, which falls as thresholds rise, the largest."""
        frame = needed(self, calibration).frame
        reached = frame["threshold"][frame[self.kind] >= self.value]
        if reached.empty:
            raise ThresholdError(
                f"no threshold reaches a {self.kind} of {self.value:g}; the best {self.kind} there is",
                f"{frame[self.kind].max():.4g}",
            )
        return float(reached.iloc[-1] if self.kind == "recall" else reached.iloc[0])

    def __str__(self) -> str:
        return repr((self.kind, self.value))


@dataclass(frozen=True)
class Matched:
    """The score that as many 200-bp bins reach as the calibration expects, whatever the depth."""

    needs_ranks: ClassVar[bool] = True

    @property
    def fixed(self) -> None:
        """No part is independent of the scores."""
        return

    def resolve(self, calibration: Calibrated | None, by_rank: np.ndarray | None = None) -> np.ndarray:
        """Return the scores by rank, (groups,) float64."""
        return _given(self, by_rank)

    def __str__(self) -> str:
        return "'matched'"


@dataclass(frozen=True)
class Mixed:
    """Halfway, in log odds, between the published threshold and the one by rank."""

    needs_ranks: ClassVar[bool] = True

    @property
    def fixed(self) -> "FixedRule":
        """The part that does not depend on the scores."""
        return BestF1()

    def resolve(self, calibration: Calibrated | None, by_rank: np.ndarray | None = None) -> np.ndarray:
        """Mean in log odds, in which scores near 0 and near 1 are as far apart as they look; (groups,) float64."""
        by_rank = _given(self, by_rank)
        published = np.broadcast_to(BestF1().resolve(calibration), by_rank.shape)
        ends = np.clip([published, by_rank], 1e-6, 1 - 1e-6)
        log_odds = np.log(ends / (1 - ends)).mean(axis=0)
        return np.asarray(1 / (1 + np.exp(-log_odds)), dtype=np.float64)

    def __str__(self) -> str:
        return "'mixed'"


FixedRule = Value | BestF1 | AtLeast
"""Rules that a calibration table decides, before anything is predicted."""

ThresholdRule = FixedRule | Matched | Mixed
"""A parsed threshold. ``needs_ranks`` says whether scores have to be ranked; ``resolve(calibration, by_rank)`` is the
threshold of a model, or those of its groups, whose scores by rank are then given as (groups,) float64."""

_NAMED: dict[str, ThresholdRule] = {"f1": BestF1(), "matched": Matched(), "mixed": Mixed()}


def parse_rule(given: object) -> ThresholdRule:
    """Return the rule that a user gave.

    Parameters
    ----------
    given
        A name, a number, or a pair of a column of the calibration table and the value to reach, which may be written as
        a text, ``"precision=0.8"``.

    Raises
    ------
    ValueError
        If it is none of these; the message lists what is allowed.
    """
    if isinstance(given, str) and given in _NAMED:
        return _NAMED[given]
    number, pair = _number(given), _pair_of(given)
    if number is not None:
        if 0 <= number <= 1:
            return Value(number)
        raise ValueError(f"threshold {given} lies outside 0 to 1; allowed are {_ALLOWED}")
    if isinstance(pair, tuple | list) and len(pair) == 2 and pair[0] in _KINDS:
        value = _number(pair[1])
        if value is not None and np.isfinite(value):
            return AtLeast(cast(Kind, pair[0]), value)
    raise ValueError(f"threshold rule {given!r} is not understood; allowed are {_ALLOWED}")


def _pair_of(given: object) -> object:
    """Name and value of a text such as ``"precision=0.8"``; anything else as it is."""
    if isinstance(given, str) and "=" in given:
        name, _, value = given.partition("=")
        with suppress(ValueError):
            return name, float(value)
    return given


def parse_fixed_rule(given: object) -> FixedRule:
    """Return the rule that a user gave, where there are no scores to rank.

    Raises
    ------
    ValueError
        If it is no rule, or one by rank.
    """
    rule = parse_rule(given)
    if isinstance(rule, Matched | Mixed):
        raise ValueError(f"threshold rule {given!r} needs scores to rank, which are not here; allowed are {_ALLOWED}")
    return rule


def threshold_of_text(text: str) -> Threshold:
    """Bring what a command line gives into the form that :func:`parse_rule` takes: ``"precision=0.8"`` is a pair.

    Raises
    ------
    ValueError
        If it is no rule.
    """
    given = cast(Threshold, _pair_of(text))
    if isinstance(given, str):
        with suppress(ValueError):
            given = float(given)
    try:
        parse_rule(given)
    except ValueError:
        raise ValueError(
            f"threshold {text} is not understood; use f1, matched, mixed, a number between 0 and 1 such as 0.4, "
            "precision=0.8, recall=0.3 or log2fc=7"
        ) from None
    return given


def needed(rule: ThresholdRule, calibration: Calibrated | None) -> Calibrated:
    """Return the calibration that a rule needs.

    Raises
    ------
    ThresholdError
        If there is none.
    """
    if calibration is None:
        raise ThresholdError(f"no calibration table, which threshold={rule} needs; give a number between 0 and 1")
    return calibration


def describe_errors(errors: Mapping[str, ThresholdError]) -> str:
    """Sentences about the models that a rule can't be used with, one for all of which the same is wrong.

    `errors` are by transcription factor.
    """
    by_reason: dict[str, dict[str, str]] = {}
    for tf, error in errors.items():
        by_reason.setdefault(error.reason, {})[tf] = error.found
    sentences = []
    for reason, found in by_reason.items():
        distinct = set(found.values())
        values = distinct if len(distinct) == 1 else [f"{value} for {tf}" for tf, value in found.items()]
        sentences.append(f"{', '.join(found)}: {reason}" + (f": {', '.join(values)}" if any(distinct) else ""))
    return "; ".join(sentences)


def _given(rule: ThresholdRule, by_rank: np.ndarray | None) -> np.ndarray:
    if by_rank is None:
        raise ThresholdError(f"threshold={rule} needs scores to rank")
    return by_rank


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, Real) and not isinstance(value, bool | np.bool_) else None
