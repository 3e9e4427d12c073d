"""Precision and recall against scikit-learn."""

import numpy as np
import pytest

from scmaxatac.evaluate._precision_recall import area_under_precision_recall, average_precision, precision_recall


@pytest.fixture
def scored():
    rng = np.random.default_rng(0)
    truth = rng.random(500) < 0.2
    return np.round(rng.random(500) + 0.5 * truth, 2), truth


def test_average_precision_equals_scikit_learns(scored):
    metrics = pytest.importorskip("sklearn.metrics")
    assert average_precision(*scored) == pytest.approx(metrics.average_precision_score(scored[1], scored[0]))


def test_the_area_is_the_trapezoid_without_the_extra_point(scored):
    metrics = pytest.importorskip("sklearn.metrics")
    precision, recall, _ = metrics.precision_recall_curve(scored[1], scored[0])
    expected = -np.trapezoid(precision[:-1], recall[:-1])
    assert area_under_precision_recall(*scored) == pytest.approx(expected)


def test_perfect_ranking_and_ties():
    precision, recall = precision_recall(np.array([0.9, 0.9, 0.1]), np.array([True, False, True]))
    np.testing.assert_allclose(precision, [0.5, 2 / 3])
    np.testing.assert_allclose(recall, [0.5, 1])
    assert average_precision(np.array([0.9, 0.8, 0.1]), np.array([True, True, False])) == 1


def test_no_positive_bin_is_an_error():
    with pytest.raises(ValueError, match="no bin is positive"):
        precision_recall(np.zeros(3), np.zeros(3, bool))
    with pytest.raises(ValueError, match="NaN"):
        precision_recall(np.array([np.nan, 1]), np.array([True, False]))
    with pytest.raises(ValueError, match="equal length"):
        precision_recall(np.zeros(3), np.zeros(2, bool))
