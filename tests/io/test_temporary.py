import multiprocessing
import signal
import time
from pathlib import Path

import pytest
from _workers import write_and_die

from scmaxatac.io import _temporary
from scmaxatac.io._files import atomic_path
from scmaxatac.io._temporary import remove_leftovers, temporary_name


def killed_while_writing(path: Path) -> Path:
    """Have a process be killed while it writes; what it leaves."""
    process = multiprocessing.get_context("spawn").Process(target=write_and_die, args=(path,))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    (left,) = path.parent.glob(".*")
    return left


def test_what_a_killed_process_left_is_removed(tmp_path):
    left = killed_while_writing(tmp_path / "scores.npz")
    assert left.read_text() == "half"
    remove_leftovers(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_a_living_process_writes_stays(tmp_path):
    with atomic_path(tmp_path / "scores.npz") as temporary:
        temporary.write_text("half")
        remove_leftovers(tmp_path)
        assert temporary.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["scores.npz"]


def test_what_another_machine_began_stays_for_a_day(tmp_path, monkeypatch):
    left = tmp_path / f".{'0' * 8}.{'f' * 8}.1.scores.npz"
    left.touch()
    remove_leftovers(tmp_path)
    assert left.exists()
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 23 * 3600)
    remove_leftovers(tmp_path)
    assert left.exists()
    monkeypatch.setattr(time, "time", lambda: now + 25 * 3600)
    remove_leftovers(tmp_path)
    assert not left.exists()


@pytest.mark.parametrize("name", [".hidden", "scores.npz", ".12345678.scores.npz", ".nfs000000012345", ".git"])
def test_files_of_others_stay_however_old(tmp_path, monkeypatch, name):
    (tmp_path / name).touch()
    (tmp_path / temporary_name("a_folder")).mkdir()
    monkeypatch.setattr(_temporary, "_ABANDONED", -1)
    remove_leftovers(tmp_path)
    assert len(list(tmp_path.iterdir())) == 2


def test_a_folder_that_does_not_exist_is_none_to_clean(tmp_path):
    remove_leftovers(tmp_path / "nothing")


def test_names_are_hidden_distinct_and_end_as_they_should():
    names = {temporary_name("scores.npz") for _ in range(10)}
    assert len(names) == 10
    assert all(name.startswith(".") and name.endswith(".scores.npz") for name in names)
