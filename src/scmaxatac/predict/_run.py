"""A run: its description, its folder, and what can be done with it."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property, lru_cache
from os import PathLike
from pathlib import Path
from typing import Self

import numpy as np

from scmaxatac._logging import logger
from scmaxatac._settings import settings
from scmaxatac.atac._pseudobulk import Pseudobulks
from scmaxatac.atac._signal import Signal
from scmaxatac.genome._genome import Genome
from scmaxatac.genome._intervals import Intervals
from scmaxatac.genome._windows import window_starts
from scmaxatac.io._arrays import write_arrays
from scmaxatac.io._files import atomic_path
from scmaxatac.io._owned_folder import OwnedFolder
from scmaxatac.io._temporary import remove_leftovers
from scmaxatac.nn._spec import PlainNetwork, softened
from scmaxatac.nn.engines._fastest import fastest
from scmaxatac.nn.engines._options import EngineOptions, Precision
from scmaxatac.nn.engines._protocol import Engine, Network
from scmaxatac.nn.engines._registry import make_engine
from scmaxatac.predict._calling import CalledSites, CallingContext, call, read_context, write_context
from scmaxatac.predict._rules import Rules
from scmaxatac.predict._run_inputs import RunInputs
from scmaxatac.predict._thresholds import are_usable
from scmaxatac.predict._weights_file import read_networks, write_weights
from scmaxatac.results._complete import COMPLETE, complete_run
from scmaxatac.results._note import NOTE
from scmaxatac.results._run_folder import SPEC, WEIGHTS, find_run, read_spec, store_of
from scmaxatac.results._run_spec import ModelId, RunSpec
from scmaxatac.results._score_store import FOLDERS
from scmaxatac.results._stored_signal import read_signal, write_signal

_KIND = "prediction"

SCORES = "scores.zarr"
"""Region scores that are too large for an object."""

_REGIONS = "regions.npz"
_FILES = (SPEC, WEIGHTS, _REGIONS, "uncounted.tsv", "bins.json", COMPLETE, NOTE, f"{SCORES}/")

_CHECKED = (
    SPEC, WEIGHTS, _REGIONS, "uncounted.tsv", "bins.json", "calibration/*.tsv", "background/*.npz", f"{SCORES}/**/*",
)  # fmt: skip
"""Files that are compared with their checksums when they are read, beside scores and insertions."""


class Run:
    """A prediction run that lies in a folder of its own, named after everything that its scores depend on.

    Two runs of different inputs have different folders wherever they are put, so neither replaces the other or is
    taken for it; a run of the same inputs goes on in the folder where an earlier one ended. What is written there is
    never changed afterwards, but for the note on the last prediction. Made by :meth:`create`, or opened.

    Attributes
    ----------
    folder
        The folder.
    spec
        What the run is computed from.
    store
        Scores and insertions.
    """

    def __init__(self, folder: Path, spec: RunSpec) -> None:
        self.folder = folder
        self.spec = spec
        self._owned: OwnedFolder | None = None
        self.store = store_of(folder, spec)

    @classmethod
    def open(cls, folder: str | PathLike[str]) -> Self:
        """Open the folder of a run for reading.

        Parameters
        ----------
        folder
            The run's own folder, or the ``out_dir`` of a prediction that holds one run.

        Raises
        ------
        FileNotFoundError
            If there is no run, or the folder holds several.
        ValueError
            If what describes the run is damaged or of another version.
        """
        folder = find_run(folder)
        return cls(folder, read_spec(folder))

    @classmethod
    @contextmanager
    def create(cls, inputs: RunInputs, pseudobulks: Pseudobulks, out_dir: Path) -> Iterator["Run"]:
        """Make the folder of a run, or find that of an earlier one with the same inputs, and hold it.

        Where several backends could compute, it is the one of the run that is there, whatever would be taken today.
        What the tasks read is put there, and what other runs in the same `out_dir` computed from the same inputs is
        taken over. While the folder is held no other process writes to it.

        Parameters
        ----------
        inputs
            Models, genome and options.
        pseudobulks
            Groups and their insertions.
        out_dir
            Folder in which the run's own folder lies.

        Raises
        ------
        ValueError
            If the folder can't be written to, or holds something that is not ours.
        RuntimeError
            If another process is running the same prediction there.
        """
        spec = _choose_spec(inputs.specs(pseudobulks), inputs.models[0], out_dir)
        run = cls(out_dir / spec.folder_name, spec)
        with run.held() as owned:
            owned.announce([*_FILES, *FOLDERS])
            run._remove_leftovers()
            run._write_inputs(inputs, pseudobulks)
            if not run.is_complete:
                for other in run.siblings():
                    run.store.adopt(other.folder)
            yield run

    @contextmanager
    def held(self) -> Iterator[OwnedFolder]:
        """Hold the folder, so that no other process writes to it; does nothing where it is held already."""
        if self._owned is not None:
            yield self._owned
            return
        with OwnedFolder(self.folder, _KIND, made_from=self.spec.fingerprint) as self._owned:
            try:
                yield self._owned
            finally:
                self._owned = None

    def _write_inputs(self, inputs: RunInputs, pseudobulks: Pseudobulks) -> None:
        if self.store.has_inputs():
            return
        write_weights(self.folder / WEIGHTS, [model.weights for model in inputs.models])
        write_context(self.folder, inputs.context, self.spec.chroms)
        if inputs.region_bounds is not None:
            bounds = {str(i): np.stack(bounds) for i, bounds in enumerate(inputs.region_bounds.values())}
            write_arrays(self.folder / _REGIONS, bounds)
        for group in self.spec.groups:
            signal = pseudobulks.signal(group)
            for chrom in self.spec.chroms:
                write_signal(self.store, group, chrom, signal)
        with atomic_path(self.folder / SPEC) as temporary:
            temporary.write_text(self.spec.to_json(), encoding="utf-8")

    def siblings(self) -> list["Run"]:
        """Other runs beside this one that can be read."""
        found = []
        for path in sorted(self.folder.parent.glob(f"run-*/{SPEC}")):
            if path.parent.name != self.folder.name:
                try:
                    found.append(Run.open(path.parent))
                except (ValueError, OSError):
                    continue  # of another version, or not ours
        return found

    def _remove_leftovers(self) -> None:
        """Remove what killed processes left under temporary names, workers of an executor for instance."""
        for part in (*self.folder.glob("*/"), *self.folder.glob("tracks/*/")):
            remove_leftovers(part)

    def finish(self) -> None:
        """Note that all scores are there: from now on they can be read."""
        self._remove_leftovers()
        others = (path for pattern in _CHECKED for path in sorted(self.folder.glob(pattern)) if path.is_file())
        self.store.finish(self.spec.fingerprint, [path.relative_to(self.folder).as_posix() for path in others])

    @property
    def is_complete(self) -> bool:
        """Whether all scores are there."""
        return complete_run(self.folder) == self.spec.fingerprint

    def engine(
        self, tfs: Collection[str] | None = None, *, precision: Precision | None = None, soften: float = 1.0
    ) -> Engine:
        """Inference engine of the run's networks, made once a process.

        Parameters
        ----------
        tfs
            Take the networks alone that score one of these factors.
        precision
            Precision of the arithmetic; by default that of the run.
        soften
            What logits are divided by before they become scores: a power of two, so that nothing else changes.
        """
        spec = self.spec
        options = spec.engine if precision is None else replace(spec.engine, precision=precision)
        return _engine(self.store.present(WEIGHTS), spec.fingerprint, spec.models, self._chosen(tfs), options, soften)

    def networks(self, tfs: Collection[str] | None = None) -> list[PlainNetwork]:
        """Networks of the run with their weights; with `tfs` those that score one of them."""
        return read_networks(self.store.present(WEIGHTS), self.spec.models, self._chosen(tfs))

    def _chosen(self, tfs: Collection[str] | None) -> tuple[ModelId, ...]:
        return self.spec.models if tfs is None else self.models_of(tfs)

    def models_of(self, tfs: Collection[str]) -> tuple[ModelId, ...]:
        """Models that score one of some factors, in the order of the run."""
        return tuple(model for model in self.spec.models if not set(model.tfs).isdisjoint(tfs))

    def signal(self, group: str) -> Signal:
        """ATAC signal of a group on the chromosomes of the run."""
        return read_signal(self.store, group, self.spec.chroms)

    def region_bounds(self, chrom: str) -> tuple[np.ndarray, np.ndarray]:
        """Bounds (starts, ends) of the regions of a chromosome, in the order of the results; empty without regions."""
        if self.spec.regions is None:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        starts, ends = self._bounds[str(self.spec.chroms.index(chrom))]
        return starts, ends

    @cached_property
    def _bounds(self) -> dict[str, np.ndarray]:
        with np.load(self.store.present(_REGIONS), allow_pickle=False) as arrays:
            return dict(arrays)

    @cached_property
    def regions(self) -> Intervals | None:
        """The regions, merged; None for whole chromosomes."""
        if self.spec.regions is None:
            return None
        return Intervals({chrom: self.region_bounds(chrom) for chrom in self.spec.chroms})

    def window_starts(self, genome: Genome, chrom: str) -> np.ndarray:
        """Positions (starts) of the windows that are scored on a chromosome."""
        return window_starts(genome, chrom, step=self.spec.step, regions=self.regions, grid=self.spec.grid)

    def can_call(self, rules: Rules) -> bool:
        """Whether :meth:`call` works with these rules from what is kept."""
        if not are_usable(rules, self.context.calibrations):
            return False
        has_sample = not self.context.counts.sampled or all(map(self.store.has_background, self.spec.groups))
        return has_sample or not rules.needs_ranks(self.spec.tfs)

    @cached_property
    def context(self) -> CallingContext:
        """What thresholds depend on beside the scores."""
        return read_context(self.store)

    def call(self, rules: Rules, *, include_flanks: bool = False) -> CalledSites:
        """Call sites.

        Parameters
        ----------
        rules
            Which bins are sites.
        include_flanks
            Whether bins outside the regions count as well.
        """
        return call(self.store, rules, self.context, None if include_flanks else self.regions)


def _choose_spec(specs: Sequence[RunSpec], network: Network, out_dir: Path) -> RunSpec:
    """Of runs that differ in the backend alone the one that is there, a complete one first; else the fastest here."""
    begun = [spec for spec in specs if (out_dir / spec.folder_name / SPEC).is_file()]
    if len(specs) > 1 and begun:
        complete = [spec for spec in begun if complete_run(out_dir / spec.folder_name) == spec.fingerprint]
        found = (complete or begun)[0]
        logger.info("backend %s: that of the run in %s", found.engine.backend, out_dir / found.folder_name)
        return found
    if len(specs) > 1 and settings.measure_backends:
        chosen = fastest([spec.engine for spec in specs], network)
        return next(spec for spec in specs if spec.engine == chosen)
    return specs[0]


@lru_cache(maxsize=2)
def _engine(
    path: Path,
    fingerprint: str,
    models: tuple[ModelId, ...],
    chosen: tuple[ModelId, ...],
    options: EngineOptions,
    soften: float,
) -> Engine:
    """Make the engine of some of a run's models from its weights, which are those that the fingerprint stands for."""
    return make_engine(
        [softened(network, soften) for network in read_networks(path, models, chosen)],
        backend=options.backend,
        device=options.device,
        precision=options.precision,
        batch_size=options.batch_size,
    )
