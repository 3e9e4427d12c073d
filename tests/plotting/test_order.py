import numpy as np
from scipy.cluster.hierarchy import leaves_list

from scmaxatac.plotting._order import similar_together


def test_rows_of_two_kinds_are_put_side_by_side_and_empty_ones_last():
    rng = np.random.default_rng(0)
    kind = np.array([0, 1, 1, 0, 1, 0, 0, 1])
    values = 10 * kind[:, None] + rng.random((8, 5))
    values[3], values[6, 2] = np.nan, np.nan  # a column with a gap is ignored
    order = similar_together(values).order
    assert sorted(order) == list(range(8))
    assert order[-1] == 3
    assert np.abs(np.diff(kind[order[:-1]])).sum() == 1


def test_few_rows_and_rows_without_a_common_column_keep_their_order():
    assert similar_together(np.array([[2.0], [1.0]])).order.tolist() == [0, 1]
    scattered = np.where(np.eye(3, dtype=bool), np.nan, 1.0)
    assert similar_together(scattered).order.tolist() == [0, 1, 2]
    assert similar_together(np.full((2, 2), np.nan)).order.tolist() == [0, 1]


def test_neighbours_are_as_similar_as_they_can_be():
    """Points on a line, shuffled: the optimal order of leaves is along it."""
    place = np.array([3.0, 0.0, 7.5, 1.0, 5.0, 9.9])
    order = similar_together(place[:, None]).order
    assert place[order].tolist() in (sorted(place), sorted(place, reverse=True))


def test_the_tree_is_that_of_the_rows_in_their_order():
    place = np.array([3.0, 0.0, np.nan, 7.5, 1.0])
    order, tree = similar_together(place[:, None])
    leaves = leaves_list(tree)
    assert np.array([0, 1, 3, 4])[leaves].tolist() == order[:-1].tolist()
    assert tree[0, 2] == 1.0  # the nearest pair
    assert similar_together(place[:2, None]).tree is None
