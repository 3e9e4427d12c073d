"""Which backend a run takes, and that its folder is found again whatever is measured later."""

import logging

import pytest

import scmaxatac as sma
from scmaxatac import settings
from scmaxatac.nn.engines import _registry
from scmaxatac.nn.engines._registry import BackendRecord
from scmaxatac.predict import _run


@pytest.fixture
def adata(mini, fragment_file):
    return mini.adata(fragment_file)


class Measurement:
    """Stands in for the measurement: says which backend is the fastest, and keeps what it was asked."""

    fastest = "two"

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def __call__(self, possible, network):
        assert set(network.weights) == set(network.spec.shapes)
        self.asked.append([options.backend for options in possible])
        return next(options for options in possible if options.backend == self.fastest)


@pytest.fixture
def measurement(monkeypatch, analytic):
    """Two backends, "one" and "two"."""
    records = {
        name: BackendRecord(
            name=name, devices=("cpu",), precisions=("float32",), is_installed=lambda: True, install="",
            find_device=lambda device: "cpu", make=lambda networks, options: None,
        )
        for name in ("one", "two")
    }  # fmt: skip
    made = Measurement()
    monkeypatch.setattr(_registry, "BACKENDS", records)
    monkeypatch.setattr(settings, "measure_backends", True)
    monkeypatch.setattr(_run, "fastest", made)
    return made


def test_a_run_takes_the_backend_that_is_the_fastest_and_says_so(predict, adata, measurement):
    predict(adata)
    assert measurement.asked == [["one", "two"]]
    assert sma.get.params(adata)["backend"] == "two"


def test_the_folder_is_found_whatever_is_measured_later(predict, adata, measurement, analytic, caplog, tmp_path):
    predict(adata)
    n = analytic.windows
    measurement.fastest = "one"
    with caplog.at_level(logging.INFO, logger="scmaxatac"):
        predict(adata)
    assert analytic.windows == n
    assert sma.get.params(adata)["backend"] == "two"
    assert len(measurement.asked) == 1
    assert f"backend two: that of the run in {tmp_path / 'run'}" in caplog.text
    settings.measure_backends = False
    predict(adata)
    assert analytic.windows == n
    assert len(list((tmp_path / "run").glob("run-*"))) == 1


def test_a_run_that_was_interrupted_goes_on_with_its_backend(predict, adata, measurement, monkeypatch, tmp_path):
    with monkeypatch.context() as patch:
        patch.setattr("scmaxatac.predict._prediction.run_tasks", lambda *args, **options: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            predict(adata)
    measurement.fastest = "one"
    predict(adata)
    assert sma.get.params(adata)["backend"] == "two"
    assert len(list((tmp_path / "run").glob("run-*"))) == 1


def test_a_complete_run_goes_before_one_that_was_begun(predict, adata, measurement, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("scmaxatac.predict._prediction.run_tasks", lambda *args, **options: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            predict(adata, backend="one")
    predict(adata, backend="two")
    predict(adata)
    assert sma.get.params(adata)["backend"] == "two"
    assert measurement.asked == []


def test_a_backend_that_is_named_is_taken_whatever_is_there(predict, adata, measurement):
    predict(adata)
    predict(adata, backend="one")
    assert sma.get.params(adata)["backend"] == "one"
    assert len(measurement.asked) == 1


def test_without_measuring_the_first_is_taken(predict, adata, measurement, monkeypatch):
    monkeypatch.setattr(settings, "measure_backends", False)
    predict(adata)
    assert sma.get.params(adata)["backend"] == "one"
    assert measurement.asked == []


def test_one_backend_needs_no_measurement(predict, adata, measurement):
    _registry.BACKENDS.pop("one")
    predict(adata)
    assert sma.get.params(adata)["backend"] == "two"
    assert measurement.asked == []


@pytest.mark.parametrize(("text", "expected"), [("0", False), ("1", True), (None, True)])
def test_measuring_can_be_switched_off_from_outside(monkeypatch, text, expected):
    if text is None:
        monkeypatch.delenv("SCMAXATAC_MEASURE_BACKENDS", raising=False)
    else:
        monkeypatch.setenv("SCMAXATAC_MEASURE_BACKENDS", text)
    assert type(settings)().measure_backends is expected
