"""The page on bad input: what its script tells apart, and that it lists the kinds that are tried."""

import importlib
import re
import warnings
from pathlib import Path
from types import SimpleNamespace

import pytest

from scmaxatac.io._files import existing_file

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def lab():
    patch = pytest.MonkeyPatch()
    patch.syspath_prepend(ROOT / "benchmarks")
    yield importlib.import_module("_bad_input_world"), importlib.import_module("_bad_input_cases")
    patch.undo()


def from_inside(world):
    raise ZeroDivisionError("of another package")


def with_a_warning(world):
    warnings.warn("3 cells are left out", UserWarning, stacklevel=1)


def not_ours(world):
    raise ValueError("the length of x")


@pytest.mark.parametrize(("call", "ending", "says", "found", "fits"), [
    (lambda world: existing_file(world.folder / "x", "peaks"), "refused", ("peaks not found",), "refused", True),
    (lambda world: existing_file(world.folder / "x", "peaks"), "refused", ("blacklist",), "refused", False),
    (lambda world: existing_file(world.folder / "x", "peaks"), "understood", (), "refused", False),
    (from_inside, "refused", (), "ZeroDivisionError from inside", False),
    (not_ours, "refused", (), "ValueError from inside", False),
    (with_a_warning, "told", ("3 cells",), "told", True),
    (with_a_warning, "told", ("4 cells",), "told", False),
    (lambda world: None, "told", ("3 cells",), "understood", False),
    (lambda world: None, "understood", (), "understood", True),
])  # fmt: skip
def test_endings_are_told_apart(lab, tmp_path, call, ending, says, found, fits):
    world = SimpleNamespace(folder=tmp_path, toy=SimpleNamespace(genome=SimpleNamespace(source="/x/genome.fa")))
    outcome = lab[0].attempt(lab[0].Case("a kind", "", ending, says, call), world)
    assert (outcome.ending, outcome.as_expected) == (found, fits)
    assert str(tmp_path) not in outcome.message


def test_the_page_lists_every_kind_once_with_its_thread_and_what_should_happen(lab):
    cases = lab[1].CASES
    rows = [line.split(" | ") for line in (ROOT / "docs" / "bad_input_table.txt").read_text().splitlines()[4:]]
    assert [row[0].removeprefix("| ") for row in rows] == [case.what for case in cases]
    assert [row[2] for row in rows] == [case.ending for case in cases]
    assert len({case.what for case in cases}) == len(cases)
    threads = [case.thread for case in cases if case.thread]
    assert len(threads) >= 100
    assert all(re.fullmatch(r"[\w.-]+/[\w.-]+#\d+", thread) for thread in threads)
    for row, case in zip(rows, cases, strict=True):
        assert case.thread.replace("#", "/issues/") in row[1]
