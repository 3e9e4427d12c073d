import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from scmaxatac import pl
from scmaxatac.models import Calibration

from ._overlaps import texts_in_trouble


def made_up(peak: float) -> Calibration:
    threshold = np.linspace(0, 1, 101)
    precision, recall = threshold ** (1 / (3 * peak)), 1 - threshold ** (3 * peak)
    f1 = np.exp(-(((threshold - peak) / 0.2) ** 2)) * 0.6
    table = {"threshold": threshold, "precision": precision, "recall": recall, "log2fc": threshold, "f1": f1}
    return Calibration(pd.DataFrame(table))


def test_the_curves_are_the_columns_of_the_table():
    table = made_up(0.4)
    ax = pl.calibration(table)
    assert isinstance(ax, Axes)
    curves = {line.get_label(): line for line in ax.get_lines()}
    for name, label in (("precision", "Precision"), ("recall", "Recall"), ("f1", "F1")):
        np.testing.assert_array_equal(curves[label].get_xdata(), table.frame["threshold"])
        np.testing.assert_array_equal(curves[label].get_ydata(), table.frame[name])
    assert ax.get_xlabel()
    assert ax.get_ylabel()


@pytest.mark.parametrize("peak", [0.02, 0.4, 0.97])
def test_the_largest_f1_is_marked_and_named_inside_the_figure(peak):
    ax = pl.calibration(made_up(peak))
    assert ax.texts[0].get_text() == f"largest F1 0.60\nat {peak:g}"
    assert texts_in_trouble(ax.figure) == []


def test_it_is_drawn_into_given_axes():
    figure, axes = plt.subplots(1, 2)
    assert pl.calibration(made_up(0.4), ax=axes[1]) is axes[1]
    assert len(figure.axes) == 2
    assert not axes[0].lines
