"""bigWigs on a full disk, at a limit on the size of files, and when Ctrl+C or a kill comes in between."""

import errno
import io
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from _small_disk import file_size_limit, small_disk

from scmaxatac.io import _bigwig_file, _bigwig_parts
from scmaxatac.io._bigwig import BigWigWriter
from scmaxatac.io._disk import DiskFullError

SIZES = {"chr1": 4_000_000, "chr2": 500_000}
VALUES = np.random.default_rng(0).random(120_000, dtype=np.float32)
STARTS = np.arange(0, 480_000, 50)


def write(path):
    with BigWigWriter(path, SIZES) as writer:
        writer.add_fixed("chr1", 0, VALUES)
        writer.add_runs("chr2", STARTS, STARTS + 30, VALUES[: len(STARTS)])


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("whole") / "a.bw"
    write(path)
    return path.read_bytes()


@pytest.mark.parametrize("in_memory", [1 << 23, 100])
@pytest.mark.parametrize("share", [*np.linspace(0, 0.9, 10), 0.95, 0.99, 0.999])
def test_a_limit_on_the_size_of_files_is_an_error_and_no_file_at_every_size(
    tmp_path, whole, share, in_memory, monkeypatch
):
    monkeypatch.setattr(_bigwig_parts, "_IN_MEMORY", in_memory)
    path = tmp_path / "a.bw"
    path.write_bytes(b"old")
    limit = min(int(len(whole) * share), len(whole) - 1)
    with file_size_limit(limit), pytest.raises(DiskFullError, match=r"a\.bw can't be written: it would be larger"):
        write(path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
    write(path)
    assert path.read_bytes() == whole


@pytest.mark.parametrize("short_of", [1, 4, 5, 100, 5_000])
def test_the_last_bytes_are_missed_as_well(tmp_path, whole, short_of):
    with file_size_limit(len(whole) - short_of), pytest.raises(DiskFullError):
        write(tmp_path / "a.bw")
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_the_size_of_the_limit_is_complete(tmp_path, whole):
    with file_size_limit(len(whole)):
        write(tmp_path / "a.bw")
    assert (tmp_path / "a.bw").read_bytes() == whole


@pytest.mark.parametrize("in_memory", [1 << 23, 100])
@pytest.mark.parametrize("pages", [1, 5, 20, 60, 100, 120])
def test_a_full_disk_is_an_error_and_nothing_stays_on_it(tmp_path, whole, pages, in_memory, monkeypatch):
    monkeypatch.setattr(_bigwig_parts, "_IN_MEMORY", in_memory)
    with small_disk(tmp_path / "disk", 1 << 20) as disk:
        filling = disk / "filling"
        filling.write_bytes(bytes((1 << 20) - pages * 4096))
        with pytest.raises(DiskFullError, match=r"disk/a\.bw can't be written: the disk is full"):
            write(disk / "a.bw")
        assert list(disk.iterdir()) == [filling]
        filling.unlink()
        write(disk / "a.bw")
        assert (disk / "a.bw").read_bytes() == whole


class HeaderFails(io.FileIO):
    """A file on a disk that has no room for the last thing that is written, the header in place of zeros."""

    def write(self, data):
        if self.tell() == 0 and bytes(data[:4]) == b"\x26\xfc\x8f\x88":
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(data)


def test_a_header_that_can_not_be_written_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(
        _bigwig_file, "open", lambda path, mode: io.BufferedWriter(HeaderFails(path, mode)), raising=False
    )
    with pytest.raises(DiskFullError):
        write(tmp_path / "a.bw")
    assert list(tmp_path.iterdir()) == []


WITHOUT_END = """
import signal
import sys
import numpy as np
from scmaxatac.io._bigwig import BigWigWriter
signal.signal(signal.SIGINT, signal.default_int_handler)  # shells switch it off for what runs in the background
with BigWigWriter(sys.argv[1], {"chr1": 4_000_000_000}) as writer:
    for start in range(0, 4_000_000_000, 32_000):
        writer.add_fixed("chr1", start, np.random.default_rng(0).random(1_000))
        print(flush=True)
"""


def begun(path) -> subprocess.Popen:
    """Process that is in the middle of a bigWig."""
    process = subprocess.Popen(
        [sys.executable, "-c", WITHOUT_END, str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    )
    for _ in range(200):
        process.stdout.readline()
    return process


def test_ctrl_c_ends_the_writing_and_leaves_no_file(tmp_path):
    process = begun(tmp_path / "a.bw")
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert "KeyboardInterrupt" in errors
    assert process.returncode == -signal.SIGINT
    assert list(tmp_path.iterdir()) == []


def test_what_a_kill_leaves_is_gone_when_another_bigwig_is_written(tmp_path, whole):
    process = begun(tmp_path / "b.bw")
    process.kill()
    process.communicate(timeout=60)
    assert len(list(tmp_path.iterdir())) == 1
    write(tmp_path / "a.bw")
    assert list(tmp_path.iterdir()) == [tmp_path / "a.bw"]
    assert (tmp_path / "a.bw").read_bytes() == whole
