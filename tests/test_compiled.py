"""Where compiled loops are kept."""

import ast
import os
from pathlib import Path

import numpy as np
import pytest
from numba.core.caching import CacheImpl, UserProvidedCacheLocator

import scmaxatac
from scmaxatac import settings
from scmaxatac._compiled import compiled


def total(values: np.ndarray) -> float:
    found = 0.0
    for value in values:
        found += value
    return found


@pytest.fixture
def _no_place(monkeypatch):
    """Neither the source's folder nor the user's cache can be written to."""
    monkeypatch.setattr(CacheImpl, "_locator_classes", [UserProvidedCacheLocator])


@pytest.mark.usefixtures("_no_place")
def test_without_a_place_of_numbas_own_they_are_kept_in_the_cache_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "cache_dir", tmp_path)
    assert compiled(total)(np.arange(4.0)) == 6
    assert [path.suffix for path in (tmp_path / "numba").rglob("*.nbi")] == [".nbi"]


@pytest.mark.usefixtures("_no_place")
def test_without_any_place_they_are_compiled_anew(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setattr(settings, "cache_dir", tmp_path / "file" / "cache")
    assert compiled(total)(np.arange(4.0)) == 6
    monkeypatch.delattr(settings, "cache_dir")
    assert compiled(total)(np.arange(5.0)) == 10
    assert os.listdir(tmp_path) == ["file"]


def test_all_loops_are_compiled_so_that_they_run_where_nothing_can_be_written():
    root = Path(scmaxatac.__file__).parent
    using = [str(path.relative_to(root)) for path in root.rglob("*.py") if "njit" in path.read_text(encoding="utf-8")]
    assert using == ["_compiled.py"]


def test_loops_take_nothing_from_other_modules_as_kept_ones_would_not_follow_it():
    root = Path(scmaxatac.__file__).parent
    seen = 0
    for path in root.rglob("*_kernels.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names]
        modules = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
        assert (path.name, names, modules) == (path.name, ["compiled"], ["numpy"])
        seen += 1
    using = {p.name for p in root.rglob("*.py") if "@compiled" in p.read_text(encoding="utf-8")}
    assert all(name.endswith("_kernels.py") for name in using)
    assert seen >= len(using) > 0
