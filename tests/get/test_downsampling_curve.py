"""Mean and spread of curves of depth."""

import numpy as np
import pandas as pd
import pytest

from scmaxatac import get


def curve():
    sizes = [100, 100, 100, 900]
    table = pd.DataFrame({"tf": ["SPI1"] * 4 + ["CTCF"] * 4, "n_fragments": sizes * 2, "n_cells": [1, 1, 1, 9] * 2})
    table["repeat"] = [1, 2, 3, 1] * 2
    table["ap_vs_full_depth"] = [0.1, 0.2, 0.6, 1, 0.5, np.nan, 0.7, 1]
    return table.assign(average_precision=0.5, warnings="")


def test_mean_and_spread_are_those_of_the_repeats_in_the_order_of_the_table():
    found = get.downsampling_curve(curve(), value="ap_vs_full_depth")
    assert list(found) == ["tf", "n_fragments", "n_cells", "n_repeats", "mean", "sd", "min", "max"]
    assert found["tf"].tolist() == ["SPI1", "SPI1", "CTCF", "CTCF"]
    values = [0.1, 0.2, 0.6]
    assert found.iloc[0, 4:].tolist() == pytest.approx([0.3, np.std(values, ddof=1), 0.1, 0.6])
    assert found["n_repeats"].tolist() == [3, 1, 2, 1]
    assert found["mean"].tolist() == pytest.approx([0.3, 1, 0.6, 1])
    assert np.isnan(found.loc[1, "sd"])


def test_the_value_is_that_of_the_plot_and_factors_can_be_chosen():
    assert get.downsampling_curve(curve(), tfs="CTCF")["mean"].tolist() == [0.5, 0.5]
    without = curve().drop(columns=["average_precision", "repeat"])
    assert get.downsampling_curve(without, tfs=["SPI1"])["mean"].tolist() == pytest.approx([0.3, 1])


def test_what_is_not_there_is_told():
    with pytest.raises(KeyError, match="no column 'f1'; it has tf, n_fragments"):
        get.downsampling_curve(curve(), value="f1")
    with pytest.raises(KeyError, match="no TF 'MYC'; the table holds 'SPI1', 'CTCF'"):
        get.downsampling_curve(curve(), tfs="MYC")
    with pytest.raises(ValueError, match="column 'warnings' holds no numbers"):
        get.downsampling_curve(curve(), value="warnings")
