"""Lists of names in messages."""

from scmaxatac._text import abbreviate


def test_a_few_names_are_listed_and_the_rest_of_many_counted():
    assert abbreviate([]) == ""
    assert abbreviate(f"chr{i}" for i in range(1, 6)) == "chr1, chr2, chr3, chr4, chr5"
    assert abbreviate(range(6)) == "0, 1, 2, 3, 4, ... (6 in all)"
    assert abbreviate("abc", 2, separator="; ") == "a; b; ... (3 in all)"
