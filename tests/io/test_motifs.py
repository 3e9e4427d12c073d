import gzip

import numpy as np
import pytest

from scmaxatac.io._motifs import as_counts, information, read_motifs

JASPAR = """>MA0001.1\tAAA
A [ 3 0 10 ]
C [ 1 0  0 ]
G [ 0 5  0 ]
T [ 0 5  0 ]

>MA0002.1
3 0
1 0
0 5
0 5
"""
COUNTS = np.array([[3, 1, 0, 0], [0, 0, 5, 5], [10, 0, 0, 0]])

MEME = """MEME version 4

ALPHABET= ACGT

strands: + -

Background letter frequencies
A 0.25 C 0.25 G 0.25 T 0.25

MOTIF MA0001.1 AAA
letter-probability matrix: alength= 4 w= 3 nsites= 4 E= 0
 0.75 0.25 0 0
 0 0 0.5 0.5
 1.0 0 0 0
URL http://example.org

MOTIF second
letter-probability matrix: alength= 4 w= 1
 .1 .2 .3 .4
"""


def test_jaspar_counts_are_read_with_and_without_letters(tmp_path):
    (tmp_path / "m.jaspar").write_text(JASPAR)
    one, two = read_motifs(tmp_path / "m.jaspar")
    assert (one.id, one.tf, two.id, two.tf) == ("MA0001.1", "AAA", "MA0002.1", "MA0002.1")
    np.testing.assert_array_equal(one.counts, COUNTS)
    np.testing.assert_array_equal(two.counts, COUNTS[:2])


def test_meme_probabilities_become_counts_of_their_number_of_sites(tmp_path):
    (tmp_path / "m.meme.gz").write_bytes(gzip.compress(MEME.replace("\n", "\r\n").encode()))
    one, two = read_motifs(tmp_path / "m.meme.gz")
    assert (one.id, one.tf, two.tf) == ("MA0001.1", "AAA", "second")
    np.testing.assert_allclose(one.counts, [[3, 1, 0, 0], [0, 0, 2, 2], [4, 0, 0, 0]])
    np.testing.assert_allclose(two.counts, [[100, 200, 300, 400]])


def test_pseudocounts_are_added_to_every_count(tmp_path):
    (tmp_path / "m.jaspar").write_text(JASPAR)
    np.testing.assert_allclose(
        read_motifs(tmp_path / "m.jaspar")[0].probabilities(0.5)[0], np.array([3.5, 1.5, 0.5, 0.5]) / 6
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no motif"),
        (">a b\nA [ 1 2 ]\nC [ 1 2 ]\n", "four lines"),
        (">a b\n1 2\n1 2\n1\n1 2\n", "lines of 1, 2 numbers"),
        (">a b\n1\nx\n1\n1\n", "are not numbers"),
        (">a b\n1\n1\n1\n-1\n", "negative"),
        (JASPAR + JASPAR, "occurs twice"),
        (MEME.replace("0.75 0.25 0 0", "0.75 0.25 0"), "lines of 3, 4 numbers"),
        (MEME.replace("ACGT", "ACDEFGHIKLMNPQRSTVWY"), "only ACGT"),
    ],
)
def test_what_is_no_motif_file_is_an_error_that_names_the_place(tmp_path, text, message):
    (tmp_path / "m.txt").write_text(text)
    with pytest.raises(ValueError, match=message):
        read_motifs(tmp_path / "m.txt")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"motif file not found: .*none\.meme"):
        read_motifs(tmp_path / "none.meme")


def test_a_matrix_of_the_wrong_shape_is_an_error():
    with pytest.raises(ValueError, match=r"motif X has the shape \(4, 6\)"):
        as_counts(np.ones((4, 6)), "motif X")


def test_lines_that_are_labelled_otherwise_than_a_c_g_t_are_put_in_order(tmp_path):
    rows = {"A": [10, 1, 2], "C": [3, 20, 4], "G": [5, 6, 30], "T": [7, 8, 9]}
    path = tmp_path / "m.jaspar"
    for order in ("ACGT", "TGCA", "CATG", "tgca", "UGCA"):
        text = ">MA1 X\n" + "".join(
            f"{letter} [ {' '.join(map(str, rows[letter.upper().replace('U', 'T')]))} ]\n" for letter in order
        )
        path.write_text(text)
        np.testing.assert_array_equal(read_motifs(path)[0].counts, np.transpose(list(rows.values())))


@pytest.mark.parametrize("labels", ["AACG", "ACG ", "ACGN"])
def test_lines_with_other_labels_are_refused(tmp_path, labels):
    path = tmp_path / "m.jaspar"
    path.write_text(">MA1 X\n" + "".join(f"{letter} [1 2 3]\n" for letter in labels))
    with pytest.raises(ValueError, match=r"m\.jaspar: its lines are labelled|motif MA1: .* are not numbers"):
        read_motifs(path)


_HEAD = "MEME version 4\n\nMOTIF one\n"
_MATRIX = "letter-probability matrix: alength= 4 w= 2 nsites= 20\n0.5 0.5 0 0\n0 0 0.25 0.75\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (_HEAD, "motif one has no letter-probability matrix"),
        (f"{_HEAD}MOTIF two\n{_MATRIX}", "motif one has no letter-probability matrix"),
        (f"MEME version 4\n{_MATRIX}", "line 2: a letter-probability matrix without a line MOTIF before it"),
        (f"{_HEAD}{_MATRIX.replace('w= 2', 'w= 3')}", "has 2 rows, and its matrix says w= 3"),
        (f"{_HEAD}{_MATRIX.replace('0.25', '0.85')}", r"row 2 sums to 1\.6, and probabilities sum to 1"),
        (f"{_HEAD}{_MATRIX.replace('nsites= 20', 'nsites= 1e')}", "nsites is '1e', which is no number"),
    ],
)
def test_what_a_meme_file_lacks_is_told(tmp_path, text, message):
    path = tmp_path / "m.meme"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        read_motifs(path)
    path.write_text(_HEAD + _MATRIX)
    np.testing.assert_allclose(read_motifs(path)[0].counts, [[10, 10, 0, 0], [0, 0, 5, 15]])


def test_information_is_two_bits_less_the_entropy_and_none_for_even_counts():
    counts = np.array([[1000, 0, 0, 0], [500, 500, 0, 0], [250, 250, 250, 250], [5, 5, 5, 5], [0, 0, 0, 0]])
    correction = 3 / (2 * np.log(2) * 1000)
    np.testing.assert_allclose(information(counts), [2 - correction, 1 - correction, 0, 0, 0], atol=1e-9)
