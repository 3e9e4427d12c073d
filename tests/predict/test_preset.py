from pathlib import Path

import pandas as pd
import pytest

from scmaxatac.predict._preset import presets, resolve_averaging

PRESETS = presets()


def test_without_anything_windows_are_averaged_as_in_the_original():
    assert resolve_averaging(None, None, None) == PRESETS["original"] == (256, "forward")


def test_step_and_strand_stand_without_a_preset():
    assert resolve_averaging(None, 512, None) == (512, "forward")
    assert resolve_averaging(None, None, "mean") == (256, "mean")
    assert resolve_averaging(None, 64, "mean") == (64, "mean")


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_may_be_spelled_out(preset):
    step, strand = PRESETS[preset]
    assert resolve_averaging(preset, None, None) == resolve_averaging(preset, step, strand) == PRESETS[preset]


@pytest.mark.parametrize(("preset", "step", "strand", "chosen"), [
    ("original", 128, None, (128, "forward")), ("original", None, "mean", (256, "mean")),
    ("accurate", 64, None, (64, "mean")), ("accurate", 256, "forward", (256, "forward")),
])  # fmt: skip
def test_an_explicit_step_or_strand_wins_over_the_preset(preset, step, strand, chosen):
    assert resolve_averaging(preset, step, strand) == chosen


def test_nonsense_is_named_whatever_the_preset():
    with pytest.raises(ValueError, match="preset is 'fast'; it can be 'original' or 'accurate'"):
        resolve_averaging("fast", None, None)
    with pytest.raises(ValueError, match="step is 100 bp"):
        resolve_averaging("accurate", 100, None)
    with pytest.raises(ValueError, match="strand is 'reverse'"):
        resolve_averaging("original", None, "reverse")


def test_the_experiment_shows_the_accurate_preset_to_be_better_than_the_original():
    table = pd.read_csv(Path(__file__).resolve().parents[2] / "docs" / "experiments" / "averaging.csv")
    measured = table.set_index(["step", "strand"])
    assert measured.loc[PRESETS["original"], "difference"] == 0
    assert measured.loc[PRESETS["accurate"], "difference_low"] > 0
    same_cost = measured[measured["windows"] <= measured.loc[PRESETS["accurate"], "windows"]]
    assert same_cost["mean"].idxmax() == PRESETS["accurate"]
