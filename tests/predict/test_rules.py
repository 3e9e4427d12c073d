import pytest

from scmaxatac.predict._rules import Rules
from scmaxatac.zoo._threshold_rules import AtLeast, BestF1, Matched, Value


def test_one_rule_is_that_of_every_factor():
    rules = Rules.parse(0.4)
    assert rules.of("CTCF") == rules.of("any") == Value(0.4)
    rules.check([])


def test_a_dict_gives_each_factor_its_own_and_others_the_published_one():
    rules = Rules.parse({"CTCF": ("precision", 0.8), "spi1": "matched"})
    assert rules.of("CTCF") == AtLeast("precision", 0.8)
    assert rules.of("SPI1") == Matched()
    assert rules.of("YY1") == BestF1()
    assert rules.needs_ranks(["CTCF", "SPI1"])
    assert not rules.needs_ranks(["CTCF", "YY1"])
    assert rules.are_published(["YY1"])
    assert not rules.are_published(["YY1", "CTCF"])


def test_factors_that_are_not_predicted_are_named_with_those_that_are():
    rules = Rules.parse({"CTCF": 0.5, "CTFC": 0.5})
    rules.check(["ctcf", "CTFC"])
    with pytest.raises(KeyError, match="rule for 'CTFC', which is not predicted; did you mean 'CTCF'"):
        rules.check(["CTCF", "SPI1"])
    with pytest.raises(KeyError, match="rule for 'MYC', which is not predicted; predicted are 'CTCF', 'SPI1'"):
        Rules.parse({"MYC": 0.5}).check(["CTCF", "SPI1"])


def test_a_rule_that_is_none_names_its_factor():
    with pytest.raises(ValueError, match=r"CTCF: threshold 1\.5 lies outside 0 to 1"):
        Rules.parse({"SPI1": 0.5, "CTCF": 1.5})
