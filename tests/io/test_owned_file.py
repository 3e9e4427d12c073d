import os
import shutil
import subprocess

import pytest

from scmaxatac.io import _owned_file
from scmaxatac.io._files import sha256_of
from scmaxatac.io._owned_file import owned_file


def write(path, text, meanwhile=lambda: None):
    with owned_file(path) as temporary:
        temporary.write_text(text)
        meanwhile()


def test_the_checksum_beside_the_file_is_what_sha256sum_checks(tmp_path):
    write(tmp_path / "a b.bw", "one")
    lines = (tmp_path / "a b.bw.sha256").read_text().splitlines()
    assert lines[1:] == [f"{sha256_of(tmp_path / 'a b.bw')}  a b.bw"]
    if shutil.which("sha256sum"):
        subprocess.run(["sha256sum", "--check", "--strict", "a b.bw.sha256"], cwd=tmp_path, check=True)


def test_a_file_of_ours_is_replaced(tmp_path):
    write(tmp_path / "a", "one")
    write(tmp_path / "a", "two")
    assert (tmp_path / "a").read_text() == "two"
    assert len((tmp_path / "a.sha256").read_text().splitlines()) == 2
    assert sorted(os.listdir(tmp_path)) == ["a", "a.sha256"]


@pytest.mark.parametrize("kind", ["file", "changed", "with a checksum of its own", "link", "dangling link", "folder"])
def test_what_we_did_not_write_stays_and_is_told_before_the_work(tmp_path, kind):
    path = tmp_path / "a"
    if kind == "folder":
        path.mkdir()
    elif kind.endswith("link"):
        target = tmp_path / "b"
        if kind == "link":
            write(path, "one")
            path.rename(target)
        path.symlink_to(target)
    else:
        if kind == "changed":
            write(path, "one")
        path.write_text("mine")
        if kind == "with a checksum of its own":
            (tmp_path / "a.sha256").write_text(f"{sha256_of(path)}  a\n")
    with pytest.raises(ValueError, match="is in the way"), owned_file(path):
        pytest.fail("it began to write")
    assert os.path.lexists(path)
    if path.is_file() and not path.is_symlink():
        assert path.read_text() == "mine"


def test_a_file_that_appears_meanwhile_stays(tmp_path):
    with pytest.raises(ValueError, match="is in the way"):
        write(tmp_path / "a", "ours", lambda: (tmp_path / "a").write_text("mine"))
    assert (tmp_path / "a").read_text() == "mine"
    assert not list(tmp_path.glob("*.sha256"))


def test_an_error_keeps_the_earlier_file(tmp_path):
    write(tmp_path / "a", "one")
    with pytest.raises(FileNotFoundError):
        write(tmp_path / "a", "half", (tmp_path / "nothing").read_bytes)
    assert (tmp_path / "a").read_text() == "one"
    write(tmp_path / "a", "two")


@pytest.mark.parametrize("earlier", [False, True])
@pytest.mark.parametrize("at", range(3))
def test_wherever_a_kill_falls_the_file_is_known_and_whole(tmp_path, monkeypatch, at, earlier):
    """Between the two writings of checksums and the renaming: the order is checksums, file, checksums."""
    if earlier:
        write(tmp_path / "a", "one")
    steps = iter(range(4))
    replace = os.replace

    def killed(*args):
        if next(steps) == at:
            raise KeyboardInterrupt
        replace(*args)

    with monkeypatch.context() as context:
        context.setattr(os, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            write(tmp_path / "a", "two")
    if earlier or at == 2:
        assert (tmp_path / "a").read_text() == ("two" if at == 2 else "one")
    write(tmp_path / "a", "three")
    assert (tmp_path / "a").read_text() == "three"


def test_one_process_at_a_time_writes_a_file(tmp_path):
    with owned_file(tmp_path / "a") as temporary:
        temporary.write_text("one")
        with pytest.raises(RuntimeError, match=f"a is being written to by process {os.getpid()}"):
            write(tmp_path / "a", "two")
        write(tmp_path / "b", "another")
    assert (tmp_path / "a").read_text() == "one"
    assert _owned_file._read_sums(tmp_path / "a.sha256") == [sha256_of(tmp_path / "a")]
