import pytest

from scmaxatac.plotting._labels import distinct_labels, shortened, wrapped


def test_long_names_are_broken():
    assert wrapped("B") == "B"
    assert wrapped("") == ""
    assert wrapped("CD14+ monocytes (classical)") == "CD14+ monocytes\n(classical)"
    assert wrapped("CD4/naive T|donor_1", 14) == "CD4/naive T|\ndonor_1"


@pytest.mark.parametrize(("width", "lines"), [(18, 3), (26, 1), (10, 2), (40, 1)])
def test_names_lose_their_middle_and_keep_beginning_and_end(width, lines):
    name = "CD4-positive, alpha-beta memory T cell of the small intestine, lamina propria, donor 12"
    label = wrapped(name, width, lines)
    head, tail = label.replace("\n", " ").split("…")
    assert name.startswith(head.rstrip())
    assert name.endswith(tail.lstrip())
    assert min(len(head), len(tail)) >= 3
    assert len(label.split("\n")) <= lines
    assert max(map(len, label.split("\n"))) <= width


def test_as_much_is_kept_as_fits():
    assert shortened("abcdefghij", 10) == "abcdefghij"
    assert shortened("abcdefghij", 9) == "abcd…ghij"
    assert shortened("abcdefghij", 4) == "ab…j"


@pytest.mark.parametrize(("width", "lines"), [(18, 3), (26, 1), (18, 2)])
def test_names_that_differ_are_drawn_differently(width, lines):
    same = "hematopoietic multipotent progenitor cell of"
    names = [f"{same} donor {i:03d} {same} adult bone marrow" for i in range(1, 41)]  # differ in the middle
    names += ["B", f"{same} (2)", *(f"{same} and more of it {i}" for i in range(40))]
    labels = distinct_labels(names, width, lines)
    assert len(set(labels)) == len(names)
    assert all(len(label.split("\n")) <= lines for label in labels)
    assert all(len(line) <= width for label in labels for line in label.split("\n"))
    assert labels[40] == "B"


def test_where_beginning_and_end_are_the_same_the_part_that_differs_is_kept_or_names_are_numbered():
    names = [f"hematopoietic progenitor cell of donor {i} from adult bone marrow" for i in (1, 2, 11)]
    ends = ("i…l of donor 1…", "i…l of donor 2…", "ic…of donor 11…")
    assert distinct_labels(names, 26, 1) == [f"hematopoiet{end}" for end in ends]
    names = [f"hematopoietic progenitor cell|donor_{i:02d}|adult bone marrow" for i in range(40)]
    labels = distinct_labels(names, 40, 1)
    assert all(f"donor_{i:02d}" in label for i, label in enumerate(labels))
    far = [f"{'a' * 30} {middle} {'b' * 30}" for middle in ("1" + "c" * 30, "2" + "c" * 30)]
    assert distinct_labels(far, 20, 1) == ["aaaaaaaa…bbbbbbb (1)", "aaaaaaaa…bbbbbbb (2)"]
