"""The objects that a run is made from, before fragments are read."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from scmaxatac._settings import settings
from scmaxatac.atac._pseudobulk import Pseudobulks
from scmaxatac.genome._genome import Genome
from scmaxatac.genome._intervals import Intervals
from scmaxatac.genome._windows import window_starts
from scmaxatac.nn.engines._engine import EngineOptions, Strand, resolve_engine_options
from scmaxatac.predict._calling import CallingContext
from scmaxatac.predict._thresholds import BinCounts, check_threshold, matched_ranks
from scmaxatac.results._run_spec import ModelId, RunSpec
from scmaxatac.zoo import TFModel
from scmaxatac.zoo._calibration import Calibration
from scmaxatac.zoo._threshold_rules import ThresholdRule


@dataclass(frozen=True)
class RunInputs:
    """Models, genome and options of a prediction; those of :func:`scmaxatac.tl.predict_tfbs`.

    `regions` are as :func:`~scmaxatac.predict._regions.resolve_regions` gives them; `min_stored_score` is that of the
    settings when it is left out.
    """

    models: Sequence[TFModel]
    genome: Genome
    chroms: Sequence[str]
    regions: pd.DataFrame | None
    step: int
    strand: Strand
    engine: EngineOptions
    min_stored_score: float | None = None

    @property
    def kept_from(self) -> float:
        """Score down to which bins are kept."""
        return settings.score_floor if self.min_stored_score is None else self.min_stored_score

    @cached_property
    def calibrations(self) -> dict[str, Calibration | None]:
        """Calibration table of each transcription factor."""
        return {model.tf: model.calibration for model in self.models}

    @cached_property
    def context(self) -> CallingContext:
        """What thresholds depend on beside the scores."""
        return CallingContext(self.calibrations, self.genome, BinCounts.of(self.genome, self.chroms, self.intervals))

    @cached_property
    def intervals(self) -> Intervals | None:
        """The regions as intervals; None for whole chromosomes."""
        return None if self.regions is None else Intervals.from_frame(self.regions.astype({"chrom": str}))

    @cached_property
    def region_bounds(self) -> Mapping[str, tuple[np.ndarray, np.ndarray]] | None:
        """Starts and ends of the regions of each chromosome, in the order of the results; None without regions."""
        if self.regions is None:
            return None
        nothing = np.zeros(0, dtype=np.int64)
        bounds = dict.fromkeys(self.chroms, (nothing, nothing))
        for chrom, rows in self.regions.groupby("chrom", observed=True):
            bounds[str(chrom)] = (rows["start"].to_numpy(np.int64), rows["end"].to_numpy(np.int64))
        return bounds

    def check(self, rule: ThresholdRule) -> None:
        """Raise what can be told before any work.

        Raises
        ------
        ValueError
            If the genome has no sequence, no window fits the regions, or the threshold cannot be applied.
        """
        self.genome.codes(self.chroms[0])
        windows = (window_starts(self.genome, c, step=self.step, regions=self.intervals) for c in self.chroms)
        if not any(map(len, windows)):
            raise ValueError(
                "there is no window to predict: every window of 1,024 bp that overlaps a region is blacklisted "
                "or reaches past its chromosome's end"
            )
        check_threshold(rule, self.calibrations, self.kept_from)
        resolve_engine_options(self.engine)

    def spec(self, pseudobulks: Pseudobulks) -> RunSpec:
        """Describe the run that predicts these pseudobulks."""
        regions = None
        if self.region_bounds is not None:
            # not the merged intervals: regions that overlap differently have scores of their own
            regions = {chrom: _digest_of(*bounds) for chrom, bounds in self.region_bounds.items()}
        return RunSpec(
            models=tuple(
                ModelId(
                    model.tf,
                    model.id,
                    model.sha256,
                    "" if model.calibration is None else _digest_of(model.calibration.frame.to_numpy(np.float64)),
                )
                for model in self.models
            ),
            genome=self.genome.fingerprint,
            sizes={chrom: self.genome.sizes[chrom] for chrom in self.chroms},
            signal_chroms=tuple(pseudobulks.signal_chroms),
            signals={group: _digest_of_group(pseudobulks, group) for group in pseudobulks.groups},
            regions=regions,
            step=self.step,
            strand=self.strand,
            engine=resolve_engine_options(self.engine),
            min_stored_score=float(self.kept_from),
            ranks=matched_ranks(self.calibrations, self.context.counts),
        )


def _digest_of_group(pseudobulks: Pseudobulks, group: str) -> str:
    """Digest of the insertions that a group's signal is made from: library by library, chromosome by chromosome."""
    insertions = pseudobulks.insertions
    positions = (
        insertions.positions(library, chrom) for library in pseudobulks.libraries[group] for chrom in insertions.chroms
    )
    return _digest_of(*positions, names=[str(len(pseudobulks.libraries[group])), *insertions.chroms])


def _digest_of(*arrays: np.ndarray, names: Sequence[str] = ()) -> str:
    digest = hashlib.sha256("\0".join(names).encode())
    for array in arrays:
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()[:32]
