"""Scores of networks on chromosomes where the sites are known."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from scmaxatac._constants import CALIBRATION_BIN
from scmaxatac._logging import warn
from scmaxatac._settings import settings
from scmaxatac._types import Float32s
from scmaxatac.atac._bigwig_signal import SignalTrack
from scmaxatac.evaluate._benchmark import ScoredBins, max_per_bin, score_bins
from scmaxatac.evaluate._calibrate import calibration_table
from scmaxatac.genome._genome import Genome
from scmaxatac.genome._intervals import Intervals
from scmaxatac.genome._windows import window_starts
from scmaxatac.nn._predict import predict_bins
from scmaxatac.nn.engines._protocol import Engine
from scmaxatac.train._dataset import TrainingCellType
from scmaxatac.train._skill import LabelledBins, Skill, measure_skill
from scmaxatac.zoo import Calibration

_SIGNAL_BLOCK = 50_000 * CALIBRATION_BIN
"""Bases whose signal is read at a time."""


class HeldOut(NamedTuple):
    """What a network does on chromosomes that it has not learned from; None where no bin is positive there.

    Attributes
    ----------
    calibration
        Precision and recall by threshold on 200-bp bins.
    skill
        How it compares with chance and with the ATAC signal.
    """

    calibration: Calibration | None
    skill: Skill | None


def measure_network(
    engine: Engine, cell_types: Mapping[str, TrainingCellType], genome: Genome, chroms: Sequence[str]
) -> HeldOut:
    """Predict whole chromosomes and measure precision and recall by threshold, averaged over cell types.

    Parameters
    ----------
    engine
        The network.
    cell_types
        Cell types with known sites; those without a positive bin on these chromosomes are left out, with a warning.
    genome
        Sequence, sizes and blacklist.
    chroms
        Chromosomes that the network has not learned from.

    """
    from tqdm.auto import tqdm

    sites = {name: Intervals.from_frame(cell_type.chip) for name, cell_type in cell_types.items()}
    with_sites = [name for name, own in sites.items() if any(len(own.starts(chrom)) for chrom in chroms)]
    total = len(with_sites) * sum(len(window_starts(genome, chrom, grid=engine.grid)) for chrom in chroms)
    scored = {}
    with tqdm(total=total, desc="calibrating", unit="window", unit_scale=True, disable=not settings.progress) as bar:
        for name in with_sites:
            cell_type = cell_types[name]
            unknown = None if cell_type.unknown is None else Intervals.from_frame(cell_type.unknown)
            parts = [
                score_chrom(engine, genome, chrom, cell_type.signal, sites[name], unknown=unknown, progress=bar.update)
                for chrom in chroms
            ]
            truth = np.concatenate([part.truth for part in parts])
            if truth.any():
                signal = [_signal_of(part, cell_type.signal, chrom) for part, chrom in zip(parts, chroms, strict=True)]
                scored[name] = LabelledBins(
                    np.concatenate([part.scores for part in parts]), np.concatenate(signal), truth
                )
    if not scored:
        warn(f"no bin of {', '.join(chroms)} is positive: the model has no calibration")
        return HeldOut(None, None)
    if left_out := [name for name in cell_types if name not in scored]:
        warn(
            f"no bin of {', '.join(chroms)} is positive in {', '.join(left_out)}, where precision and recall are "
            f"undefined: the thresholds rest on {', '.join(scored)} alone"
        )
    table = calibration_table([(bins.scores, bins.truth) for bins in scored.values()])
    return HeldOut(Calibration(pd.DataFrame(table)), measure_skill(list(scored.values())))


def _signal_of(bins: ScoredBins, signal: SignalTrack, chrom: str) -> Float32s:
    """Largest signal in each bin, (n,)."""
    largest = np.zeros(len(bins.starts), dtype=np.float32)
    numbers = bins.starts // CALIBRATION_BIN
    whole = signal.sizes[chrom] // CALIBRATION_BIN * CALIBRATION_BIN
    for start in range(0, whole, _SIGNAL_BLOCK):
        end = min(start + _SIGNAL_BLOCK, whole)
        of_block = signal.values(chrom, start, end).reshape(-1, CALIBRATION_BIN).max(axis=1)
        first = start // CALIBRATION_BIN
        mine = slice(*np.searchsorted(numbers, (first, first + len(of_block))))
        largest[mine] = of_block[numbers[mine] - first]
    return largest


def score_chrom(
    engine: Engine,
    genome: Genome,
    chrom: str,
    signal: SignalTrack,
    sites: Intervals,
    *,
    unknown: Intervals | None = None,
    progress: Callable[[int], object] | None = None,
) -> ScoredBins:
    """Predict a chromosome with one network; the largest score in each 200-bp bin, and whether it holds a site.

    Bins that touch the unknown regions are left out, as bins of 32 bp are in training.
    """
    starts, bin_size = window_starts(genome, chrom, grid=engine.grid), engine.grid.bin
    largest = np.zeros(genome.sizes[chrom] // CALIBRATION_BIN, dtype=np.float32)
    parts = list(predict_bins(engine, genome.codes(chrom), signal, chrom, starts, progress=progress))
    if parts:
        begin = np.concatenate([part.bins for part in parts]) * bin_size
        scores = np.concatenate([part.scores[0] for part in parts])
        largest = max_per_bin(begin, begin + bin_size, scores, len(largest), CALIBRATION_BIN)
    bins = score_bins(largest, sites, genome, chrom)
    if unknown is None:
        return bins
    known = ~unknown.overlaps(chrom, bins.starts, bins.starts + CALIBRATION_BIN)
    return ScoredBins(bins.starts[known], bins.scores[known], bins.truth[known])
