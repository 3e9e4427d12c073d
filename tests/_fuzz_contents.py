"""What parsers are tried with: lines of odd fields, JSON with other values, and damage to sound files."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from hypothesis import strategies as st

ODD = [
    "", " ", ".", "-", "-1", "1e5", "1.5", "nan", "inf", "9" * 30, "chr1:1-2", "#", ">", "\x00", "é", '"', "0x10",
    "1,000", "~x/y",
]  # fmt: skip
PIECES = [b"0", b"1", b"-", b".", b"x", b" ", b"\t", b"\n", b"\r", b"A", b"9" * 8, b"\0", b"\xff" * 4, b"\0" * 8]
ODD_VALUES = [None, True, -1, 0, 1.5, 10**30, "", "x", "../x", [], ["x"], {}, {"x": 1}]
NUMBERS = ["0", "1", "7", "100", "2500", "99999"]
STARTS, ENDS = NUMBERS[:3], NUMBERS[3:]
CHROMS = ["chr1", "chr2", "1", "chrUn_KI270302v1"]


def mostly(usual: st.SearchStrategy, other: st.SearchStrategy, n: int) -> st.SearchStrategy:
    """The usual, and in one of `n` cases something else; what stands in ``st.one_of`` more than once counts once."""
    return st.integers(1, n).flatmap(lambda i: other if i == n else usual)


def lines_of(
    *columns: list[str], separators: str = "\t\t\t, ", heads: tuple[str, ...] = ()
) -> st.SearchStrategy[bytes]:
    """Files of a few lines whose fields are mostly of their column, sometimes odd, missing or too many."""
    field = [mostly(st.sampled_from(column), st.sampled_from(ODD), 6 * len(columns)) for column in columns]
    line = st.builds(
        lambda fields, cut, more: [*fields[: len(fields) - cut], *more],
        st.tuples(*field),
        st.sampled_from([0] * 30 + [1, 2]),
        st.sampled_from([[]] * 30 + [["x"], [""]]),
    )
    other = st.sampled_from(["# a comment", "", "track type=bedGraph", "\ufeff"])
    text = st.builds(
        lambda before, head, rows, separator, end, last: (
            end.join([*before, *head, *(row if isinstance(row, str) else separator.join(row) for row in rows)])
            + (end if last else "")
        ),
        mostly(st.just([]), st.lists(other, min_size=1, max_size=2), 4),
        mostly(st.just(heads), st.lists(st.sampled_from(heads), max_size=2) if heads else st.just([]), 4),
        st.lists(mostly(line, other, 20), max_size=6),
        st.sampled_from(separators),
        st.sampled_from(["\n"] * 6 + ["\r\n", "\r"]),
        st.booleans(),
    )
    return mostly(text.map(str.encode), st.binary(max_size=80), 20)


def table_of(columns: tuple[str, ...], *values: list[str], separator: str = "\t") -> st.SearchStrategy[bytes]:
    """Files of lines below a first line with the names of the columns, which mostly is whole."""
    names = separator.join(columns)
    others = [
        names.upper(),
        names.partition(separator)[2],
        f"{names}{separator}x",
        f"{names}{separator}{columns[0]}",
        "",
    ]
    heads = mostly(st.just(names), st.sampled_from(others), 6)
    rows = lines_of(*values, separators=separator)
    return st.builds(lambda head, text: f"{head}\n".encode() + text, heads, rows)


class Damage(NamedTuple):
    """What is done to a sound file: bytes at a place, a share of its length, are taken out and others put in."""

    place: float
    n_out: int
    put_in: bytes

    def of(self, sound: bytes) -> bytes:
        """Content of the damaged file."""
        at = int(self.place * len(sound))
        return sound[:at] + self.put_in + sound[at + self.n_out :]


def damaged(*, head: float = 0.1) -> st.SearchStrategy[bytes | Damage]:
    """Bytes that are changed, put in, taken out or cut off, half of them in a file's head; or a file of a few bytes."""
    place = st.one_of(st.integers(0, 999).map(lambda i: head * i / 1000), st.integers(0, 999).map(lambda i: i / 1000))
    some = st.one_of(st.sampled_from(PIECES), st.binary(min_size=1, max_size=8))
    changed = st.builds(lambda place, put_in: Damage(place, len(put_in), put_in), place, some)
    put_in = st.builds(Damage, place, st.just(0), some)
    taken_out = st.builds(Damage, place, st.sampled_from([1, 2, 40]), st.just(b""))
    cut_off = st.builds(Damage, place, st.just(10**9), st.just(b""))
    return st.one_of(changed, put_in, taken_out, mostly(cut_off, st.binary(max_size=40), 4))


def changed_json(sound: bytes) -> st.SearchStrategy[bytes | Damage]:
    """JSON in which one value is another one or gone, and what is done to its text."""
    content = json.loads(sound)
    values = st.builds(
        lambda place, value: json.dumps(_with(content, place, value)).encode(),
        st.sampled_from(list(_places(content))),
        st.sampled_from([*ODD_VALUES, _Gone]),
    )
    return mostly(values, damaged(), 4)


class _Gone:
    """Stands for a value that is taken out."""


def _places(value: Any) -> Iterator[tuple[Any, ...]]:
    """Keys and numbers that lead to each value within another one; none for itself."""
    yield ()
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from ((key, *rest) for rest in _places(value[key]))


def _with(value: Any, place: tuple[Any, ...], new: Any) -> Any:
    """A copy with another value at a place."""
    if not place:
        return None if new is _Gone else new
    parts = dict(value) if isinstance(value, dict) else dict(enumerate(value))
    if new is _Gone and len(place) == 1:
        del parts[place[0]]
    else:
        parts[place[0]] = _with(parts[place[0]], place[1:], new)
    return parts if isinstance(value, dict) else list(parts.values())
