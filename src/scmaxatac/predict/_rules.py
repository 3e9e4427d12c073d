"""The rules of a prediction: one for all transcription factors, or some with one of their own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from scmaxatac._text import abbreviate, known_instead
from scmaxatac.zoo._threshold_rules import BestF1, Threshold, ThresholdRule, parse_rule

Thresholds: TypeAlias = Threshold | Mapping[str, Threshold]
"""What users give: a rule, or ``{tf: rule}``."""


@dataclass(frozen=True)
class Rules:
    """The rule of each transcription factor.

    Attributes
    ----------
    default
        That of all that `by_tf` does not name.
    by_tf
        Rules by the factor's name in capitals.
    """

    default: ThresholdRule
    by_tf: Mapping[str, ThresholdRule] = field(default_factory=dict)

    @classmethod
    def parse(cls, given: object) -> "Rules":
        """Read what a user gave; of a dict, the factors that it does not name get the published rule.

        Raises
        ------
        ValueError
            If something is no rule; of a dict the message names the factor.
        """
        if not isinstance(given, Mapping):
            return cls(parse_rule(given))
        by_tf = {}
        for tf, rule in given.items():
            try:
                by_tf[str(tf).upper()] = parse_rule(rule)
            except ValueError as error:
                raise ValueError(f"{tf}: {error}") from None
        return cls(BestF1(), by_tf)

    def of(self, tf: str) -> ThresholdRule:
        """Return the rule of a transcription factor."""
        return self.by_tf.get(tf.upper(), self.default)

    def check(self, tfs: Iterable[str]) -> None:
        """Raise a KeyError if a rule is of a factor that is not among these."""
        known = list(tfs)
        unknown = sorted(set(self.by_tf) - {tf.upper() for tf in known})
        if unknown:
            raise KeyError(
                f"threshold has a rule for {abbreviate(map(repr, unknown))}, which is not predicted; "
                f"{known_instead(unknown, known, source='predicted are')}"
            )

    def needs_ranks(self, tfs: Iterable[str]) -> bool:
        """Whether scores have to be ranked to find the thresholds of these factors."""
        return any(self.of(tf).needs_ranks for tf in tfs)

    def are_published(self, tfs: Iterable[str]) -> bool:
        """Whether these factors are all called at the published rule."""
        return all(self.of(tf) == BestF1() for tf in tfs)
