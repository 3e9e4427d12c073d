"""The QC table of a prediction: depth of each group, and how far the published thresholds are off."""

import pandas as pd

from scmaxatac import _keys
from scmaxatac._logging import warn

_MOST_OFF = 2.0
"""Ratio of called to expected bins, or its inverse, from which on a group gets a warning."""


def quality_table(depth: pd.DataFrame, n_sites: pd.Series, ratios: pd.DataFrame, *, published: bool) -> pd.DataFrame:
    """Add to the QC table of the pseudobulks what a prediction found.

    Parameters
    ----------
    depth
        QC of all groups, the skipped ones as well.
    n_sites
        Sites of each predicted group.
    ratios
        What :func:`~scmaxatac.tl._thresholds.called_to_expected` gives.
    published
        Whether sites were called at these thresholds; only then the user is warned, beside the note in the table.
    """
    table = depth.assign(n_sites=n_sites.reindex(depth.index, fill_value=0))
    columns = ratios.reindex(depth.index).add_prefix(_keys.CALLED_TO_EXPECTED)
    table = table.join(columns)
    typical = ratios.median(axis=1)
    off = typical[(typical < 1 / _MOST_OFF) | (typical > _MOST_OFF)]
    for group, ratio in off.items():
        note = f"published thresholds call {ratio:.2g} times the expected bins (median over factors)"
        table.loc[group, "warnings"] = "; ".join(filter(None, [table.loc[group, "warnings"], note]))
    if published and len(off):
        named = ", ".join(f"{group!r} {ratio:.2g} times" for group, ratio in off.iloc[:5].items())
        warn(
            f"the published thresholds don't fit the depth of {len(off)} of {len(typical)} groups: the bins that reach "
            f"them are not as many as the calibration expects ({named}{', ...' if len(off) > 5 else ''}; get.qc has "
            'all factors). Where the factor is expressed, threshold="matched" finds more of what is bound, and '
            '"mixed" is more cautious where that is not known; tl.call_sites applies them without predicting again'
        )
    return table
