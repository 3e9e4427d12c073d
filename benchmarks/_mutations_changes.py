"""Ways in which files get damaged, drawn from a seed."""

import zlib
from collections.abc import Callable, Mapping

import numpy as np

Change = Callable[[bytes, np.random.Generator], bytes]

_LONGEST = 64
"""Bytes of the longest block that is zeroed, moved, repeated, inserted or taken out."""


def _block(data: bytes, rng: np.random.Generator) -> tuple[int, int]:
    start = int(rng.integers(len(data)))
    return start, min(len(data), start + int(rng.integers(1, _LONGEST)))


def _flip(data: bytes, rng: np.random.Generator) -> bytes:
    place = int(rng.integers(len(data)))
    return data[:place] + bytes([data[place] ^ 1 << int(rng.integers(8))]) + data[place + 1 :]


def _replace(data: bytes, rng: np.random.Generator) -> bytes:
    place = int(rng.integers(len(data)))
    return data[:place] + rng.bytes(1) + data[place + 1 :]


def _cut(data: bytes, rng: np.random.Generator) -> bytes:
    return data[: int(rng.integers(len(data)))]


def _zero(data: bytes, rng: np.random.Generator) -> bytes:
    start, end = _block(data, rng)
    return data[:start] + bytes(end - start) + data[end:]


def _swap(data: bytes, rng: np.random.Generator) -> bytes:
    (a, b), (c, d) = sorted([_block(data, rng), _block(data, rng)])
    b, c = min(b, c), max(b, c)
    return data[:a] + data[c:d] + data[b:c] + data[a:b] + data[d:]


def _insert(data: bytes, rng: np.random.Generator) -> bytes:
    start, end = _block(data, rng)
    return data[:start] + rng.bytes(end - start) + data[start:]


def _remove(data: bytes, rng: np.random.Generator) -> bytes:
    start, end = _block(data, rng)
    return data[:start] + data[end:]


def _repeat(data: bytes, rng: np.random.Generator) -> bytes:
    start, end = _block(data, rng)
    return data[:end] + data[start:]


def _with_lines(change: Callable[[list[bytes], int, int], None]) -> Change:
    def changed(data: bytes, rng: np.random.Generator) -> bytes:
        lines = data.splitlines(keepends=True)
        i, j = rng.integers(len(lines), size=2).tolist()
        change(lines, i, j)
        return b"".join(lines)

    return changed


def _repeat_line(lines: list[bytes], i: int, j: int) -> None:
    lines.insert(j, lines[i])


def _remove_line(lines: list[bytes], i: int, _: int) -> None:
    del lines[i]


def _swap_lines(lines: list[bytes], i: int, j: int) -> None:
    lines[i], lines[j] = lines[j], lines[i]


def _cut_line(lines: list[bytes], i: int, j: int) -> None:
    lines[i] = lines[i][: j % max(1, len(lines[i]))] + b"\n"


OF_BYTES: Mapping[str, Change] = {
    "flip": _flip, "replace": _replace, "cut": _cut, "zero": _zero, "swap": _swap, "insert": _insert,
    "remove": _remove, "repeat": _repeat,
}  # fmt: skip
OF_LINES: Mapping[str, Change] = {
    "repeat line": _with_lines(_repeat_line), "remove line": _with_lines(_remove_line),
    "swap lines": _with_lines(_swap_lines), "cut line": _with_lines(_cut_line),
}  # fmt: skip


def mutate(data: bytes, *, is_text: bool, name: str, number: int, seed: int) -> tuple[str, bytes]:
    """Damage a file in one of the ways.

    Parameters
    ----------
    data
        Its bytes.
    is_text
        Whether lines can be damaged as well.
    name, number, seed
        Which mutation of which file it is; the same ones give the same.

    Returns
    -------
    The way, and the bytes after it, which are others.
    """
    changes = {**OF_BYTES, **(OF_LINES if is_text else {})}
    rng = np.random.default_rng([seed, zlib.crc32(name.encode()), number])
    kind = list(changes)[number % len(changes)]
    while (changed := changes[kind](data, rng)) == data:
        kind = str(rng.choice(list(changes)))
    return kind, changed
