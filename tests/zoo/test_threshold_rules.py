"""Thresholds, parsed once: from what users and the command line give to numbers."""

import numpy as np
import pandas as pd
import pytest

from scmaxatac.models import Calibration
from scmaxatac.zoo._threshold_rules import (
    AtLeast,
    BestF1,
    Matched,
    Mixed,
    ThresholdError,
    Value,
    describe_errors,
    parse_fixed_rule,
    parse_rule,
    threshold_of_text,
)

RULES = {
    "f1": ("f1", BestF1()),
    "matched": ("matched", Matched()),
    "mixed": ("mixed", Mixed()),
    "0.4": (0.4, Value(0.4)),
    "precision=0.8": (("precision", 0.8), AtLeast("precision", 0.8)),
    "log2fc=7": (("log2fc", 7), AtLeast("log2fc", 7.0)),
}


@pytest.fixture
def calibration() -> Calibration:
    return Calibration(
        pd.DataFrame(
            {
                "threshold": [0.1, 0.5, 0.9],
                "precision": [0.2, 0.6, 0.9],
                "recall": [0.9, 0.6, 0.1],
                "log2fc": [3.0, 4.0, 5.0],
                "f1": [0.33, 0.6, 0.18],
            }
        )
    )


@pytest.mark.parametrize("text", RULES)
def test_the_command_line_and_python_give_the_same_rule(text):
    given, rule = RULES[text]
    assert threshold_of_text(text) == given
    assert parse_rule(given) == rule


@pytest.mark.parametrize(("text", "rule"), [("recall=0.3", ("recall", 0.3)), ("log2fc=7", ("log2fc", 7))])
def test_python_takes_a_pair_as_the_command_line_does(text, rule):
    assert parse_rule(text) == parse_fixed_rule(text) == parse_rule(rule)


@pytest.mark.parametrize("text", ["precision=high", "recall=inf", "f1=0.3", "=1", "0.4"])
def test_other_texts_are_shown_as_given_with_the_pair_that_is_meant(text):
    with pytest.raises(ValueError, match=rf'^threshold rule \'{text}\' is not understood.* or "precision=0.8"'):
        parse_rule(text)


@pytest.mark.parametrize("text", ["F1", "1.5", "nan", "precision", "precision=high", "recall=inf", "f1=0.3", "=1", ""])
def test_what_is_no_rule_in_python_is_none_on_the_command_line(text):
    with pytest.raises(ValueError, match="is not understood; use f1, matched, mixed, a number between 0 and 1"):
        threshold_of_text(text)


@pytest.mark.parametrize("name", ["matched", "mixed"])
def test_rules_by_rank_need_scores(name, calibration):
    assert parse_rule(name).needs_ranks
    with pytest.raises(ValueError, match="needs scores to rank, which are not here; allowed are"):
        parse_fixed_rule(name)
    with pytest.raises(ValueError, match=f"threshold='{name}' needs scores to rank"):
        parse_rule(name).resolve(calibration)


@pytest.mark.parametrize("given", ["f1", 0.4, ("recall", 0.5)])
def test_other_rules_need_none(given):
    rule = parse_rule(given)
    assert not rule.needs_ranks
    assert rule.fixed is rule


def test_of_the_rules_by_rank_mixed_alone_has_a_part_that_the_table_decides():
    assert Mixed().fixed == BestF1()
    assert Matched().fixed is None


def test_matched_is_the_score_by_rank_and_mixed_lies_halfway_in_log_odds(calibration):
    by_rank = np.array([0.2, 0.5, 0.8])
    np.testing.assert_array_equal(Matched().resolve(calibration, by_rank), by_rank)
    odds = np.sqrt(by_rank / (1 - by_rank))  # the published threshold, 0.5, has odds of 1
    np.testing.assert_allclose(Mixed().resolve(calibration, by_rank), odds / (1 + odds))


@pytest.mark.parametrize("given", ["f1", ("recall", 0.5)])
def test_a_rule_that_needs_a_table_says_how_it_was_given(given):
    with pytest.raises(ThresholdError) as error:
        parse_rule(given).resolve(None)
    assert f"no calibration table, which threshold={given!r} needs" in str(error.value)
    assert parse_rule(0.3).resolve(None) == 0.3


def test_models_of_which_the_same_is_wrong_share_a_sentence():
    errors = {
        "AAA": ThresholdError("too high; the best is", "0.5"),
        "BBB": ThresholdError("no table"),
        "CCC": ThresholdError("too high; the best is", "0.7"),
        "DDD": ThresholdError("no table"),
        "EEE": ThresholdError("too low", "0.1"),
    }
    assert describe_errors(errors) == (
        "AAA, CCC: too high; the best is: 0.5 for AAA, 0.7 for CCC; BBB, DDD: no table; EEE: too low: 0.1"
    )
