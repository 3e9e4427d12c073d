"""Compiled loops over insertions and the hexamers around them. Imported lazily: numba is slow to import.

A hexamer holds `before` bases before an insertion's own and `after` behind it; codes from `unknown` on are no base.
These are arguments, because what numba keeps of compiled loops does not follow the constants of other modules.
"""

import numpy as np

from scmaxatac._compiled import compiled


@compiled
def count_available(
    codes: np.ndarray, starts: np.ndarray, ends: np.ndarray, before: int, after: int, unknown: int, counts: np.ndarray
) -> None:
    """Add the hexamers around every position of some intervals to `counts`, (4096,) int64.

    `codes` is a chromosome, (length,) uint8; `starts` and `ends` are (n,) int64. Hexamers that reach past an end of
    the chromosome or hold an unknown base don't count.
    """
    mask = len(counts) - 1
    for k in range(len(starts)):
        first = max(starts[k] - before, 0)
        stop = min(ends[k] + after, len(codes))
        word = 0
        n_known = 0
        for i in range(first, stop):
            base = codes[i]
            n_known = n_known + 1 if base < unknown else 0
            word = ((word << 2) | (base & 3)) & mask
            if n_known > before + after:
                counts[word] += 1


@compiled
def count_observed(
    codes: np.ndarray, positions: np.ndarray, before: int, after: int, unknown: int, counts: np.ndarray
) -> None:
    """Add the hexamer around each of some positions, (n,) int32, to `counts`, (4096,) int64; unknown ones don't."""
    for position in positions:
        first = position - before
        if first < 0 or position + after >= len(codes):
            continue
        word = 0
        known = True
        for i in range(first, position + after + 1):
            base = codes[i]
            known = known and base < unknown
            word = (word << 2) | (base & 3)
        if known:
            counts[word] += 1


@compiled
def add_sites(
    codes: np.ndarray,
    positions: np.ndarray,
    starts: np.ndarray,
    flipped: np.ndarray,
    blocks: np.ndarray,
    before: int,
    after: int,
    class_of: np.ndarray,
    bias: np.ndarray,
    observed: np.ndarray,
    expected: np.ndarray,
    exposure: np.ndarray,
) -> None:
    """Add the windows of the sites of a chromosome to running sums; see :class:`~scmaxatac.atac._footprint.Aggregate`.

    A site's window is the ``observed.shape[1]`` positions from its start on, and has to lie on the chromosome, with
    every base around it known. `positions` are sorted; `class_of` is (4096,), `bias` (classes,).
    """
    width = observed.shape[1]
    mask = len(class_of) - 1
    classes = np.empty(width, dtype=np.int64)
    for s in range(len(starts)):
        start = starts[s]
        block = blocks[s]
        n = 0
        i = np.searchsorted(positions, start)
        while i < len(positions) and positions[i] < start + width:
            at = positions[i] - start
            observed[block, width - 1 - at if flipped[s] else at] += 1
            n += 1
            i += 1
        if n == 0:
            continue
        word = 0
        for b in range(start - before, start + after):
            word = ((word << 2) | codes[b]) & mask
        total = 0.0
        for at in range(width):
            word = ((word << 2) | codes[start + at + after]) & mask
            classes[at] = class_of[word]
            total += bias[class_of[word]]
        weight = n / total
        for at in range(width):
            place = width - 1 - at if flipped[s] else at
            expected[block, place] += weight * bias[classes[at]]
            exposure[place, classes[at]] += weight
