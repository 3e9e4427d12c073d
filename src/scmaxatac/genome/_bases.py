"""Codes of bases, their complements and their one-hot encoding: 0 to 3 are A, C, G, T, every other code is unknown."""

import numpy as np
from numpy.typing import DTypeLike

from scmaxatac._constants import UNKNOWN_BASE
from scmaxatac._types import Bytes

BASES = "ACGT"
"""Letters of the codes 0 to 3."""

COMPLEMENT = np.arange(256, dtype=np.uint8)
"""Code of the complement of each code; unknown ones stay what they are."""

COMPLEMENT[:UNKNOWN_BASE] = COMPLEMENT[:UNKNOWN_BASE][::-1]


def reverse_complement(codes: np.ndarray) -> Bytes:
    """Reverse complement of sequences along the last axis; (..., length) uint8. Unknown bases stay unknown."""
    flipped: Bytes = COMPLEMENT[codes[..., ::-1]]
    return flipped


def one_hot(codes: np.ndarray, *, out: np.ndarray | None = None, dtype: DTypeLike = np.float32) -> np.ndarray:
    """One-hot encoding of sequences, all zero where a base is unknown.

    Parameters
    ----------
    codes
        (..., length) uint8.
    out
        (..., at least 4, length): its first four channels are filled, and it is returned; a new array without.
    dtype
        Type of a new array.

    Returns
    -------
    (..., 4, length): A, C, G, T.
    """
    if out is None:
        out = np.empty((*codes.shape[:-1], UNKNOWN_BASE, codes.shape[-1]), dtype=dtype)
    for base in range(UNKNOWN_BASE):
        np.equal(codes, base, out=out[..., base, :], casting="unsafe")
    return out
