"""Activities with intervals: the mean of the run, numbers of sites, and draws of blocks by hand."""

import numpy as np
import pytest

import scmaxatac as sma
from scmaxatac.predict._activity_intervals import warn_of_few_blocks
from scmaxatac.results._reader import find_results
from scmaxatac.results._site_scores import scores_in_union

pytestmark = pytest.mark.usefixtures("analytic")


@pytest.fixture
def predicted(mini, fragment_file, predict):
    adata = mini.adata(fragment_file)
    predict(adata)
    return adata


@pytest.mark.filterwarnings("ignore:intervals of activities are too narrow")
def test_values_and_numbers_of_sites_are_those_of_the_run(predicted):
    table = sma.get.activity(predicted, interval=True, block_size=1_000)
    activity, sites = sma.get.activity(predicted), sma.get.sites(predicted)
    assert len(table) == activity.size
    for row in table.itertuples():
        assert row.activity == pytest.approx(activity.loc[row.group, row.tf])
        assert row.low <= row.activity <= row.high
        mine = sites[sites["tf"] == row.tf]
        assert row.n_called == (mine["group"] == row.group).sum()
        assert max((mine["group"] == g).sum() for g in activity.index) <= row.n_sites <= len(mine)


@pytest.mark.filterwarnings("ignore:intervals of activities are too narrow")
def test_intervals_are_percentiles_over_draws_of_blocks(predicted):
    table = sma.get.activity(
        predicted, interval=True, tfs="AAA", groups="Mono", block_size=2_000, n_bootstrap=500, rng=3
    )
    results = find_results(predicted, "tfbs", "atac")
    found = scores_in_union(results.store, sma.get.sites(predicted), "AAA", ["Mono"])
    names, which = np.unique(found.blocks(2_000), return_inverse=True)
    rng, means = np.random.default_rng(3), []
    for drawn in rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=500):
        rows = np.concatenate([np.flatnonzero(which == b) for b in np.repeat(np.arange(len(names)), drawn)])
        means.append(found.scores[0, rows].mean(dtype=float))
    np.testing.assert_allclose(table[["low", "high"]].to_numpy()[0], np.percentile(means, [2.5, 97.5]), rtol=1e-5)
    assert table["n_blocks"].tolist() == [len(names)]


def test_one_block_has_no_interval(predicted):
    chroms = sma.get.sites(predicted, tfs="AAA")["chrom"].nunique()
    with pytest.warns(UserWarning, match=rf"fewer than 10 blocks of 1,000,000,000 bp .*\(AAA: {chroms}\)"):
        table = sma.get.activity(predicted, interval=True, block_size=10**9, n_bootstrap=10, tfs="AAA")
    assert table["n_blocks"].unique().tolist() == [chroms]
    assert table["low"].isna().all() == (chroms == 1)
    assert sma.get.activity(predicted, interval=True, n_bootstrap=0)["low"].isna().all()


def test_intervals_over_ten_blocks_are_given_without_a_warning():
    warn_of_few_blocks({"AAA": 10, "BBB": 0}, 1_000)
    with pytest.warns(UserWarning, match=r"NaN where one does \(AAA: 9\); choose a smaller block_size"):
        warn_of_few_blocks({"AAA": 9, "BBB": 10}, 1_000)


def test_mistakes(predicted):
    with pytest.raises(ValueError, match="leave out as_anndata or interval"):
        sma.get.activity(predicted, interval=True, as_anndata=True)
    with pytest.raises(ValueError, match="block_size is 0"):
        sma.get.activity(predicted, interval=True, block_size=0)
