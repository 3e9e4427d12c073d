"""The objects that a run is made from, before fragments are read."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
import pandas as pd

from scmaxatac._settings import settings
from scmaxatac.atac._pseudobulk import Pseudobulks
from scmaxatac.atac._read_pseudobulks import GenomeScope
from scmaxatac.genome._genome import Genome
from scmaxatac.genome._intervals import Intervals
from scmaxatac.genome._windows import Grid, window_starts
from scmaxatac.nn.engines._options import EngineOptions, Strand
from scmaxatac.nn.engines._registry import common_grid, possible_engine_options
from scmaxatac.predict._calling import CallingContext
from scmaxatac.predict._expressed import expressed_models
from scmaxatac.predict._genome_warnings import warn_about_genome
from scmaxatac.predict._preset import AveragingOptions, resolve_averaging
from scmaxatac.predict._regions import Regions, resolve_regions
from scmaxatac.predict._rules import Rules
from scmaxatac.predict._thresholds import BinCounts, check_threshold, matched_ranks
from scmaxatac.results._run_spec import ModelId, RunSpec
from scmaxatac.zoo import TFModel
from scmaxatac.zoo._calibration import Calibration


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

    @classmethod
    def prepare(
        cls,
        data: Any,
        models: Sequence[TFModel],
        scope: GenomeScope,
        regions: Regions,
        *,
        objects: Sequence[Any],
        named: bool,
        averaging: AveragingOptions,
        engine: EngineOptions,
        rules: Rules,
        min_stored_score: float | None = None,
    ) -> Self:
        """Find models and regions, and raise or warn of what can be told before any work.

        Parameters
        ----------
        data
            What is predicted; without objects, pseudobulks.
        models
            Models, in the order of the results.
        scope
            Genome and chromosomes.
        regions, engine, min_stored_score
            As those of the class.
        objects
            Objects in which ``regions="auto"`` looks for peaks.
        named
            Whether the factors were named; if not, those are left out that the RNA modality does not express.
        averaging
            How windows are averaged.
        rules
            Which bins are sites.

        Raises
        ------
        KeyError
            If a rule is of a factor without a model.
        ValueError
            If regions or their windows can't be used, the genome has no sequence, no factor is expressed, or a
            threshold can't be applied.
        """
        if objects and not named:
            models = expressed_models(models, data)
        rules.check(tf for model in models for tf in model.tfs)
        averaged = resolve_averaging(*averaging, common_grid(models))
        warn_about_genome(scope.genome, models)
        inputs = cls(
            models,
            scope.genome,
            scope.chroms,
            resolve_regions(objects, regions, scope.genome, scope.chroms),
            averaged.step,
            averaged.strand,
            engine,
            min_stored_score,
        )
        inputs.check(rules)
        return inputs

    @property
    def kept_from(self) -> float:
        """Score down to which bins are kept."""
        return settings.min_stored_score if self.min_stored_score is None else self.min_stored_score

    @cached_property
    def calibrations(self) -> dict[str, Calibration | None]:
        """Calibration table of each transcription factor."""
        return {tf: calibration for model in self.models for tf, calibration in model.calibrations.items()}

    @cached_property
    def grid(self) -> Grid:
        """Windows and bins of all models; a ValueError where they differ."""
        return common_grid(self.models)

    @cached_property
    def context(self) -> CallingContext:
        """What thresholds depend on beside the scores."""
        return CallingContext(
            self.calibrations, self.genome, BinCounts.of(self.genome, self.chroms, self.intervals, self.grid)
        )

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

    def check(self, rules: Rules) -> None:
        """Raise what can be told before any work.

        Raises
        ------
        ValueError
            If the genome has no sequence, no window fits the regions, or the threshold cannot be applied.
        """
        self.genome.codes(self.chroms[0])
        windows = (self._window_starts(chrom) for chrom in self.chroms)
        if not any(map(len, windows)):
            raise ValueError(
                f"there is no window to predict: every window of {self.grid.window:,} bp that overlaps a region is "
                "blacklisted or reaches past its chromosome's end"
            )
        check_threshold(rules, self.calibrations, self.kept_from)
        possible_engine_options(self.engine)

    def _window_starts(self, chrom: str) -> np.ndarray:
        return window_starts(self.genome, chrom, step=self.step, regions=self.intervals, grid=self.grid)

    def specs(self, pseudobulks: Pseudobulks) -> list[RunSpec]:
        """Descriptions of the runs that can predict these pseudobulks here: one a backend, the preferred one first."""
        first, *others = possible_engine_options(self.engine)
        spec = self._spec(pseudobulks, first)
        return [spec, *(replace(spec, engine=engine) for engine in others)]

    def _spec(self, pseudobulks: Pseudobulks, engine: EngineOptions) -> RunSpec:
        regions = None
        if self.region_bounds is not None:
            # not the merged intervals: regions that overlap differently have scores of their own
            regions = {chrom: _digest_of(*bounds) for chrom, bounds in self.region_bounds.items()}
        return RunSpec(
            models=tuple(
                ModelId(
                    model.tfs,
                    model.id,
                    model.sha256,
                    tuple(map(_digest_of_table, model.calibrations.values())),
                    model.spec,
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
            engine=engine,
            min_stored_score=float(self.kept_from),
            ranks=matched_ranks(self.calibrations, self.context.counts),
        )


def _digest_of_table(calibration: Calibration | None) -> str:
    return "" if calibration is None else _digest_of(calibration.frame.to_numpy(np.float64))


def _digest_of_group(pseudobulks: Pseudobulks, group: str) -> str:
    """Digest of the insertions that a group's signal is made from: library by library, chromosome by chromosome."""
    insertions, libraries = pseudobulks.insertions, pseudobulks.libraries[group]
    used = {*pseudobulks.chroms, *pseudobulks.signal_chroms}
    chroms = [chrom for chrom in insertions.chroms if chrom in used]
    positions = (insertions.positions(library, chrom) for library in libraries for chrom in chroms)
    return _digest_of(*positions, names=[str(len(libraries)), *chroms])


def _digest_of(*arrays: np.ndarray, names: Sequence[str] = ()) -> str:
    digest = hashlib.sha256("\0".join(names).encode())
    for array in arrays:
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()[:32]
