"""Predictions from thinned fragments, compared with known sites and with the prediction from all fragments."""

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from scmaxatac import _keys
from scmaxatac._logging import warn
from scmaxatac.atac._pseudobulk import Pseudobulks
from scmaxatac.evaluate._bins import labelled_bins
from scmaxatac.evaluate._ranking_metrics import ranking_row
from scmaxatac.genome._interval_table import Table
from scmaxatac.genome._intervals import Intervals
from scmaxatac.predict._depth_libraries import DepthLibraries
from scmaxatac.predict._prediction import run_prediction
from scmaxatac.predict._rules import Rules
from scmaxatac.predict._run import Run
from scmaxatac.predict._run_inputs import RunInputs
from scmaxatac.results._run_folder import run_folder
from scmaxatac.results._score_store import ScoreStore
from scmaxatac.scores._sites import bins_in_regions

_AGAINST_PEAKS = (
    "n_bins", "n_positive", "random_precision", "average_precision", "ap_low", "ap_high", "aupr",
    "precision_at_5pct_recall", "log2fc",
)  # fmt: skip
_OF_MOTIFS = ("average_precision", "ap_low", "ap_high")

NOTHING = pd.DataFrame({"chrom": [], "start": [], "end": []})
"""A table without intervals."""


@dataclass(frozen=True)
class CurveReference:
    """What predictions are compared with, and how; peaks and motif matches by transcription factor."""

    peaks: Mapping[str, Table]
    motif_bins: Mapping[str, pd.DataFrame]
    compare_in: pd.DataFrame | None
    bin_size: int
    n_bootstrap: int
    block_size: int
    seed: int


def depth_curve(
    inputs: RunInputs,
    libraries: DepthLibraries,
    comparison: CurveReference,
    *,
    rules: Rules,
    out_dir: Path,
    executor: Executor | None = None,
) -> pd.DataFrame:
    """Predict every library size and compare.

    Parameters
    ----------
    inputs
        What is predicted.
    libraries
        Libraries of all sizes; the last one is the full depth.
    comparison
        What the predictions are compared with.
    rules
        Which bins are sites.
    out_dir, executor
        As in :func:`scmaxatac.tl.predict_tfbs`.

    Returns
    -------
    A row a library and transcription factor: tf, n_fragments, repeat, p99, warnings, threshold, n_sites,
    ap_vs_full_depth, spearman and, where there are peaks, how well they are found.
    """
    if inputs.regions is not None and len(inputs.regions) < 2:
        warn(
            "spearman will be NaN: it ranks regions, and there is one. Give several (tiles of it, for instance) or "
            'regions="genome", which ranks bins'
        )
    # that sites become fewer with depth is what is measured, so nothing is said about it: no key
    bulks = libraries.bulks
    slots = run_prediction(inputs, bulks, rules=rules, out_dir=out_dir, executor=executor)
    params = slots[_keys.PARAMS]
    store = Run.open(run_folder(params)).store
    curve = _Curve(inputs, store, slots[_keys.SITES], comparison)
    full = bulks.qc.index[-1]
    rows = []
    for size, quality in bulks.qc.iterrows():
        accessible = _covered(inputs, bulks, size) if comparison.motif_bins and size in store.groups else None
        for tf in store.tfs:
            row = {
                "tf": tf,
                "n_fragments": libraries.sizes[size],
                "repeat": libraries.repeats[size],
                "p99": quality["p99"],
                "warnings": quality["warnings"],
                "threshold": np.nan,
                "n_sites": 0,
                "ap_vs_full_depth": np.nan,
                "spearman": np.nan,
            }
            if size in store.groups:
                row |= {"threshold": params["thresholds"][tf][size], "n_sites": len(curve.sites(size, tf))}
                row |= curve.against_full_depth(size, full, tf)
                row |= curve.against_peaks(size, tf, accessible)
            rows.append(row)
    return pd.DataFrame(rows).sort_values(["tf", "n_fragments", "repeat"], kind="stable", ignore_index=True)


@dataclass(frozen=True)
class _Curve:
    inputs: RunInputs
    store: ScoreStore
    all_sites: pd.DataFrame
    comparison: CurveReference

    def sites(self, size: str, tf: str) -> pd.DataFrame:
        mine = (self.all_sites["group"] == size) & (self.all_sites["tf"] == tf)
        return self.all_sites.loc[mine, ["chrom", "start", "end"]]

    def against_full_depth(self, size: str, full: str, tf: str) -> dict[str, float]:
        known = self.sites(full, tf)
        row = {"spearman": self._rank_correlation(size, full, tf)}
        if len(known):
            row["ap_vs_full_depth"] = self._row(self._scores(size, tf), known, n_bootstrap=0)["average_precision"]
        return row

    def against_peaks(self, size: str, tf: str, accessible: Intervals | None) -> dict[str, float]:
        peaks = self.comparison.peaks.get(tf)
        if peaks is None:
            return {}
        n = self.comparison.n_bootstrap
        found = self._row(self._scores(size, tf), peaks, n_bootstrap=n)
        row = {name: found[name] for name in _AGAINST_PEAKS if name in found}
        bins = self.comparison.motif_bins.get(tf)
        if bins is not None and accessible is not None:
            found = self._row(_overlapping(bins, accessible), peaks, n_bootstrap=n)
            row |= {f"motif_{name}": found[name] for name in _OF_MOTIFS if name in found}
        return row

    def _row(self, scores: pd.DataFrame, known: Table, n_bootstrap: int) -> dict[str, float]:
        options = self.comparison
        bins = labelled_bins(
            scores,
            known,
            genome=self.inputs.genome,
            chroms=self.inputs.chroms,
            regions=options.compare_in,
            bin_size=options.bin_size,
        )
        # the same blocks are drawn for every size, factor and method, so that intervals can be compared
        rng = np.random.default_rng(options.seed)
        return ranking_row(list(bins.values()), n_bootstrap=n_bootstrap, block_size=options.block_size, rng=rng)

    def _scores(self, size: str, tf: str) -> pd.DataFrame:
        """Bins of the regions that the run kept."""
        parts = []
        for chrom in self.store.chroms:
            starts, scores = self.store.read(size, tf, chrom)
            keep = bins_in_regions(starts, chrom, self.inputs.intervals, self.store.bin_size)
            starts, ends = starts[keep], starts[keep] + self.store.bin_size
            parts.append(pd.DataFrame({"chrom": chrom, "start": starts, "end": ends, "score": scores[keep]}))
        return pd.concat(parts, ignore_index=True)

    def _rank_correlation(self, size: str, full: str, tf: str) -> float:
        """Spearman's correlation of the region scores, or of the bins' where whole chromosomes were predicted."""
        from scipy.stats import spearmanr

        one, other = (self._ranked(group, tf) for group in (size, full))
        both = ~np.isnan(one) & ~np.isnan(other)
        if both.sum() < 2 or np.ptp(one[both]) == 0 or np.ptp(other[both]) == 0:
            return float("nan")
        return float(spearmanr(one[both], other[both]).statistic)

    def _ranked(self, size: str, tf: str) -> np.ndarray:
        if self.inputs.regions is not None:
            t = self.store.tfs.index(tf)
            return np.concatenate([self.store.region_scores(size, chrom)[:, t] for chrom in self.store.chroms])
        bins = labelled_bins(
            self._scores(size, tf),
            NOTHING,
            genome=self.inputs.genome,
            chroms=self.inputs.chroms,
            regions=self.comparison.compare_in,
            bin_size=self.comparison.bin_size,
        )
        return np.concatenate([part.scores for part in bins.values()])


def _covered(inputs: RunInputs, bulks: Pseudobulks, size: str) -> Intervals:
    """Bases that an insertion of this library, widened to 41 bp, covers."""
    signal = bulks.signal(size)
    return Intervals({chrom: signal.runs(chrom)[:2] for chrom in inputs.chroms})


def _overlapping(bins: pd.DataFrame, accessible: Intervals) -> pd.DataFrame:
    keep = np.zeros(len(bins), dtype=bool)
    chrom_of = bins["chrom"].astype(str).to_numpy()
    for chrom in accessible.chroms:
        rows = chrom_of == chrom
        keep[rows] = accessible.overlaps(chrom, bins["start"].to_numpy()[rows], bins["end"].to_numpy()[rows])
    return bins[keep]
