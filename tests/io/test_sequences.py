import struct

import pytest

from scmaxatac.io._sequences import is_twobit, read_sequences


@pytest.mark.parametrize("order", "<>")
def test_a_2bit_file_is_known_by_its_first_four_bytes_in_either_order(tmp_path, order):
    path = tmp_path / "genome.fa"
    path.write_bytes(struct.pack(f"{order}I", 0x1A412743) + b"rest")
    assert is_twobit(path)
    path.write_bytes(b">chr1\nACGT\n")
    assert not is_twobit(path)
    assert list(read_sequences(path)) == [("chr1", b"ACGT")]
    path.write_bytes(b"")
    assert not is_twobit(path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.2bit"):
        is_twobit(tmp_path / "none.2bit")
