"""Locks of one process; those of several are tested with the folders that they guard."""

import logging
import os
import threading
import time

import pytest

from scmaxatac.io import _lock
from scmaxatac.io._lock import Lock, identity_of, locked


def test_it_is_held_until_it_is_released_and_names_its_process(tmp_path):
    lock = Lock(tmp_path / "lock", tmp_path)
    with pytest.raises(RuntimeError, match=rf"is being written to by process {os.getpid()} on .* since \d{{4}}-"):
        Lock(tmp_path / "lock", tmp_path)
    lock.release()
    with locked(tmp_path / "lock", tmp_path), pytest.raises(RuntimeError, match="is being written to"):
        Lock(tmp_path / "lock", tmp_path)
    Lock(tmp_path / "lock", tmp_path).release()


def test_its_identity_stays_and_differs_from_others(tmp_path):
    assert identity_of(tmp_path / "lock") == ""
    identities = set()
    for _ in range(2):
        lock = Lock(tmp_path / "lock", tmp_path)
        identities.add(lock.identity)
        lock.release()
        assert identity_of(tmp_path / "lock") == lock.identity
    other = Lock(tmp_path / "other", tmp_path)
    other.release()
    assert len(identities) == 1
    assert other.identity not in identities


def test_a_block_that_raises_gives_it_back(tmp_path):
    with pytest.raises(KeyError), locked(tmp_path / "lock", tmp_path):
        raise KeyError
    Lock(tmp_path / "lock", tmp_path).release()


def test_who_waits_gets_it_when_it_is_free_and_the_log_says_for_whom(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(_lock, "SILENCE", 0.0)
    monkeypatch.setattr(_lock, "_INTERVAL", 0.001)
    lock = Lock(tmp_path / "lock", tmp_path)
    got = threading.Event()

    def wait() -> None:
        with locked(tmp_path / "lock", tmp_path, wait=True):
            got.set()

    thread = threading.Thread(target=wait)
    with caplog.at_level(logging.WARNING, "scmaxatac"):
        thread.start()
        for _ in range(10_000):  # where nothing is said the test ends all the same
            if caplog.records:
                break
            time.sleep(0.001)
    said, early = list(caplog.messages), got.is_set()
    lock.release()
    thread.join()
    assert [f"waiting for process {os.getpid()} on" in message for message in said] == [True]
    assert not early
    assert got.is_set()


def test_a_file_of_the_user_is_not_taken_for_a_lock(tmp_path):
    (tmp_path / "lock").write_text("my notes")
    with pytest.raises(ValueError, match="lock is in the way: scmaxatac did not write it"):
        Lock(tmp_path / "lock", tmp_path)
    assert (tmp_path / "lock").read_text() == "my notes"


def test_a_child_of_a_fork_closes_the_file_and_leaves_the_lock_to_its_parent(tmp_path):
    lock = Lock(tmp_path / "lock", tmp_path)
    lock.close_in_child()
    assert lock._handle.closed


def test_a_passing_one_leaves_no_file_and_keeps_others_out_meanwhile(tmp_path):
    path = tmp_path / "lock"
    with locked(path, tmp_path, passing=True), pytest.raises(RuntimeError, match="is being written to"):
        Lock(path, tmp_path)
    assert os.listdir(tmp_path) == []


def test_of_many_who_want_a_passing_one_each_has_it_alone(tmp_path, monkeypatch):
    """One who waited for a file that was removed meanwhile must not take that for the lock."""
    monkeypatch.setattr(_lock, "_INTERVAL", 0.001)
    path, inside, most = tmp_path / "lock", [], []

    def work() -> None:
        for _ in range(20):
            with locked(path, tmp_path, wait=True, passing=True):
                inside.append(1)
                time.sleep(0.0005)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 80
    assert os.listdir(tmp_path) == []
