"""The QC table of a prediction: depth of each group, and how far the published thresholds are off."""

import pandas as pd

from scmaxatac import _keys
from scmaxatac._logging import warn
from scmaxatac._text import abbreviate

_MOST_OFF = 2.0
"""Ratio of called to expected bins, or its inverse, from which on a threshold does not fit."""


def quality_table(depth: pd.DataFrame, n_sites: pd.Series, ratios: pd.DataFrame, *, remedy: str | None) -> pd.DataFrame:
    """Add to the QC table of the pseudobulks what a prediction found.

    Parameters
    ----------
    depth
        QC of all groups, the skipped ones as well.
    n_sites
        Sites of each predicted group.
    ratios
        What :func:`~scmaxatac.predict._thresholds.expected_bins` gives.
    remedy
        Calls that find sites by rank, "" for none, to be named by a warning where the published thresholds don't fit.
        None leaves the warning out: it is of use only where sites were called at these thresholds, and where groups are
        of cells, not the thinned libraries of :func:`~scmaxatac.tl.downsampling_curve`.
    """
    table = depth.assign(n_sites=n_sites.reindex(depth.index, fill_value=0))
    columns = ratios.reindex(depth.index).add_prefix(_keys.CALLED_TO_EXPECTED)
    table = table.join(columns)
    n_off = ((ratios < 1 / _MOST_OFF) | (ratios > _MOST_OFF)).sum(axis=1)
    n_known = ratios.notna().sum(axis=1)
    off = [group for group in ratios.index if n_off[group] and 2 * n_off[group] >= n_known[group]]
    if remedy is not None and off:
        named = abbreviate(f"{group!r}: {n_off[group]} of {n_known[group]}" for group in off)
        advice = (
            '. Where the factor is expressed, "matched" finds more of what is bound, and "mixed" is more cautious '
            f"where that is not known: {remedy}"
        )
        warn(
            "the published thresholds don't fit the depth of the data: less than half or more than twice the bins that "
            f"the calibration expects reach those of half the factors or more ({named}; get.qc has all)"
            + (advice if remedy else "")
        )
    return table
