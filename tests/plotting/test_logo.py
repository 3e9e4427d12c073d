"""Letters as high as numbers say."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from scmaxatac.plotting._logo import BASES, COLOURS, draw_logo, frequency_heights


@pytest.fixture
def ax():
    yield plt.figure().subplots()
    plt.close("all")


def letters(ax):
    """Boxes of the letters: (base, position, bottom, top)."""
    found = []
    for patch in ax.patches:
        assert to_rgb(COLOURS[patch.get_label()]) == patch.get_facecolor()[:3]
        path = patch.get_path()
        middle = np.floor(path.vertices[:, 0] + 1e-9)
        for position in np.unique(middle):
            part = path.vertices[middle == position]
            found.append((patch.get_label(), int(position), part[:, 1].min(), part[:, 1].max()))
    return {(base, position): (low, high) for base, position, low, high in found}


def test_a_letter_is_as_high_as_its_number_and_stands_below_0_where_that_is_negative(ax):
    heights = np.zeros((4, 3))
    heights[0, 0], heights[3, 1], heights[2, 2] = 2, -1.5, 0.25
    draw_logo(ax, heights, start=100)
    found = letters(ax)
    assert set(found) == {("A", 100), ("T", 101), ("G", 102)}
    np.testing.assert_allclose(found["A", 100], (0, 2), atol=1e-9)
    np.testing.assert_allclose(found["T", 101], (-1.5, 0), atol=1e-9)
    np.testing.assert_allclose(found["G", 102], (0, 0.25), atol=1e-9)
    for patch in ax.patches:
        x = patch.get_path().vertices[:, 0]
        assert np.ptp(x) < 1


def test_letters_of_one_position_stand_on_each_other_the_largest_outermost(ax):
    draw_logo(ax, np.array([[1.0], [3.0], [-0.5], [-2.0]]))
    found = letters(ax)
    assert found[("A", 0)] == pytest.approx((0, 1))
    assert found[("C", 0)] == pytest.approx((1, 4))
    assert found[("G", 0)] == pytest.approx((-0.5, 0))
    assert found[("T", 0)] == pytest.approx((-2.5, -0.5))


def test_letters_below_0_are_upside_down(ax):
    heights = np.zeros((4, 2))
    heights[3] = 1, -1
    draw_logo(ax, heights)
    path = ax.patches[0].get_path()
    above, below = (path.vertices[np.floor(path.vertices[:, 0]) == i] for i in (0, 1))
    np.testing.assert_allclose(np.sort(above[:, 1]), np.sort(-below[:, 1]))
    widest = {i: np.ptp(part[np.isclose(np.abs(part[:, 1]), 1)][:, 0]) for i, part in enumerate((above, below))}
    assert widest[0] == pytest.approx(widest[1])  # the bar of the T is away from 0 in both


def test_nothing_is_drawn_of_zeros_and_missing_numbers(ax):
    draw_logo(ax, np.array([[0.0, np.nan]] * 4))
    assert not ax.patches
    assert set(BASES) == set(COLOURS)


def test_letters_of_counts_share_the_information_of_their_position():
    counts = 100 * np.array([[8, 0, 0, 0], [4, 4, 0, 0], [2, 2, 2, 2], [0, 0, 0, 0], [6, 0, 2, 0]]).T
    by_chance = 3 / (2 * np.log(2) * 800)
    heights = frequency_heights(counts)
    np.testing.assert_allclose(heights.sum(axis=0)[:4], [2 - by_chance, 1 - by_chance, 0, 0])
    np.testing.assert_allclose(heights[:, 1], np.array([0.5, 0.5, 0, 0]) * (1 - by_chance))
    entropy = -(0.75 * np.log2(0.75) + 0.25 * np.log2(0.25))
    np.testing.assert_allclose(heights[:, 4], np.array([0.75, 0, 0.25, 0]) * (2 - entropy - by_chance))
    assert not heights[:, 3].any()
