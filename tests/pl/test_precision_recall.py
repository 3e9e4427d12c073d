import numpy as np
import pandas as pd
import pytest

from scmaxatac import Genome, pl
from scmaxatac.tl import benchmark

from ._overlaps import texts_in_trouble

GENOME = Genome.from_sizes({"chr1": 400_000, "chr2": 100_000})


@pytest.fixture
def tables():
    rng = np.random.default_rng(3)
    starts = np.sort(rng.choice(2_000, 300, replace=False)) * 200
    scores = pd.DataFrame({"chrom": "chr1", "start": starts, "end": starts + 200, "score": rng.random(300)})
    peaks = scores[rng.random(300) < scores["score"] ** 2][["chrom", "start", "end"]]
    return scores, peaks


def test_the_curve_is_that_of_scikit_learn(tables):
    from sklearn.metrics import average_precision_score, precision_recall_curve

    scores, peaks = tables
    values, truth = np.zeros(2_000), np.zeros(2_000, dtype=bool)
    values[scores["start"] // 200] = scores["score"].astype(np.float32)
    truth[peaks["start"] // 200] = True
    curve, chance = pl.precision_recall(scores, peaks, genome=GENOME).get_lines()
    precision, recall, _ = precision_recall_curve(truth, values)
    assert np.allclose(curve.get_xdata(), recall[-2::-1])  # all but the point that scikit-learn adds
    assert np.allclose(curve.get_ydata(), precision[-2::-1])
    assert curve.get_label() == f"scores ({average_precision_score(truth, values):.3f})"
    assert chance.get_ydata()[0] == truth.mean()
    table = benchmark(scores, peaks, genome=GENOME, block_size=20_000)
    assert f"({table.loc['pooled', 'average_precision']:.3f})" in curve.get_label()


def test_several_scores_are_compared_on_the_same_bins(tables):
    scores, peaks = tables
    worse = scores.assign(score=scores["score"].to_numpy()[::-1])
    ax = pl.precision_recall({"a model": scores, "another": worse}, peaks, genome=GENOME)
    labels = [text.get_text().partition(" (")[0] for text in ax.get_legend().get_texts()]
    assert labels == ["a model", "another", "chance"]
    assert texts_in_trouble(ax.figure) == []
    elsewhere = worse.head(3).assign(chrom="chr2", start=0, end=200)
    with pytest.raises(ValueError, match="'a' has scores on chr1, 'b' on chr2; give chroms= that both have"):
        pl.precision_recall({"a": scores, "b": elsewhere}, peaks, genome=GENOME)
    with pytest.raises(ValueError, match="scores is empty"):
        pl.precision_recall({}, peaks, genome=GENOME)
    with pytest.raises(ValueError, match="bin_size is 0"):
        pl.precision_recall(scores, peaks, genome=GENOME, bin_size=0)
    with pytest.raises(ValueError, match="no bin is positive"):
        pl.precision_recall(scores, peaks.assign(start=390_000, end=390_200), genome=GENOME, regions="chr1:0-100,000")


def test_a_long_curve_is_drawn_with_few_points():
    rng = np.random.default_rng(0)
    starts = np.arange(2_000) * 32
    scores = pd.DataFrame({"chrom": "chr1", "start": starts, "end": starts + 32, "score": rng.random(2_000)})
    ax = pl.precision_recall(scores, scores.head(50), genome=GENOME, bin_size=32)
    assert len(ax.get_lines()[0].get_xdata()) <= 2_000
