"""Order of rows by likeness."""

from typing import NamedTuple

import numpy as np


class Likeness(NamedTuple):
    """Rows put in order by hierarchical clustering.

    Attributes
    ----------
    order
        (n,) int64, a permutation of the rows: similar ones are neighbours.
    tree
        (k - 1, 4) float64, scipy's linkage of the first k rows of this order; None where they were not clustered. The
        others hold no value.
    """

    order: np.ndarray
    tree: np.ndarray | None


def similar_together(values: np.ndarray) -> Likeness:
    """Order rows by hierarchical clustering, so that similar ones are neighbours.

    Average linkage on Euclidean distances, leaves in the optimal order (scipy).

    Parameters
    ----------
    values
        (n, m) float. Columns with NaN are ignored, and rows that are all NaN come last.
    """
    from scipy.cluster.hierarchy import leaves_list, linkage

    empty = np.isnan(values).all(axis=1)
    rows = np.flatnonzero(~empty)
    known = values[rows][:, ~np.isnan(values[rows]).any(axis=0)]
    tree = None
    if len(rows) > 2 and known.shape[1]:
        tree = linkage(known, method="average", optimal_ordering=True)
        rows = rows[leaves_list(tree)]
    return Likeness(np.concatenate([rows, np.flatnonzero(empty)]), tree)
