"""Bootstrap of blocks: against draws by hand and the normal theory."""

import numpy as np
import pytest

from scmaxatac.stats._bootstrap import bootstrap_mean, draw_means


def test_draws_equal_those_made_block_by_block():
    rng = np.random.default_rng(0)
    values, blocks = rng.normal(size=(3, 50)), rng.integers(0, 7, 50)
    found = draw_means(values, blocks, n=20, rng=np.random.default_rng(1))
    present = np.unique(blocks)
    weights = np.random.default_rng(1).multinomial(len(present), [1 / len(present)] * len(present), size=20)
    for i, drawn in enumerate(weights):
        sites = np.concatenate(
            [np.flatnonzero(blocks == b) for b, n in zip(present, drawn, strict=True) for _ in range(n)]
        )
        np.testing.assert_allclose(found[:, i], values[:, sites].mean(axis=1))


def test_intervals_of_independent_blocks_are_those_of_the_normal_theory():
    rng = np.random.default_rng(3)
    values = rng.normal(2, 1, (1, 900))
    found = bootstrap_mean(values, np.arange(900), n=4000, rng=rng)
    half = 1.96 * values.std() / 30
    assert found.mean[0] == pytest.approx(values.mean())
    assert found.low[0] == pytest.approx(values.mean() - half, abs=0.1 * half)
    assert found.high[0] == pytest.approx(values.mean() + half, abs=0.1 * half)


def test_sites_that_depend_on_each_other_within_blocks_have_wider_intervals():
    rng = np.random.default_rng(4)
    blocks = np.repeat(np.arange(40), 10)
    values = (rng.normal(size=40)[blocks] + 0.1 * rng.normal(size=400))[None]
    together = bootstrap_mean(values, blocks, n=2000, rng=np.random.default_rng(0))
    apart = bootstrap_mean(values, np.arange(400), n=2000, rng=np.random.default_rng(0))
    assert together.high[0] - together.low[0] > 2.5 * (apart.high[0] - apart.low[0])


def test_intervals_cover_the_mean_as_often_as_they_say():
    rng = np.random.default_rng(5)
    blocks = np.repeat(np.arange(60), 3)
    covered = 0
    for _ in range(300):
        values = (rng.normal(size=60)[blocks] + rng.normal(size=180))[None]
        found = bootstrap_mean(values, blocks, n=400, rng=rng)
        covered += found.low[0] < 0 < found.high[0]
    assert 0.90 < covered / 300 < 0.98


@pytest.mark.parametrize(("values", "blocks"), [(np.zeros((2, 0)), []), (np.ones((2, 5)), [3] * 5)])
def test_without_two_blocks_there_is_no_interval(values, blocks):
    found = bootstrap_mean(values, np.array(blocks, dtype=int), n=10, rng=np.random.default_rng(0))
    assert np.isnan(found.low).all()
    assert np.isnan(found.high).all()
    assert np.isnan(found.mean).all() == (values.shape[1] == 0)
