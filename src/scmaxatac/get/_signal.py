"""ATAC signal of a group."""

from typing import Any

import pandas as pd

from scmaxatac._arguments import checked_arguments
from scmaxatac._docs import shared_docs
from scmaxatac._keys import KEY_ADDED
from scmaxatac.results._read_tracks import read_signal
from scmaxatac.results._reader import read_results


@shared_docs
@checked_arguments
def signal(
    data: Any, group: str, *, region: str | None = None, key: str = KEY_ADDED, mod: str = "atac"
) -> pd.DataFrame:
    """ATAC signal that one group's sites were predicted from, as runs of equal values.

    The signal is the coverage by Tn5 insertions, each widened to 41 bp, scaled such that its 99th percentile is 1.

    Parameters
    ----------
    data
        {results}
    group
        The group.
    region
        Interval to read, such as ``"chr22:18,712,000-18,730,000"`` (0-based, half-open); runs are cut to it. By default
        everything.
    key
        {key}
    mod
        {mod}

    Returns
    -------
    A row a run: chrom, start, end (0-based, half-open), value (float32); the signal is 0 between runs.

    Raises
    ------
    KeyError
        If there are no results under `key`, a slot of theirs is missing, or there is no such group among them.
    ValueError
        If `region` is not understood, its chromosome was not predicted, or a slot or file was changed.
    FileNotFoundError
        If the run's files are not where they were written.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> runs = sma.get.signal(mdata, "CD4/T", region="chr5:100,000-200,000")
    >>> runs.columns.tolist()
    ['chrom', 'start', 'end', 'value']
    """
    results = read_results(data, key, mod)
    (group,) = results.pick_groups(group)
    return read_signal(results, group, region)
