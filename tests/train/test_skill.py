"""Whether a network learned anything."""

import warnings

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from scmaxatac.train._skill import SKILL, LabelledBins, measure_skill, warn_of_no_skill

N = 3_000


def bins(scores, *, signal=None, seed=0):
    """Bins with sites in blocks of five; scores are made from the sites and from noise."""
    rng = np.random.default_rng(seed)
    truth = np.repeat(rng.random(N // 5) < 0.05, 5)
    noise = rng.random(N)
    return LabelledBins(scores(truth, noise), noise if signal is None else signal(truth, noise), truth)


def learned(truth, noise):
    return 0.7 * truth + 0.5 * noise


def by_chance(truth, noise):
    return noise[::-1].copy()


def flat(truth, noise):
    return np.full(N, 0.03) + 1e-8 * noise


def told(skill):
    provenance = {"tf": "SPI1", "chroms": {"valid": ["chr2"]}, SKILL: skill and skill._asdict()}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn_of_no_skill(provenance)
    return [str(one.message) for one in caught]


def test_the_figures_are_those_of_scikit_learn_averaged_over_cell_types():
    both = [bins(learned), bins(by_chance, seed=1)]
    skill = measure_skill(both)
    for name, values in (("average_precision", "scores"), ("signal", "signal")):
        expected = np.mean([average_precision_score(one.truth, getattr(one, values)) for one in both])
        assert getattr(skill, name) == pytest.approx(expected)
    assert skill.chance == pytest.approx(np.mean([one.truth.mean() for one in both]), abs=0.02)


def test_a_network_that_finds_sites_is_not_warned_of():
    skill = measure_skill([bins(learned)])
    assert skill.p == 0.01
    assert told(skill) == []


def test_chance_is_called_chance_and_rarely_anything_else():
    """At a level of 5%, of 40 rankings by chance two are taken for more on average."""
    skills = [measure_skill([bins(by_chance, seed=seed)], seed=seed) for seed in range(40)]
    assert sum(skill.p <= 0.05 for skill in skills) <= 6
    (message,) = told(next(skill for skill in skills if skill.p > 0.05))
    assert "the model of SPI1 learned nothing" in message
    assert "no more than chance" in message
    assert "200-bp bins of chr2" in message


def test_one_score_everywhere_is_told():
    skill = measure_skill([bins(flat), bins(flat, seed=1)])
    assert skill.constant
    assert "it gives the same score everywhere" in told(skill)[0]
    assert not measure_skill([bins(flat), bins(learned)]).constant


def test_a_network_that_follows_the_signal_alone_is_told():
    """An untrained network does, and is far above chance."""
    skill = measure_skill([bins(lambda truth, noise: 0.3 * truth + noise, signal=learned)])
    assert skill.p == 0.01
    (message,) = told(skill)
    assert "no more than where chromatin is open" in message
    assert told(measure_skill([bins(learned, signal=lambda truth, noise: 0.3 * truth + noise)])) == []


def test_models_without_these_figures_pass():
    assert told(None) == []
    warn_of_no_skill({"tf": "SPI1"})
