"""Motif files: MEME text format and JASPAR count matrices, plain or gzip."""

import os
import re
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from scmaxatac._types import Float64s
from scmaxatac.io._text_file import read_lines

_FEW_SITES = 2
_ASSUMED_SITES = 1000.0
"""Sites that a matrix of probabilities is taken to rest on where its file does not say."""

_WIDTH = re.compile(r"\bw\s*=\s*(\d+)")
_ROUNDED = 0.05
"""How far a row of probabilities, rounded as they are in files, may be from 1."""

_LETTER = re.compile(r"([ACGTUacgtu])\b")
_NUMBER_OF_SITES = re.compile(r"\bnsites\s*=\s*([0-9.eE+-]+)")


class Motif(NamedTuple):
    """A position frequency matrix.

    Attributes
    ----------
    id
        Accession or name of the matrix, all different in a file.
    tf
        Name of the transcription factor; the accession where the file gives no name.
    counts
        (width, 4) float64, how often A, C, G and T were seen at each position.
    """

    id: str
    tf: str
    counts: Float64s

    def probabilities(self, pseudocount: float) -> Float64s:
        """Share of each base at each position, (width, 4), with `pseudocount` added to every count."""
        counts = self.counts + pseudocount
        shares: Float64s = counts / counts.sum(axis=1, keepdims=True)
        return shares


def information(counts: Float64s) -> Float64s:
    """Bits of each position of (width, 4) counts over equal base frequencies, less what few counts have by chance."""
    total = np.maximum(counts.sum(axis=1), 1)
    share = counts / total[:, None]
    entropy = -np.sum(share * np.log2(np.where(share > 0, share, 1)), axis=1)
    bits: Float64s = np.maximum(2 - entropy - 3 / (2 * np.log(2) * total), 0)
    return bits


def read_motifs(path: str | os.PathLike[str]) -> list[Motif]:
    """Read motifs from a file in MEME text format or in JASPAR's format of counts.

    Parameters
    ----------
    path
        Plain or gzip. In MEME files the motif is taken from its ``letter-probability matrix``; probabilities are
        multiplied with ``nsites``, or with 1,000 where that is missing or below 2. JASPAR's files have a line
        ``>accession name`` and four lines for A, C, G and T, with or without letters and brackets.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it holds no motif or a malformed one; the message says which.
    """
    lines = [line.strip() for line in read_lines(path, "motif file")]
    is_meme = any(line.startswith("MEME version") or line.startswith("MOTIF") for line in lines)
    motifs = _read_meme(lines, path) if is_meme else _read_jaspar(lines, path)
    if not motifs:
        raise ValueError(f"{path} holds no motif; expected MEME text format or JASPAR's counts (>accession name)")
    seen: set[str] = set()
    for motif in motifs:
        if motif.id in seen:
            raise ValueError(f"{path}: motif {motif.id!r} occurs twice; give each its own name")
        seen.add(motif.id)
    return motifs


def as_counts(matrix: np.ndarray, what: str, n_sites: float | None = None) -> np.ndarray:
    """Check a matrix of counts or probabilities and turn it into counts.

    Parameters
    ----------
    matrix
        (width, 4) numbers for A, C, G, T. Rows that all sum to 1 are probabilities.
    what
        What it is, for messages.
    n_sites
        Sites that probabilities rest on; 1,000 where that is missing or below 2.

    Raises
    ------
    ValueError
        If the shape is another, a number is negative or not finite, or a position has no counts.
    """
    matrix = np.asarray(matrix, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[1] != 4 or not len(matrix):
        raise ValueError(f"{what} has the shape {matrix.shape}; expected (width, 4), columns A, C, G, T")
    total = matrix.sum(axis=1)
    if not np.isfinite(matrix).all() or (matrix < 0).any() or (total <= 0).any():
        raise ValueError(f"{what} has a negative or missing number, or a position without counts")
    if not np.allclose(total, 1, atol=0.02):
        return matrix
    sites = _ASSUMED_SITES if n_sites is None or not n_sites >= _FEW_SITES else n_sites
    counts: Float64s = matrix / total[:, None] * sites
    return counts


def _read_meme(lines: list[str], path: str | os.PathLike[str]) -> list[Motif]:
    motifs: list[Motif] = []
    name: list[str] = []
    for i, line in enumerate(lines):
        if line.startswith("ALPHABET") and line.partition("=")[2].strip() not in ("ACGT", ""):
            raise ValueError(f"{path} has the alphabet {line.partition('=')[2].strip()}; only ACGT is read")
        if line.startswith("MOTIF"):
            if name:
                raise ValueError(f"{path}: motif {name[0]} has no letter-probability matrix")
            name = line.split()[1:3]
            if not name:
                raise ValueError(f"{path}, line {i + 1}: a motif without a name")
        elif line.startswith("letter-probability matrix"):
            if not name:
                raise ValueError(f"{path}, line {i + 1}: a letter-probability matrix without a line MOTIF before it")
            rows = []
            for row in lines[i + 1 :]:
                if not row or not (row[0].isdigit() or row[0] == "."):
                    break
                rows.append(_numbers(row, path, name[0]))
            sites = _NUMBER_OF_SITES.search(line)
            what = f"motif {name[0]} of {path}"
            given = _probabilities(rows, line, what)
            matrix = as_counts(given, what, _number(sites[1], what) if sites else None)
            motifs.append(Motif(name[0], name[-1], matrix))
            name = []
    if name:
        raise ValueError(f"{path}: motif {name[0]} has no letter-probability matrix")
    return motifs


def _probabilities(rows: list[list[float]], head: str, what: str) -> np.ndarray:
    """Rows of a matrix that are as many as its head says, and sum to 1."""
    width = _WIDTH.search(head)
    if width and int(width[1]) != len(rows):
        raise ValueError(f"{what} has {len(rows)} rows, and its matrix says w= {width[1]}")
    matrix = _rectangular(rows, what)
    if len(wrong := np.flatnonzero(~(np.abs(matrix.sum(axis=1) - 1) <= _ROUNDED))):
        total = matrix[wrong[0]].sum()
        raise ValueError(f"{what}: row {wrong[0] + 1} sums to {total:g}, and probabilities sum to 1")
    shares: np.ndarray = matrix / matrix.sum(axis=1, keepdims=True)
    return shares


def _number(text: str, what: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{what}: nsites is {text!r}, which is no number") from None


def _read_jaspar(lines: list[str], path: str | os.PathLike[str]) -> list[Motif]:
    motifs = []
    heads = [i for i, line in enumerate(lines) if line.startswith(">")]
    for i, end in pairwise([*heads, len(lines)]):
        name = lines[i][1:].split()
        rows = [line for line in lines[i + 1 : end] if line]
        if not name or len(rows) != 4:
            raise ValueError(
                f"{path}, line {i + 1}: expected >accession and four lines for A, C, G and T, "
                f"found {lines[i]!r} and {len(rows)} lines"
            )
        counts = [_numbers(re.sub(r"^[ACGTUacgtu]\b|[\[\]|:]", " ", row), path, name[0]) for row in rows]
        what = f"motif {name[0]} of {path}"
        counts = [counts[place] for place in _order(rows, what)]
        motifs.append(Motif(name[0], name[-1], as_counts(_rectangular(counts, what).T, what)))
    return motifs


def _order(rows: list[str], what: str) -> list[int]:
    """Places of the lines of A, C, G and T, by their letters; their own order where they have none."""
    letters = [match[1].upper().replace("U", "T") if (match := _LETTER.match(row)) else "" for row in rows]
    if not any(letters):
        return [0, 1, 2, 3]
    if sorted(letters) != ["A", "C", "G", "T"]:
        shown = ", ".join(letter or "none" for letter in letters)
        raise ValueError(f"{what}: its lines are labelled {shown}; expected A, C, G and T, each once, or no letters")
    return [letters.index(letter) for letter in "ACGT"]


def _rectangular(rows: list[list[float]], what: str) -> np.ndarray:
    if len({len(row) for row in rows}) != 1:
        raise ValueError(f"{what} has lines of {', '.join(map(str, sorted({len(row) for row in rows})))} numbers")
    return np.array(rows)


def _numbers(line: str, path: str | os.PathLike[str], name: str) -> list[float]:
    try:
        return [float(number) for number in line.split()]
    except ValueError:
        raise ValueError(f"{path}, motif {name}: {line[:60]!r} are not numbers") from None
