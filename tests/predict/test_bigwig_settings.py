"""bigWigs that are rounded, and without their zeros, where the settings ask for it."""

import numpy as np
import pytest

import scmaxatac as sma
from scmaxatac import settings


@pytest.fixture
def track(analytic, predict, mini, fragment_file):
    """Predict with bigWigs and read one of them."""

    def read(group="B", tf="AAA", **options):
        adata = mini.adata(fragment_file)
        predict(adata, regions="genome", save_tracks=True, **options)
        return sma.get.track(adata, tf, group), adata.uns["tfbs"]

    return read


def test_scores_are_written_as_they_are_by_default(track):
    assert settings.bigwig_decimals is None
    assert settings.bigwig_drop_zeros is False
    bins, _ = track()
    assert len(np.unique(np.round(bins["score"], 2))) < len(np.unique(bins["score"])) / 2


@pytest.mark.parametrize("decimals", [1, 3])
def test_scores_are_rounded_when_asked_for(track, monkeypatch, tmp_path, decimals):
    exact, slots = track()
    monkeypatch.setattr(settings, "bigwig_decimals", decimals)
    rounded, rounded_slots = track(out_dir=tmp_path / "rounded")
    assert rounded[["chrom", "start", "end"]].equals(exact[["chrom", "start", "end"]])
    np.testing.assert_array_equal(rounded["score"], np.round(exact["score"], decimals))
    assert rounded_slots["sites"].equals(slots["sites"]), "sites are called from exact scores"


def test_long_runes_of_zeros_are_left_out_when_asked_for(track, monkeypatch, tmp_path):
    monkeypatch.setattr(settings, "bigwig_decimals", 0)
    whole, _ = track()
    monkeypatch.setattr(settings, "bigwig_drop_zeros", True)
    monkeypatch.setattr("scmaxatac.predict._track_files._LONG", 20)
    thinned, _ = track(out_dir=tmp_path / "thinned")
    left_out = _in_long_run(whole, 20) & (whole.index > 0)  # a bigWig needs a value
    expected = whole[~left_out]
    assert 0 < len(expected) < len(whole)
    assert thinned.equals(expected.reset_index(drop=True))


def test_a_track_of_zeros_alone_keeps_one(track, analytic, monkeypatch):
    monkeypatch.setattr(settings, "bigwig_decimals", 0)
    monkeypatch.setattr(settings, "bigwig_drop_zeros", True)
    monkeypatch.setattr("scmaxatac.predict._track_files._LONG", 1)
    monkeypatch.setattr(
        "_analytic.AnalyticEngine.predict", lambda self, c, s: np.full((self.n_outputs, len(c), 32), 0.1)
    )
    bins, _ = track()
    assert bins["score"].tolist() == [0.0]


def test_other_settings_write_the_bigwigs_again(track, analytic, monkeypatch):
    exact, _ = track()
    monkeypatch.setattr(settings, "bigwig_decimals", 1)
    rounded, _ = track()
    np.testing.assert_array_equal(rounded["score"], np.round(exact["score"], 1))
    n_windows = analytic.windows
    track()
    assert analytic.windows == n_windows, "a third call finds all it needs"


def _in_long_run(bins, longest: int) -> np.ndarray:
    """Whether a bin lies in a run of at least so many neighbouring bins with a score of 0."""
    same = (bins["chrom"] == bins["chrom"].shift()) & (bins["start"] == bins["end"].shift())
    same &= (bins["score"] == 0) & (bins["score"].shift() == 0)
    run = (~same).cumsum()
    return ((bins.groupby(run)["score"].transform("size") >= longest) & (bins["score"] == 0)).to_numpy()
