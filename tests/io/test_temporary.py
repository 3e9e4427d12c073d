import multiprocessing
import os
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from _workers import fill_and_die, killed_while_writing, write_and_die

from scmaxatac import settings
from scmaxatac.datasets import _simulation
from scmaxatac.genome._codes import encode_fasta
from scmaxatac.io import _temporary
from scmaxatac.io._bed import write_bed
from scmaxatac.io._bigwig import BigWigWriter
from scmaxatac.io._files import atomic_folder, atomic_path
from scmaxatac.io._temporary import remove_leftovers, temporary_name


def test_what_a_killed_process_left_is_removed(tmp_path):
    left = killed_while_writing(tmp_path / "scores.npz")
    assert left.read_text() == "half"
    remove_leftovers(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_a_killed_process_left_is_removed(tmp_path):
    left = killed_while_writing(tmp_path / "scores.zarr", fill_and_die)
    assert (left / "sub" / "half").read_text() == "half"
    remove_leftovers(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("write", [write_and_die, fill_and_die])
@pytest.mark.parametrize("opened", [atomic_path, atomic_folder])
def test_whoever_writes_again_removes_what_was_left_whatever_its_name(tmp_path, write, opened):
    killed_while_writing(tmp_path / "0_T.bw", write)
    with opened(tmp_path / "1_B.bw") as temporary:
        temporary.exists() or temporary.touch()
        assert list(tmp_path.iterdir()) == [temporary]
    assert [path.name for path in tmp_path.iterdir()] == ["1_B.bw"]


def _codes(folder):
    (folder.parent / "x.fa").write_text(">chr1\nACGT\n")
    encode_fasta(folder.parent / "x.fa", folder.parent)


def _toy(folder):
    _simulation.toy_folder(0, 10_000)


def _bed(folder):
    write_bed(folder / "x.bed", pd.DataFrame({"chrom": ["chr1"], "start": [1], "end": [2]}))


def _bigwig(folder):
    with BigWigWriter(folder / "x.bw", {"chr1": 100}) as writer:
        writer.add_runs("chr1", [0], [10], [1.0])


@pytest.mark.parametrize(("place", "write"), [("genomes", _codes), ("toy", _toy), ("out", _bed), ("out", _bigwig)])
def test_every_writer_removes_what_killed_processes_left(tmp_path, monkeypatch, place, write):
    monkeypatch.setattr(settings, "cache_dir", tmp_path)
    monkeypatch.setattr(_simulation, "_simulate", lambda folder, *_: (folder / "x").touch())
    folder = tmp_path / place
    folder.mkdir()
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left = [folder / temporary_name(name).replace(f".{os.getpid()}.", f".{dead.pid}.") for name in ("encoding", "x.bw")]
    left[0].mkdir()
    left[1].touch()
    write(folder)
    assert [path for path in left if path.exists()] == []
    assert [path for path in folder.iterdir() if not path.name.startswith(".")]


def test_a_folder_is_searched_for_leftovers_once_a_process(tmp_path, monkeypatch):
    listed = []
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: listed.append(path) or scandir(path))
    for i in range(5):
        with atomic_path(tmp_path / f"{i}.bed") as temporary:
            temporary.touch()
    assert listed == [tmp_path]


def test_what_a_living_process_writes_stays(tmp_path):
    with atomic_path(tmp_path / "scores.npz") as temporary, atomic_folder(tmp_path / "scores.zarr") as folder:
        temporary.write_text("half")
        remove_leftovers(tmp_path)
        assert temporary.exists()
        assert folder.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["scores.npz", "scores.zarr"]


@pytest.mark.skipif(not Path("/proc/self/stat").is_file(), reason="states of processes are read from /proc")
def test_what_a_killed_process_left_is_removed_before_its_parent_has_asked_how_it_ended(tmp_path):
    process = multiprocessing.get_context("spawn").Process(target=write_and_die, args=(tmp_path / "scores.npz",))
    process.start()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert len(list(tmp_path.iterdir())) == 1
    remove_leftovers(tmp_path)
    assert list(tmp_path.iterdir()) == []
    process.join()


def test_a_later_process_with_the_number_of_a_dead_one_is_not_taken_for_it(tmp_path):
    left = tmp_path / temporary_name("scores.npz")
    left.touch()
    before_this_process = time.time() - 3600 - time.clock_gettime(time.CLOCK_BOOTTIME)
    os.utime(left, (before_this_process, before_this_process))
    remove_leftovers(tmp_path)
    assert not left.exists()


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


def test_what_a_living_process_has_not_changed_for_days_stays(tmp_path, monkeypatch):
    left = tmp_path / temporary_name("scores.npz")
    left.touch()
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 10 * 24 * 3600)
    remove_leftovers(tmp_path)
    assert left.exists()


@pytest.mark.parametrize("name", [".hidden", "scores.npz", ".12345678.scores.npz", ".nfs000000012345", ".git"])
def test_files_of_others_stay_however_old(tmp_path, monkeypatch, name):
    (tmp_path / name).touch()
    (tmp_path / ".0123456789abcdef").mkdir()
    monkeypatch.setattr(_temporary, "_ABANDONED", -1)
    remove_leftovers(tmp_path)
    assert len(list(tmp_path.iterdir())) == 2


def test_a_folder_that_does_not_exist_is_none_to_clean(tmp_path):
    remove_leftovers(tmp_path / "nothing")


def test_names_are_hidden_distinct_and_end_as_they_should():
    names = {temporary_name("scores.npz") for _ in range(10)}
    assert len(names) == 10
    assert all(name.startswith(".") and name.endswith(".scores.npz") for name in names)
