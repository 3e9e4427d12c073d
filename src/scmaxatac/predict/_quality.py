"""The QC table of a prediction: depth of each group, and how far the published thresholds are off."""

import pandas as pd

from scmaxatac import _keys
from scmaxatac._logging import warn
from scmaxatac._text import abbreviate

MOST_OFF = 2.0
"""Ratio of called to expected bins, or its inverse, from which on a threshold does not fit."""

_FEW = 3
"""Factors that say nothing of the depth, because one of them may be absent."""


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
    off = (ratios < 1 / MOST_OFF) | (ratios > MOST_OFF)
    n_off, n_known = off.sum(axis=1), ratios.notna().sum(axis=1)
    groups = [group for group in ratios.index if n_off[group] and 2 * n_off[group] >= n_known[group]]
    if remedy is not None and groups:
        advice = (
            '. Where the factor is expressed, "matched" finds more of what is bound, and "mixed" is more cautious '
            f"where that is not known: {remedy}"
        )
        warn(_told(off.loc[groups], n_known.loc[groups]) + (advice if remedy else ""))
    return table


def _told(off: pd.DataFrame, n_known: pd.Series) -> str:
    """What is off in these groups; of few factors their names, as they may be absent rather than the data shallow."""
    amount = "less than half or more than twice the bins that the calibration expects reach"
    if n_known.max() > _FEW:
        named = abbreviate(f"{group!r}: {row.sum()} of {n_known[group]}" for group, row in off.iterrows())
        return (
            f"the published thresholds don't fit the depth of the data: {amount} those of half the factors or more "
            f"({named}; get.qc has all)"
        )
    named = abbreviate((f"{group!r}: {', '.join(row.index[row])}" for group, row in off.iterrows()), separator="; ")
    return (
        f"the published thresholds may not fit: {amount} them ({named}; get.qc has the numbers). So few factors don't "
        "tell whether the data are shallow, or these factors are absent there or bind more widely"
    )
