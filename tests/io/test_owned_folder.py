import json
import os
import shutil
import signal
import subprocess
import sys

import pytest

from scmaxatac.io._owned_folder import LOCK, MARKER, OwnedFolder, own_file, refuse_foreign

_HOLD = """
import sys, time
from scmaxatac.io._owned_folder import OwnedFolder
with OwnedFolder(sys.argv[1], "test"):
    print("held", flush=True)
    time.sleep(60)
"""

_FORK = """
import os, sys, time
from scmaxatac.io._owned_folder import OwnedFolder
with OwnedFolder(sys.argv[1], "test"):
    if not os.fork():
        print(os.getpid(), flush=True)
    time.sleep(60)
"""


def holding_process(folder) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", _HOLD, str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_file_is_listed_before_it_is_written(tmp_path):
    with OwnedFolder(tmp_path, "test") as folder:
        with own_file(folder, "scores.npz") as temporary:
            assert json.loads((tmp_path / MARKER).read_text())["files"] == {"scores.npz": ""}
            temporary.write_text("new")
        with own_file(folder, "scores.npz") as temporary:
            temporary.write_text("newer")
    assert (tmp_path / "scores.npz").read_text() == "newer"


@pytest.mark.parametrize("name", ["scores/", "scores.npz", "dangling"])
def test_what_the_user_has_there_is_in_the_way_and_stays(tmp_path, name):
    (tmp_path / "scores").mkdir()
    (tmp_path / "scores" / "mine.txt").write_text("mine")
    (tmp_path / "scores.npz").write_text("mine")
    (tmp_path / "dangling").symlink_to(tmp_path / "nothing")
    with OwnedFolder(tmp_path, "test") as folder, pytest.raises(ValueError, match=f"{name.strip('/')}.* is in the way"):
        folder.announce(["other", name])
    assert not (tmp_path / MARKER).exists()
    with OwnedFolder(tmp_path, "test") as folder:
        folder.remove([name, "scores/mine.txt"])
    assert (tmp_path / "scores" / "mine.txt").read_text() == "mine"
    assert (tmp_path / "scores.npz").read_text() == "mine"


def test_listed_files_and_folders_are_removed_and_others_stay(tmp_path):
    with OwnedFolder(tmp_path, "test") as folder:
        folder.announce(["a/", "b"])
        (tmp_path / "a").mkdir()
        (tmp_path / "a" / "1").write_text("ours")
        (tmp_path / "b").write_text("ours")
        (tmp_path / "c").write_text("mine")
        assert folder.lists("a/1")
        assert not folder.lists("c")
        folder.remove(["a/", "b", "c"])
        assert folder.listed == frozenset()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([LOCK, MARKER, "c"])


def test_the_list_is_there_for_the_next_process(tmp_path):
    with OwnedFolder(tmp_path, "test") as folder:
        folder.announce(["b"])
        (tmp_path / "b").write_text("ours")
    with OwnedFolder(tmp_path, "test") as folder:
        folder.announce(["b"])


@pytest.mark.parametrize("name", ["previous.ckpt", "tracks/"])
def test_what_was_announced_and_never_written_is_not_ours_when_the_user_puts_it_there(tmp_path, name):
    with OwnedFolder(tmp_path, "test") as folder:
        folder.announce([name])
    assert json.loads((tmp_path / MARKER).read_text())["files"] == {}
    (tmp_path / name / "x").mkdir(parents=True) if name.endswith("/") else (tmp_path / name).write_text("mine")
    with OwnedFolder(tmp_path, "test") as folder, pytest.raises(ValueError, match=f"{name.strip('/')} is in the way"):
        folder.announce([name])


def test_a_folder_of_another_kind_is_refused(tmp_path):
    with OwnedFolder(tmp_path, "model") as folder:
        folder.announce(["b"])
    with pytest.raises(ValueError, match="holds a model, where a prediction is to be written"):
        OwnedFolder(tmp_path, "prediction").__enter__()
    with OwnedFolder(tmp_path, "model"):
        pass


def test_files_of_another_origin_are_not_replaced(tmp_path):
    with OwnedFolder(tmp_path, "test", made_from="s1/x.h5ad") as folder:
        folder.announce(["x.h5ad"])
    with pytest.raises(ValueError, match=r"made from s1/x\.h5ad"):
        OwnedFolder(tmp_path, "test", made_from="s2/x.h5ad").__enter__()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": "other"}', '{"format": "scmaxatac-folder"}'])
def test_a_marker_that_is_not_ours_is_refused(tmp_path, text):
    (tmp_path / MARKER).write_text(text)
    with pytest.raises(ValueError, match=MARKER):
        OwnedFolder(tmp_path, "test").__enter__()
    assert (tmp_path / MARKER).read_text() == text


def test_one_process_at_a_time_and_the_error_names_it(tmp_path):
    process = holding_process(tmp_path)
    try:
        with pytest.raises(RuntimeError, match=f"being written to by process {process.pid} on"):
            OwnedFolder(tmp_path, "test").__enter__()
    finally:
        process.kill()
        process.communicate()


def test_threads_of_one_process_do_not_share_a_folder(tmp_path):
    with OwnedFolder(tmp_path, "test"), pytest.raises(RuntimeError, match=f"process {os.getpid()} on"):
        OwnedFolder(tmp_path, "test").__enter__()
    with OwnedFolder(tmp_path, "test"):
        pass


def test_the_lock_dies_with_its_process(tmp_path):
    process = holding_process(tmp_path)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    with OwnedFolder(tmp_path, "test"):
        pass


def test_the_lock_dies_with_its_process_though_a_forked_child_lives_on(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", _FORK, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    child = int(process.stdout.readline())  # written by the child, once its locks are closed
    try:
        process.kill()
        process.wait()
        with OwnedFolder(tmp_path, "test"):
            pass
        os.kill(child, 0)
    finally:
        os.kill(child, signal.SIGKILL)
        process.communicate()


def test_the_lock_goes_when_the_folder_is_refused(tmp_path):
    (tmp_path / MARKER).write_text("{")
    with pytest.raises(ValueError, match="damaged"):
        OwnedFolder(tmp_path, "test").__enter__()
    (tmp_path / MARKER).unlink()
    with OwnedFolder(tmp_path, "test"):
        pass


def test_a_file_in_place_of_the_folder_is_an_error(tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(ValueError, match="can't be written to"):
        OwnedFolder(tmp_path / "out", "test").__enter__()


def test_a_file_of_the_users_under_the_name_of_the_lock_stays(tmp_path):
    (tmp_path / LOCK).write_text("mine")
    with pytest.raises(ValueError, match="is in the way"):
        OwnedFolder(tmp_path, "test").__enter__()
    assert (tmp_path / LOCK).read_text() == "mine"


def test_what_is_in_the_way_is_told_without_listing_anything(tmp_path):
    (tmp_path / "mine").write_text("mine")
    with OwnedFolder(tmp_path, "test") as folder:
        folder.check_free(["new"])
        with pytest.raises(ValueError, match="mine is in the way"):
            folder.check_free(["new", "mine"])
    assert not (tmp_path / MARKER).exists()


def test_a_file_that_was_changed_since_is_damaged_or_where_that_is_asked_for_the_users(tmp_path):
    with OwnedFolder(tmp_path, "test") as folder:
        for name in ("a.csv", "b.csv"):
            with own_file(folder, name) as temporary:
                temporary.write_text("ours")
    (tmp_path / "a.csv").write_text("mine")
    with OwnedFolder(tmp_path, "test", strict=True) as folder:
        with pytest.raises(ValueError, match=r"a\.csv is in the way: it was changed"):
            folder.announce(["a.csv"])
        folder.announce(["b.csv"])
    with OwnedFolder(tmp_path, "test") as folder:
        folder.announce(["a.csv"])


def test_a_file_that_was_changed_since_is_not_removed_nor_are_those_beside_it(tmp_path):
    with OwnedFolder(tmp_path, "test") as folder:
        for name in ("a.csv", "b.csv", "c.csv"):
            with own_file(folder, name) as temporary:
                temporary.write_text("ours")
    (tmp_path / "b.csv").write_text("mine")
    with OwnedFolder(tmp_path, "test") as folder:
        with pytest.raises(ValueError, match=r"b\.csv is in the way: it was changed since scmaxatac wrote it"):
            folder.remove(["a.csv", "b.csv", "c.csv"])
        assert folder.listed == {"a.csv", "b.csv", "c.csv"}
    assert [(tmp_path / name).read_text() for name in ("a.csv", "b.csv", "c.csv")] == ["ours", "mine", "ours"]


def test_a_file_put_where_one_of_ours_was_deleted_is_the_users(tmp_path):
    with OwnedFolder(tmp_path, "test") as folder:
        for name in ("a.csv", "b.csv"):
            with own_file(folder, name) as temporary:
                temporary.write_text("ours")
    (tmp_path / "a.csv").unlink()
    with OwnedFolder(tmp_path, "test") as folder:
        assert folder.listed == {"b.csv"}
    (tmp_path / "a.csv").write_text("mine")
    with OwnedFolder(tmp_path, "test") as folder:
        with pytest.raises(ValueError, match=r"a\.csv is in the way: scmaxatac did not write it"):
            folder.announce(["a.csv"])
        folder.remove(["a.csv"])
    assert (tmp_path / "a.csv").read_text() == "mine"


def test_a_marker_that_was_copied_does_not_make_files_of_the_user_ours(tmp_path):
    with OwnedFolder(tmp_path / "ours", "test") as folder, own_file(folder, "a.csv") as temporary:
        temporary.write_text("ours")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "a.csv").write_text("mine")
    (tmp_path / "mine" / MARKER).write_bytes((tmp_path / "ours" / MARKER).read_bytes())
    with pytest.raises(ValueError, match=r"lists a\.csv, but scmaxatac did not write what is there"):
        OwnedFolder(tmp_path / "mine", "test").__enter__()
    with pytest.raises(ValueError, match="was copied from another folder"):
        refuse_foreign(tmp_path / "mine", "test", ["a.csv"])
    assert (tmp_path / "mine" / "a.csv").read_text() == "mine"


@pytest.mark.parametrize("name", ["a.csv", "scores/"])
@pytest.mark.parametrize("locked", [False, True], ids=["new", "folder of another call"])
def test_a_marker_that_was_copied_from_a_folder_at_work_does_not_make_files_of_the_user_ours(tmp_path, name, locked):
    mine = tmp_path / "mine"
    if locked:
        with OwnedFolder(mine, "test"):
            pass
    (mine / "scores").mkdir(parents=True)
    for path in (mine / "a.csv", mine / "scores" / "a.csv"):
        path.write_text("mine")
    with OwnedFolder(tmp_path / "ours", "test") as folder:
        folder.announce([name])
        shutil.copy(tmp_path / "ours" / MARKER, mine / MARKER)
    for _ in range(2):
        with pytest.raises(ValueError, match=rf"lists {name}, but .* was copied from another folder"):
            refuse_foreign(mine, "test", [name])
        with pytest.raises(ValueError, match=rf"lists {name}, but .* was copied from another folder"):
            OwnedFolder(mine, "test").__enter__()
    assert (mine / "a.csv").read_text() == (mine / "scores" / "a.csv").read_text() == "mine"


def at_work(folder):
    """Files of a folder whose writer is killed: one with a checksum, one without."""
    with OwnedFolder(folder, "test") as held, own_file(held, "a.csv") as temporary:
        temporary.write_text("ours")
    with OwnedFolder(folder, "test") as held, own_file(held, "b.csv") as temporary:
        temporary.write_text("ours")
        marker = (folder / MARKER).read_bytes()
    (folder / MARKER).write_bytes(marker)
    assert json.loads(marker)["files"]["b.csv"] == ""


def test_a_folder_that_was_moved_or_copied_as_a_whole_after_a_kill_stays_ours(tmp_path):
    at_work(tmp_path / "a")
    (tmp_path / "a" / "a.csv").unlink()  # so that no checksum tells
    shutil.copytree(tmp_path / "a", tmp_path / "copied")
    (tmp_path / "a").rename(tmp_path / "moved")
    for name in ("copied", "moved"):
        with OwnedFolder(tmp_path / name, "test") as folder:
            folder.announce(["b.csv"])


def test_a_folder_that_was_copied_without_its_lock_stays_ours_where_a_checksum_fits(tmp_path):
    at_work(tmp_path / "a")
    shutil.copytree(tmp_path / "a", tmp_path / "b", ignore=shutil.ignore_patterns(LOCK))
    with OwnedFolder(tmp_path / "b", "test") as folder:
        folder.announce(["a.csv", "b.csv"])


def test_a_marker_that_was_copied_where_none_of_its_files_is_does_no_harm(tmp_path):
    at_work(tmp_path / "a")
    (tmp_path / "b").mkdir()
    shutil.copy(tmp_path / "a" / MARKER, tmp_path / "b" / MARKER)
    with OwnedFolder(tmp_path / "b", "test") as folder:
        assert folder.listed == frozenset()


def test_what_a_killed_process_was_writing_is_ours(tmp_path):
    """Its checksum was not noted any more."""
    with OwnedFolder(tmp_path, "test") as folder, own_file(folder, "a.csv") as temporary:
        temporary.write_text("ours")
    script = f"""
import os
from scmaxatac.io._owned_folder import OwnedFolder, own_file
folder = OwnedFolder({str(tmp_path)!r}, "test").__enter__()
with own_file(folder, "a.csv") as temporary:
    temporary.write_text("newer")
os.kill(os.getpid(), 9)
"""
    subprocess.run([sys.executable, "-c", script], check=False)
    assert (tmp_path / "a.csv").read_text() == "newer"
    with OwnedFolder(tmp_path, "test") as folder:
        folder.announce(["a.csv"])


def test_a_lock_that_cannot_be_written_is_explained(tmp_path):
    script = f"""
import resource
from pathlib import Path
from scmaxatac.io._lock import Lock
resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))
Lock(Path({str(tmp_path / "lock")!r}), Path({str(tmp_path)!r}))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "DiskFullError" in done.stderr
    assert "lock" in done.stderr.splitlines()[-1]
