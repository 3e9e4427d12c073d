"""ATAC signal of a group."""

from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from scmaxatac._docs import shared_docs
from scmaxatac._keys import KEY_ADDED
from scmaxatac.genome._region import intervals_to_read
from scmaxatac.get._results import Results, find_results
from scmaxatac.io._bigwig import bigwig_sizes, read_bigwig
from scmaxatac.results._score_store import ScoreStore
from scmaxatac.results._stored_signal import read_signal as read_stored_signal


@shared_docs
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
        If there are no results under `key`, or no such group among them.
    ValueError
        If `region` is not understood or its chromosome was not predicted.
    FileNotFoundError
        If the run's files are not where they were written.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> runs = sma.get.signal(mdata, "CD4/T", region="chr5:100,000-200,000")
    >>> runs.columns.tolist()
    ['chrom', 'start', 'end', 'value']
    """
    results = find_results(data, key, mod)
    (group,) = results.pick_groups(group)
    return read_signal(results, group, region)


def read_signal(results: Results, group: str, region: str | None) -> pd.DataFrame:
    """Read what :func:`signal` gives, of a run that was found."""
    path = results.file("signal_bigwig", group, whole=region is None)
    if path is not None:
        sizes, read = bigwig_sizes(path), partial(read_bigwig, path)
    else:
        sizes, read = results.store.sizes, partial(_read_stored, results.store, group)
    frames = []
    for chrom, start, end in intervals_to_read(region, sizes):
        starts, ends, values = read(chrom, start, end)
        present = values != 0
        columns = {
            "chrom": pd.Categorical([chrom] * int(present.sum()), list(sizes)),
            "start": starts[present].astype(np.int64),
            "end": ends[present].astype(np.int64),
            "value": values[present],
        }
        frames.append(pd.DataFrame(columns))
    return pd.concat(frames, ignore_index=True)


def _read_stored(
    store: ScoreStore, group: str, chrom: str, start: int, end: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return read_stored_signal(store, group, [chrom]).runs(chrom, start, end)
