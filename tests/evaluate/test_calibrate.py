"""Calibration tables against a threshold-by-threshold count."""

import numpy as np
import pytest

from scmaxatac.evaluate._calibrate import calibration_table


def _brute(scores, truth):
    rows = []
    for i in range(1001):
        called = scores >= i / 1000
        precision = truth[called].mean() if called.any() else 1.0
        recall = called[truth].mean()
        f1 = 2 * precision * recall / (precision + recall) if recall > 0 else 0.0
        rows.append((precision, recall, f1))
    return np.array(rows).T


@pytest.fixture
def scored():
    rng = np.random.default_rng(0)
    out = []
    for n in (400, 900):
        truth = rng.random(n) < 0.1
        scores = np.clip(rng.beta(1, 6, n) + 0.4 * truth * rng.random(n), 0, 1)
        scores[:50] = np.round(scores[:50], 3)
        out.append((scores, truth))
    return out


def test_the_table_is_the_mean_of_the_cell_types_with_monotone_precision(scored):
    table = calibration_table(scored)
    each = [_brute(*pair) for pair in scored]
    precision = [np.maximum.accumulate(p) for p, _, _ in each]
    np.testing.assert_allclose(table["precision"], np.mean(precision, axis=0))
    np.testing.assert_allclose(table["recall"], np.mean([r for _, r, _ in each], axis=0))
    np.testing.assert_allclose(table["f1"], np.mean([f for _, _, f in each], axis=0))
    change = [np.log2(p / truth.mean()) for p, (_, truth) in zip(precision, scored, strict=True)]
    np.testing.assert_allclose(table["log2fc"], np.mean(change, axis=0))
    assert len(table["threshold"]) == 1001


def test_precision_and_log2fc_rise_and_recall_falls_with_the_threshold(scored):
    table = calibration_table(scored)
    assert (np.diff(table["precision"]) >= 0).all()
    assert (np.diff(table["log2fc"]) >= 0).all()
    assert (np.diff(table["recall"]) <= 0).all()
    assert table["recall"][0] == 1
    assert table["log2fc"][0] >= 0


def test_scores_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="no bin is positive"):
        calibration_table([(np.zeros(3), np.zeros(3, bool))])
    with pytest.raises(ValueError, match="between 0 and 1"):
        calibration_table([(np.array([0.1, 1.2]), np.array([True, False]))])
    with pytest.raises(ValueError, match="no cell type"):
        calibration_table([])
