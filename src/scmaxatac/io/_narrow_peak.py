"""Sites as the ten columns of a narrowPeak file."""

from collections.abc import Sequence

import pandas as pd

_DECIMALS = 6


def narrow_peaks(sites: pd.DataFrame, names: str | Sequence[str]) -> pd.DataFrame:
    """Sites as ENCODE's ten columns, sorted by the name of the chromosome and by start; what is not known is -1.

    Parameters
    ----------
    sites
        Columns ``chrom``, ``start``, ``end`` (0-based, half-open) and ``score`` (0 to 1), a row a site.
    names
        Name of all sites, or of each.

    Returns
    -------
    Frame with the columns of the file; ``score`` is 0 to 1,000, ``signal_value`` 0 to 1 with six decimals.
    """
    score = sites["score"].to_numpy(dtype=float)
    frame = pd.DataFrame(
        {
            "chrom": sites["chrom"].astype(str).to_numpy(),
            "start": sites["start"].to_numpy(),
            "end": sites["end"].to_numpy(),
            "name": names,
            "score": (score * 1000).round().clip(0, 1000).astype(int),
            "strand": ".",
            "signal_value": score.round(_DECIMALS),
            "p_value": -1,
            "q_value": -1,
            "peak": -1,
        }
    )
    return frame.sort_values(["chrom", "start"], kind="stable", ignore_index=True)
