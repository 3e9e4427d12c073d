"""Known motifs that are like found ones, by memelite's Tomtom."""

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from scmaxatac._logging import warn
from scmaxatac.io._motifs import Motif
from scmaxatac.stats._multiple_testing import benjamini_hochberg

_ENOUGH = 25
"""Fewer motifs than this are a poor background, as memelite says as well."""


def match_motifs(found: Sequence[np.ndarray], known: Sequence[Motif], pseudocount: float = 0.8) -> pd.DataFrame:
    """All known motifs for each found one, those that are most alike first.

    Parameters
    ----------
    found
        (width, 4) counts of A, C, G and T each.
    known
        What to compare with. Columns of all of them are the background of the p-values.
    pseudocount
        Added to every count of both.

    Returns
    -------
    A row a pair: found (number of the found one), id, tf, p (of the best alignment on either strand, by Tomtom), q
    (adjusted by Benjamini and Hochberg over the known motifs, for each found one by itself), overlap (bp that are
    aligned), strand (``"-"`` where the known one is turned round).

    Raises
    ------
    ImportError
        If memelite is not installed.
    """
    names = ("found", "id", "tf", "p", "q", "overlap", "strand")
    if not found or not known:
        return pd.DataFrame({name: [] for name in names})
    tomtom = load_tomtom()
    queries = [np.ascontiguousarray(Motif("", "", counts).probabilities(pseudocount).T) for counts in found]
    targets = [np.ascontiguousarray(motif.probabilities(pseudocount).T) for motif in known]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="tomtom was given")  # warn_of_few says it once
        p, _, _, overlap, strand = tomtom(queries, targets)
    tables = []
    for number, row in enumerate(np.clip(p, 0, 1)):
        order = np.argsort(row, kind="stable")
        columns = (
            np.full(len(order), number), [known[i].id for i in order], [known[i].tf for i in order], row[order],
            benjamini_hochberg(row)[order], overlap[number, order].astype(np.int64),
            np.where(strand[number, order] > 0, "-", "+"),
        )  # fmt: skip
        tables.append(pd.DataFrame(dict(zip(names, columns, strict=True))))
    return pd.concat(tables, ignore_index=True)


def warn_of_few(known: Sequence[Motif]) -> None:
    """Warn if there are so few known motifs that p-values depend on which they are."""
    if len(known) < _ENOUGH:
        warn(
            f"there are {len(known)} known motifs, whose columns are the background of Tomtom's p-values; below "
            f"{_ENOUGH} these depend on which are among them: compare with a whole collection"
        )


def load_tomtom() -> Callable[..., Any]:
    """Import memelite's tomtom, or raise an ImportError that says how to install it."""
    try:
        from memelite import tomtom
    except ImportError:
        raise ImportError("matching motifs needs memelite: pip install 'scmaxatac[motifs]'") from None
    found: Callable[..., Any] = tomtom
    return found
