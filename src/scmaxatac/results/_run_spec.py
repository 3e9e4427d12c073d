"""What a prediction is computed from: the one description of a run, and the one fingerprint."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Self

from scmaxatac.genome._windows import Grid
from scmaxatac.nn import NetworkSpec
from scmaxatac.nn.engines._options import EngineOptions, Strand

_FORMAT = 5
"""Raised when the layout of a run's folder changes: older folders are then not taken for ones that can be read."""


@dataclass(frozen=True)
class ModelId:
    """Factors and name of a model, checksum of its weights, digests of the calibrations ("" without), geometry."""

    tfs: tuple[str, ...]
    id: str
    sha256: str
    calibrations: tuple[str, ...] = ()
    network: NetworkSpec = field(default_factory=NetworkSpec)

    @classmethod
    def from_json(cls, table: dict[str, Any]) -> Self:
        """Read what JSON holds of it."""
        network = NetworkSpec.from_json(table["network"])
        return cls(tuple(table["tfs"]), table["id"], table["sha256"], tuple(table["calibrations"]), network)


@dataclass(frozen=True)
class RunSpec:
    """Everything that the scores of a run depend on, in a form that JSON holds.

    Thresholds are not among it: sites are called from the scores of a run, as often as one likes.

    Attributes
    ----------
    models
        The models, in the order of the results.
    genome
        Fingerprint of sequence and blacklist.
    sizes
        Length in bp of every chromosome that is predicted, in the order of the results.
    signal_chroms
        Chromosomes over which the 99th percentile is taken.
    signals
        Digest of the insertions of every group, in the order of the results.
    regions
        Digest of the regions of every chromosome; None where whole chromosomes are predicted.
    step
        Distance between windows in bp.
    strand
        Forward strand, or mean of both.
    engine
        How the networks run: the backend and device that were found, not ``"auto"``.
    min_stored_score
        Bins with at least this score are kept.
    ranks
        For each factor the number of 200-bp bins whose largest scores have to be known.
    """

    models: tuple[ModelId, ...]
    genome: str
    sizes: Mapping[str, int]
    signal_chroms: tuple[str, ...]
    signals: Mapping[str, str]
    regions: Mapping[str, str] | None
    step: int
    strand: Strand
    engine: EngineOptions
    min_stored_score: float
    ranks: tuple[int, ...]

    @property
    def tfs(self) -> list[str]:
        """Transcription factors, in the order of the results."""
        return [tf for model in self.models for tf in model.tfs]

    @property
    def grid(self) -> Grid:
        """Windows and bins of all models."""
        return self.models[0].network.grid

    @property
    def groups(self) -> list[str]:
        """Groups, in the order of the results."""
        return list(self.signals)

    @property
    def chroms(self) -> list[str]:
        """Chromosomes that are predicted, in the order of the results."""
        return list(self.sizes)

    @cached_property
    def fingerprint(self) -> str:
        """Digest of all that the scores depend on, of their names, and of the tables that thresholds are read from."""
        calibrations = [model.calibrations for model in self.models]
        names = [_FORMAT, self.tfs, calibrations, self.groups, list(self.sizes.items())]
        tasks = [self.task_fingerprint(group, chrom) for group in self.groups for chrom in self.chroms]
        return _digest([names, tasks])

    @property
    def folder_name(self) -> str:
        """Name of the run's folder: runs of other inputs have other ones."""
        return folder_name(self.fingerprint)

    def task_fingerprint(self, group: str, chrom: str) -> str:
        """Digest of everything that the scores of a group on a chromosome depend on."""
        regions = None if self.regions is None else self.regions[chrom]
        return _digest([self._shared, self.signals[group], chrom, regions])

    @cached_property
    def _shared(self) -> list[Any]:
        engine = self.engine
        return [
            _FORMAT, [[model.sha256, model.network.to_json()] for model in self.models], self.genome,
            self.signal_chroms, self.step, self.strand,
            [engine.backend, engine.device.split(":")[0], engine.precision], self.min_stored_score, self.ranks,
        ]  # fmt: skip

    def to_json(self) -> str:
        """Text that :meth:`from_json` reads."""
        return json.dumps({"format": _FORMAT, "fingerprint": self.fingerprint} | asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what :meth:`to_json` wrote.

        Raises
        ------
        ValueError
            If the text is damaged or of another version.
        """
        try:
            table: dict[str, Any] = json.loads(text)
            if table.pop("format") != _FORMAT:
                raise ValueError("it was written by another version of scmaxatac")
            fingerprint = table.pop("fingerprint")
            table["models"] = tuple(ModelId.from_json(model) for model in table["models"])
            table["engine"] = EngineOptions(**table["engine"])
            for name in ("signal_chroms", "ranks"):
                table[name] = tuple(table[name])
            spec = cls(**table)
            intact = spec.fingerprint == fingerprint
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"it is damaged ({error})") from None
        if not intact:
            raise ValueError("it is damaged: what it says does not give the fingerprint in it")
        return spec


def folder_name(fingerprint: str) -> str:
    """Name of the folder of a run with this fingerprint."""
    return f"run-{fingerprint[:16]}"


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:32]
