"""Block gzip against pysam's and Python's own readers."""

import gzip

import numpy as np
import pytest

from scmaxatac.io._bgzf import BgzfWriter, write_bgzf


@pytest.mark.parametrize("size", [0, 1, 65_280, 65_281, 200_000])
def test_other_readers_read_what_was_written(tmp_path, size):
    pysam = pytest.importorskip("pysam")
    data = np.random.default_rng(size).integers(0, 256, size).astype(np.uint8).tobytes()
    write_bgzf(tmp_path / "a.gz", data)
    assert gzip.decompress((tmp_path / "a.gz").read_bytes()) == data
    with pysam.BGZFile(str(tmp_path / "a.gz")) as handle:
        assert handle.read(size + 1) == data


def test_pieces_do_not_change_the_bytes(tmp_path):
    data = b"ACGT" * 50_000
    write_bgzf(tmp_path / "a.gz", data)
    with BgzfWriter(tmp_path / "b.gz") as writer:
        for start in range(0, len(data), 777):
            writer.write(data[start : start + 777])
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()


def _fail_half_way(path):
    with BgzfWriter(path) as writer:
        writer.write(b"half")
        raise RuntimeError


def test_after_an_error_there_is_no_end_marker(tmp_path):
    with pytest.raises(RuntimeError):
        _fail_half_way(tmp_path / "a.gz")
    assert (tmp_path / "a.gz").read_bytes() == b""
