"""Scores of bins."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scmaxatac._constants import BIN
from scmaxatac._docs import shared_docs
from scmaxatac._keys import KEY_ADDED
from scmaxatac.genome._region import intervals_to_read
from scmaxatac.get._results import Results, find_results
from scmaxatac.io._bigwig import bigwig_sizes, read_bigwig


@shared_docs
def track(
    data: Any, tf: str, group: str, *, region: str | None = None, key: str = KEY_ADDED, mod: str = "atac"
) -> pd.DataFrame:
    """Scores of one TF in one group, bin by bin.

    Where the run saved bigWigs (``save_tracks=True``), all predicted bins are read from there. Otherwise the bins come
    from the run's store, which holds those with a known base and a score of at least ``settings.score_floor``.

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
        If there are no results under `key`, or no such TF or group among them.
    ValueError
        If `region` is not understood or its chromosome was not predicted.
    FileNotFoundError
        If the run's files are not where they were written.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> bins = sma.get.track(mdata, "CTCF", "B", region="chr5:100,000-200,000")
    >>> bins.columns.tolist()
    ['chrom', 'start', 'end', 'score']
    """
    results = find_results(data, key, mod)
    (tf,), (group,) = results.pick_tfs(tf), results.pick_groups(group)
    return read_track(results, tf, group, region)


def read_track(results: Results, tf: str, group: str, region: str | None) -> pd.DataFrame:
    """Read what :func:`track` gives, of a run that was found."""
    path = results.file("bigwig", group, tf, whole=region is None)
    if path is not None:
        sizes, read = bigwig_sizes(path), partial(_read_bigwig, path)
    else:
        sizes, read = results.store.sizes, partial(results.store.read, group, tf)
    frames, width = [], results.params.get("bin", BIN)
    for chrom, start, end in intervals_to_read(region, sizes):
        size = sizes[chrom]
        starts, values = read(chrom, start // width * width, min(-(-end // width) * width, size))
        starts = np.asarray(starts, dtype=np.int64)
        frames.append(
            pd.DataFrame(
                {
                    "chrom": pd.Categorical.from_codes(np.full(len(starts), list(sizes).index(chrom)), list(sizes)),
                    "start": starts,
                    "end": np.minimum(starts + width, size),
                    "score": np.asarray(values, dtype=np.float32),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def _read_bigwig(path: Path, chrom: str, start: int, end: int) -> tuple[np.ndarray, np.ndarray]:
    starts, _, values = read_bigwig(path, chrom, start, end)
    return starts, values
