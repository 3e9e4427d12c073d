"""Scores of the bins of several contigs, and how well they rank ChIP-seq peaks."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from _borrowing import BIN
from _ranking import N_DRAWS, interval

from scmaxatac._constants import CALIBRATION_BIN, WINDOW
from scmaxatac.evaluate._benchmark import ScoredBins, bootstrap_average_precision
from scmaxatac.evaluate._bins import labelled_bins
from scmaxatac.evaluate._precision_recall import average_precision
from scmaxatac.genome import Genome, Intervals
from scmaxatac.genome._windows import window_starts
from scmaxatac.models import TFModel
from scmaxatac.nn.engines._registry import make_engine
from scmaxatac.scores._bin_scores import average_windows

STEP = 1_024
"""Distance of windows: a quarter of the usual number, side by side."""


class Place(NamedTuple):
    """Where networks predict: contigs with whole bins, joined end to end in this order."""

    genome: Genome
    models: list[TFModel]
    peaks: Mapping[str, pd.DataFrame]
    regions: pd.DataFrame | None
    n_bins: dict[str, int]


def scores(place: Place, signal: np.ndarray, path: Path, near: pd.DataFrame | None = None) -> pd.DataFrame:
    """Scores of bins: chrom, start, end, and a column a factor.

    They are read from the file where it is there, and written to it otherwise. `near` are the intervals whose bins are
    wanted; by default all.
    """
    if not path.is_file():
        parts = list(scored_contigs(place, signal, place.regions if near is None else near))
        np.savez(path, **{name: np.concatenate([part[name] for part in parts]) for name in parts[0]})
    with np.load(path) as stored:
        table = pd.DataFrame({name: stored[name] for name in stored.files})
    return table.assign(chrom=np.array(list(place.n_bins))[table["chrom"]], end=table["start"] + BIN)


def scored_contigs(place: Place, signal: np.ndarray, regions: pd.DataFrame | None) -> Iterator[dict[str, np.ndarray]]:
    """Scores of the bins of each contig, which is called by its number."""
    engine = make_engine(place.models, backend="openvino", precision="float32")
    intervals = None if regions is None else Intervals.from_frame(regions)
    first = 0
    for number, (chrom, n_bins) in enumerate(place.n_bins.items()):
        mine = signal[first * BIN : (first + n_bins) * BIN]
        first += n_bins
        starts = window_starts(place.genome, chrom, step=STEP, regions=intervals)
        values = np.lib.stride_tricks.sliding_window_view(mine, WINDOW)
        codes = np.lib.stride_tricks.sliding_window_view(place.genome.codes(chrom), WINDOW)
        for tile in average_windows(starts, len(place.models), lambda s, c=codes, v=values: engine.predict(c[s], v[s])):  # type: ignore[misc]
            of_models = {model.tf: column for model, column in zip(place.models, tile.scores, strict=True)}
            yield {"chrom": np.full(len(tile.bins), number), "start": tile.bins * BIN, **of_models}


def labelled(place: Place, table: pd.DataFrame, tf: str) -> ScoredBins:
    """200-bp bins that count, with contigs joined end to end in the starts."""
    rows = table[["chrom", "start", "end"]].assign(score=table[tf])
    found = labelled_bins(
        rows, place.peaks[tf], genome=place.genome, chroms=list(place.n_bins), regions=place.regions,
        bin_size=CALIBRATION_BIN,
    )  # fmt: skip
    sizes = np.cumsum([0, *(n * BIN for n in place.n_bins.values())])
    starts = np.concatenate([bins.starts + at for at, bins in zip(sizes, found.values(), strict=False)])
    return ScoredBins(
        starts, *(np.concatenate([getattr(b, name) for b in found.values()]) for name in ("scores", "truth"))
    )


def precision_rows(
    data: str, n_cells: int, rule: str, place: Place, raw: pd.DataFrame, borrowed: pd.DataFrame, k: float, block: int
) -> list[dict[str, object]]:
    """A row a factor: average precision of both, and the interval of the change over blocks that are drawn."""
    rows: list[dict[str, object]] = []
    for tf in place.peaks:
        values, draws = [], []
        for table in (raw, borrowed):
            bins = labelled(place, table, tf)
            blocks = np.unique(bins.starts // block, return_inverse=True)[1]
            values.append(average_precision(bins.scores, bins.truth))
            draws.append(
                bootstrap_average_precision(bins.scores, bins.truth, blocks, n=N_DRAWS, rng=np.random.default_rng(0))
            )
        low, high = interval(draws[1] - draws[0])
        rows.append(
            {
                "data": data,
                "case": tf,
                "measure": "average precision",
                "n_cells": n_cells,
                "rule": rule,
                "n": int(bins.truth.sum()),
                "raw": values[0],
                "borrowed": values[1],
                "change": values[1] - values[0],
                "low": low,
                "high": high,
                "lost": float("nan"),
                "lost_shared": float("nan"),
                "k": k,
            }
        )
    return rows
