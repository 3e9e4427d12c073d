"""Scores of bins."""

from typing import Any

import pandas as pd

from scmaxatac._arguments import checked_arguments
from scmaxatac._docs import shared_docs
from scmaxatac._keys import KEY_ADDED
from scmaxatac.results._read_tracks import read_track
from scmaxatac.results._reader import read_results


@shared_docs
@checked_arguments
def track(
    data: Any, tf: str, group: str, *, region: str | None = None, key: str = KEY_ADDED, mod: str = "atac"
) -> pd.DataFrame:
    """Scores of one TF in one group, bin by bin.

    Where the run saved bigWigs of all bins (``save_tracks="all"``), these are read from there. Otherwise the bins come
    from the run's store, which holds those with a known base and a score of at least ``settings.min_stored_score``, and
    lower ones that rank high; bigWigs of ``save_tracks="sites"`` hold the same ones, rounded to three decimals.

    Parameters
    ----------
    data
        {results}
    tf
        The TF.
    group
        The group.
    region
        Interval to read, such as ``"chr22:18,712,000-18,730,000"`` (0-based, half-open); bins that overlap it are given
        whole. By default everything.
    key
        {key}
    mod
        {mod}

    Returns
    -------
    A row a bin: chrom, start, end (0-based, half-open; 32 bp with the published models), score (float32).

    Raises
    ------
    KeyError
        If there are no results under `key`, a slot of theirs is missing, or there is no such TF or group among them.
    ValueError
        If `region` is not understood, its chromosome was not predicted, or a slot or file was changed.
    FileNotFoundError
        If the run's files are not where they were written.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> bins = sma.get.track(mdata, "CTCF", "B", region="chr5:100,000-200,000")
    >>> bins.columns.tolist()
    ['chrom', 'start', 'end', 'score']
    """
    results = read_results(data, key, mod)
    (tf,), (group,) = results.pick_tfs(tf), results.pick_groups(group)
    return read_track(results, tf, group, region)
