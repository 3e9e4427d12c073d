"""Which cells a group had, against sets of names."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from scmaxatac.results._composition import composition, compositions, difference

GROUPS = ["a", "b", "c"]
CELLS = st.dictionaries(st.text(max_size=3), st.integers(-1, 2), max_size=12)


def made(cells: dict[str, int]):
    return composition(list(cells), np.array(list(cells.values()), dtype=np.int32), GROUPS)


def members(cells: dict[str, int]) -> dict[int, set[str]]:
    return {code: {n for n, c in cells.items() if c == code} for code in set(cells.values()) if code >= 0}


@given(CELLS, CELLS)
def test_compositions_are_equal_where_the_sets_of_cells_are(one, other):
    assert (made(one) == made(other)) == (members(one) == members(other))
    assert (difference([made(one)], made(other), "leiden") == "") == (members(one) == members(other))


@given(CELLS)
def test_numbers_of_cells_are_those_of_the_groups(cells):
    assert {name: n for name, (n, _) in made(cells).items()} == {
        GROUPS[code]: len(names) for code, names in members(cells).items()
    }


def test_the_objects_of_a_list_and_their_concatenation_are_known():
    class Cells:
        def __init__(self, *names: str) -> None:
            self.obs_names = list(names)

    codes = [np.array([0, 1]), np.array([1])]
    one, other, both = compositions([Cells("x", "y"), Cells("z")], codes, GROUPS)
    assert one == made({"x": 0, "y": 1})
    assert other == made({"z": 1})
    assert both == made({"x": 0, "y": 1, "z": 1})
    assert len(compositions([Cells("x", "y")], codes[:1], GROUPS)) == 1


def test_names_that_run_together_are_told_apart():
    assert made({"ab": 0, "c": 0}) != made({"a": 0, "bc": 0})


def test_many_changes_are_counted():
    before = composition([f"x{i}" for i in range(9)], np.arange(9), list("abcdefghi"))
    now = composition([f"y{i}" for i in range(9)], np.arange(9), list("abcdefghi"))
    text = difference([before], now, "leiden")
    assert text.startswith("group 'a' has other cells than the 1 that it had; group 'b'")
    assert text.endswith("(9 in all)")
