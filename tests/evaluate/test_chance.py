"""Chance, from sites that are shifted along the genome."""

import numpy as np
from sklearn.metrics import average_precision_score

from scmaxatac.evaluate._chance import shifted_average_precision


def test_it_is_the_average_precision_of_scikit_learn_against_shifted_sites():
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 12, 300).astype(np.float32)  # with ties
    truth = np.zeros(300, dtype=bool)
    truth[40:60] = True
    found = shifted_average_precision(scores, truth, n=5, rng=np.random.default_rng(3))
    shifts = np.random.default_rng(3).integers(1, 300, 5)
    expected = [average_precision_score(np.roll(truth, shift), scores) for shift in shifts]
    np.testing.assert_allclose(found, expected)


def test_one_bin_can_not_be_shifted():
    found = shifted_average_precision(np.ones(1), np.ones(1, dtype=bool), n=3, rng=np.random.default_rng(0))
    assert found.tolist() == [1, 1, 1]
