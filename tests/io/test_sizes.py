import pytest

from scmaxatac.io._sizes import read_chrom_sizes


def test_sizes_and_fasta_indexes_are_read_in_order(tmp_path):
    path = tmp_path / "genome.sizes"
    path.write_bytes(b"# assembly\r\nchr2\t20\r\nchr1 10\r\n\r\n")
    assert list(read_chrom_sizes(path).items()) == [("chr2", 20), ("chr1", 10)]
    path.write_text("chr1\t248956422\t112\t70\t71\n")
    assert read_chrom_sizes(path) == {"chr1": 248956422}


def test_published_sizes_are_read(data_dir):
    sizes = read_chrom_sizes(data_dir / "maxatac" / "hg38.chrom.sizes")
    assert sizes["chr22"] == 50_818_468


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("chr1\t10\nchr1\t10\n", "line 2: chromosome 'chr1' occurs twice"),
        ("chr1\tlong\n", "line 1: expected a chromosome's name and its length"),
        ("chr1\t0\n", "line 1: expected"),
        ("chr1\t-5\n", "line 1: expected"),
        ("chr1\n", "line 1: expected"),
        ("#nothing\n", "holds no chromosome sizes"),
    ],
)
def test_what_is_no_sizes_file_is_a_clear_error(tmp_path, text, message):
    path = tmp_path / "genome.sizes"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        read_chrom_sizes(path)


def test_a_missing_sizes_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"chromosome sizes file not found: .*none\.sizes"):
        read_chrom_sizes(tmp_path / "none.sizes")
