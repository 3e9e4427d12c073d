"""The choice of a backend by measurement, with backends and a clock that say how long a call takes."""

import json
import logging
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from _networks import random_network

from scmaxatac import settings
from scmaxatac.nn.engines import _fastest, _registry
from scmaxatac.nn.engines._fastest import fastest
from scmaxatac.nn.engines._options import EngineOptions
from scmaxatac.nn.engines._registry import BackendRecord, possible_engine_options

SHAPE = (64, 1024)
"""Codes of a call: 32 windows for each of two threads."""


class Machine:
    """Backends whose calls take the seconds that are said, on a clock that only they move."""

    def __init__(self) -> None:
        self.now = 0.0
        self.seconds: dict[tuple[str, str], float] = {}
        self.calls: list[tuple[str, str]] = []
        self.broken: set[str] = set()

    def time(self) -> float:
        return self.now

    def make(self, networks, options):
        if options.backend in self.broken:
            raise RuntimeError("no such instruction")
        return _Engine(self, (options.backend, options.precision))

    def record(self, name: str) -> BackendRecord:
        return BackendRecord(
            name=name, devices=("cpu",), precisions=("float32", "bfloat16"), is_installed=lambda: True, install="",
            find_device=lambda device: "cpu", make=self.make,
        )  # fmt: skip


class _Engine:
    def __init__(self, machine: Machine, kind: tuple[str, str]) -> None:
        self._machine, self._kind = machine, kind

    def predict(self, codes, signal):
        assert codes.shape == signal.shape == SHAPE
        assert len(np.unique(codes)) == 4
        self._machine.calls.append(self._kind)
        self._machine.now += self._machine.seconds[self._kind]


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A machine with the backends "one" and "two", two threads and no bfloat16."""
    made = Machine()
    monkeypatch.setattr(_fastest.time, "perf_counter", made.time)
    monkeypatch.setattr(_registry, "BACKENDS", {name: made.record(name) for name in ("one", "two")})
    monkeypatch.setattr(settings, "cache_dir", tmp_path / "cache")
    monkeypatch.setattr(_fastest, "has_bfloat16", lambda: False)
    monkeypatch.setattr(_fastest, "usable_threads", lambda: 2)
    made.seconds = {("one", "float32"): 0.1, ("two", "float32"): 0.05}
    _fastest._hint.cache_clear()
    return made


def choose(**options) -> str:
    return fastest(possible_engine_options(EngineOptions(device="cpu", **options)), random_network(0)).backend


@pytest.mark.parametrize(("one", "two", "expected"), [(0.1, 0.05, "two"), (0.05, 0.1, "one"), (0.1, 0.095, "one")])
def test_the_fastest_is_taken_and_the_first_where_rates_are_alike(machine, one, two, expected):
    machine.seconds = {("one", "float32"): one, ("two", "float32"): two}
    assert choose() == expected
    assert choose() == expected


def test_the_log_says_which_was_taken_and_the_rates(machine, caplog):
    with caplog.at_level(logging.INFO, logger="scmaxatac"):
        choose()
    (line,) = caplog.messages
    assert line.startswith("backend two: on this machine a network scores, in windows a second: one 640, two 1,280 (")


def test_it_is_measured_once_within_about_a_second(machine, caplog):
    with caplog.at_level(logging.INFO, logger="scmaxatac"):
        choose()
        assert 0.8 <= machine.now < 1.2
        n = len(machine.calls)
        choose()
    assert len(machine.calls) == n
    first, again = caplog.messages
    assert first == again


def test_the_best_of_the_rounds_counts(machine, monkeypatch):
    """A neighbour that slows some calls does not decide."""
    slowed = iter([5.0, 5.0, 1.0, 1.0, 20.0, 1.0])
    predict = _Engine.predict

    def slowly(self, codes, signal):
        predict(self, codes, signal)
        if self._kind[0] == "two":
            self._machine.now += (next(slowed, 1.0) - 1) * 0.05

    monkeypatch.setattr(_Engine, "predict", slowly)
    monkeypatch.setattr(_fastest, "_SECONDS", 5.0)
    assert choose() == "two"


@pytest.mark.parametrize(
    "change",
    [
        lambda patch: patch.setattr(_fastest, "processor_name", lambda: "another"),
        lambda patch: patch.setattr(_fastest, "_version", lambda package: "99"),
    ],
)
def test_another_machine_or_version_is_measured_anew(machine, monkeypatch, change):
    choose()
    n = len(machine.calls)
    change(monkeypatch)
    choose()
    assert len(machine.calls) > n


def test_each_precision_is_measured_by_itself(machine):
    machine.seconds |= {("one", "bfloat16"): 0.01, ("two", "bfloat16"): 0.02}
    assert (choose(), choose(precision="bfloat16")) == ("two", "one")


@pytest.mark.parametrize(
    "damage",
    [
        lambda found: "",
        lambda found: json.dumps(found)[:40],
        lambda found: "[]",
        lambda found: json.dumps(found | {"windows": {}}),
        lambda found: json.dumps(found | {"windows": {"one": 5000.0, "other": 1.0}}),
        lambda found: json.dumps(found | {"windows": {"one": "many"}}),
        lambda found: json.dumps(found | {"windows": {"one": float("nan")}}),
        lambda found: json.dumps(found | {"key": {}}),
        lambda found: json.dumps({name: found[name] for name in ("key", "windows", "measured")}),
    ],
)
def test_a_damaged_file_is_measured_and_written_anew(machine, damage):
    choose()
    (path,) = settings.cache_dir.glob("rates/*.json")
    kept = path.read_text()
    path.write_text(damage(json.loads(kept)))
    assert choose() == "two"
    assert json.loads(path.read_text())["windows"] == pytest.approx(json.loads(kept)["windows"])


def test_a_cache_that_can_not_be_written_measures_every_time(machine, caplog):
    settings.cache_dir.write_text("a file where the folder should be")
    with caplog.at_level(logging.INFO, logger="scmaxatac"):
        assert choose() == "two"
    assert "the rates of the backends are not kept" in caplog.text
    n = len(machine.calls)
    assert choose() == "two"
    assert len(machine.calls) == 2 * n


def test_of_several_at_once_one_measures(machine):
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: choose(), range(4))) == {"two"}
    alone = len(machine.calls)
    for path in settings.cache_dir.glob("rates/*.json"):
        path.unlink()
    choose()
    assert len(machine.calls) == 2 * alone


def test_a_backend_that_does_not_work_is_left_out(machine, caplog):
    machine.broken = {"two"}
    with caplog.at_level(logging.INFO, logger="scmaxatac"):
        assert choose() == "one"
    assert "backend two does not work here in float32: no such instruction" in caplog.text


def test_without_one_that_works_the_first_is_taken_and_nothing_kept(machine):
    machine.broken = {"one", "two"}
    assert choose() == "one"
    assert not list(settings.cache_dir.glob("rates/*.json"))


def test_bfloat16_is_spoken_of_once_where_the_processor_has_it_and_it_is_faster(machine, monkeypatch, caplog):
    monkeypatch.setattr(_fastest, "has_bfloat16", lambda: True)
    machine.seconds |= {("one", "bfloat16"): 0.025, ("two", "bfloat16"): 0.5}
    with caplog.at_level(logging.INFO, logger="scmaxatac"):
        assert choose() == "two"
        choose()
    (line,) = (line for line in caplog.messages if "bfloat16" in line)
    assert line.startswith('precision="bfloat16" is 2.0 times as fast on this processor')


@pytest.mark.parametrize("seconds", [0.045, 0.1])
def test_bfloat16_that_is_hardly_faster_is_not_spoken_of(machine, monkeypatch, caplog, seconds):
    monkeypatch.setattr(_fastest, "has_bfloat16", lambda: True)
    machine.seconds |= {("one", "bfloat16"): seconds, ("two", "bfloat16"): seconds}
    with caplog.at_level(logging.INFO, logger="scmaxatac"):
        choose()
    assert "bfloat16" not in caplog.text


def test_large_batches_are_measured_whole(machine, monkeypatch):
    monkeypatch.setattr(f"{__name__}.SHAPE", (100, 1024))
    choose(batch_size=100)


def test_the_backends_that_are_installed_are_measured(monkeypatch, tmp_path):
    """With the real clock and engines: any may win."""
    monkeypatch.setattr(settings, "cache_dir", tmp_path)
    monkeypatch.setattr(_fastest, "_SECONDS", 0.0)
    possible = possible_engine_options(EngineOptions(device="cpu"))
    assert fastest(possible, random_network(0)) in possible
    (path,) = tmp_path.glob("rates/*.json")
    assert set(json.loads(path.read_text())["windows"]) == {options.backend for options in possible}
