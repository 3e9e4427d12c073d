"""Scores and signal along the genome, of a run that was found."""

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from scmaxatac.genome._region import intervals_to_read
from scmaxatac.io._bigwig import bigwig_sizes, read_bigwig
from scmaxatac.results._reader import Results
from scmaxatac.results._score_store import ScoreStore
from scmaxatac.results._stored_signal import read_signal as read_stored_signal


def read_track(results: Results, tf: str, group: str, region: str | None) -> pd.DataFrame:
    """Scores of one TF in one group: chrom, start, end, score; from the bigWig where there is one, else the store.

    Parameters
    ----------
    results
        The run.
    tf, group
        Names that are in the run.
    region
        Interval to read; None for everything.
    """
    path = results.file("bigwig", group, tf, whole=region is None)
    if path is not None:
        sizes, read = bigwig_sizes(path), partial(_read_bigwig, path)
    else:
        sizes, read = results.store.sizes, partial(results.store.read, group, tf)
    frames, width = [], int(results.params["bin"])
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


def chrom_sizes(results: Results) -> dict[str, int]:
    """Lengths of the chromosomes that were predicted; from the store, or, where it is gone, from a bigWig."""
    try:
        return dict(results.store.sizes)
    except FileNotFoundError:
        path = results.file("bigwig", results.pick_groups(None)[0], results.pick_tfs(None)[0])
        return {} if path is None else dict(bigwig_sizes(path))


def read_signal(results: Results, group: str, region: str | None) -> pd.DataFrame:
    """ATAC signal of one group as runs of equal values: chrom, start, end, value; read as :func:`read_track` reads."""
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


def _read_bigwig(path: Path, chrom: str, start: int, end: int) -> tuple[np.ndarray, np.ndarray]:
    starts, _, values = read_bigwig(path, chrom, start, end)
    return starts, values
