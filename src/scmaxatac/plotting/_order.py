"""Order of rows by likeness."""

import numpy as np


def similar_together(values: np.ndarray) -> np.ndarray:
    """Order rows by hierarchical clustering, so that similar ones are neighbours.

    Average linkage on Euclidean distances, leaves in the optimal order (scipy).

    Parameters
    ----------
    values
        (n, m) float. Columns with NaN are ignored, and rows that are all NaN come last.

    Returns
    -------
    (n,) int64, a permutation of the rows.
    """
    from scipy.cluster.hierarchy import leaves_list, linkage

    empty = np.isnan(values).all(axis=1)
    rows = np.flatnonzero(~empty)
    known = values[rows][:, ~np.isnan(values[rows]).any(axis=0)]
    if len(rows) > 2 and known.shape[1]:
        rows = rows[leaves_list(linkage(known, method="average", optimal_ordering=True))]
    return np.concatenate([rows, np.flatnonzero(empty)])
