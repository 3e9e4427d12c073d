import numpy as np

from scmaxatac.scores._target_network import correlation, edges, merge_same_targets, normalized


def test_correlations_are_those_of_numpy():
    rng = np.random.default_rng(0)
    weights = [rng.gamma(1, 1, (4, 30)) for _ in range(6)]
    expression = rng.random((6, 30))
    expression[:, 3] = 0.5
    expression[:, 4] = np.nan
    for of_group in weights:
        of_group[2, 5] = 1.25
    found = correlation(iter(weights), expression)
    stacked = np.stack(weights)
    for tf in range(4):
        for gene in range(30):
            if gene in (3, 4) or (tf, gene) == (2, 5):
                assert np.isnan(found[tf, gene])
            else:
                expected = np.corrcoef(stacked[:, tf, gene], expression[:, gene])[0, 1]
                np.testing.assert_allclose(found[tf, gene], expected, rtol=1e-9)


def test_edges_are_the_weights_that_are_not_0():
    weights = np.array([[0.0, 2.0, 3.0], [0.0, 0.0, 0.0], [1.0, 0.0, 1.0]])
    table = edges(weights, ["A", "B", "C"], np.array(["x", "y", "z"], dtype=object))
    assert table.to_numpy().tolist() == [["A", "z", 3.0], ["A", "y", 2.0], ["C", "x", 1.0], ["C", "z", 1.0]]


def test_factors_with_the_same_targets_become_one():
    weights = np.array([[1.0, 0, 2], [0, 0, 0], [3.0, 0, 4], [1, 1, 1], [0, 0, 0]])
    merged, names = merge_same_targets(weights, ["A", "B", "C", "D", "E"])
    assert names == ["A/C", "B", "D", "E"]
    assert merged.tolist() == [[2, 0, 3], [0, 0, 0], [1, 1, 1], [0, 0, 0]]


def test_normalised_weights_have_unit_length():
    weights = np.random.default_rng(0).random((3, 9))
    weights[1] = 0
    lengths = np.linalg.norm(normalized(weights), axis=1)
    np.testing.assert_allclose(lengths, [1, 0, 1])
