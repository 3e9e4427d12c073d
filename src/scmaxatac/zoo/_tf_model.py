"""A pretrained model: weights, calibration and where they come from."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scmaxatac._text import abbreviate
from scmaxatac.io._owned_folder import OwnedFolder
from scmaxatac.nn import NetworkSpec
from scmaxatac.nn._spec import PUBLISHED
from scmaxatac.zoo._calibration import Calibration
from scmaxatac.zoo._factor_names import checked_names
from scmaxatac.zoo._model_folder import (
    MODEL_KIND,
    current_folder,
    replace_model,
)
from scmaxatac.zoo._saved_model import files_of, read_parts
from scmaxatac.zoo._threshold_rules import Threshold, ThresholdError, parse_fixed_rule
from scmaxatac.zoo._weights import checked_weights

if TYPE_CHECKING:
    from scmaxatac.nn._network import TFNetwork


@dataclass(frozen=True, eq=False, repr=False, init=False)
class TFModel:
    """Network of one or several transcription factors with its calibration and provenance.

    Parameters
    ----------
    tfs
        Name of the transcription factor, or of that of each output.
    weights
        float32 arrays named and shaped as in the state dict of the PyTorch network (``convs.0.weight`` is
        (filters, channels, width)); checked and copied.
    calibrations
        Precision and recall by threshold, of a network with several outputs by factor; without it only thresholds given
        as numbers work.
    provenance
        Where the weights come from; anything that JSON can hold.
    id
        Short name for tables and parameters, ``source:name``, such as ``"maxatac:CTCF"``; ``"file:"`` and the factors
        without it.
    sha256
        Checksum of the weights as a safetensors file, computed without it. The same whether the model was converted
        from Keras in memory or read from a folder of ours.
    spec
        Geometry of the network; by default that of the published models.
    assembly
        Genome assembly that it was trained on, such as ``"hg38"``; empty where that is not known.

    Raises
    ------
    ValueError
        If a name can't be the key of a slot, there are not as many names as outputs, the weights don't fit the network
        or hold values that no trained network has.
    """

    tfs: tuple[str, ...]
    weights: dict[str, np.ndarray]
    calibrations: dict[str, Calibration | None]
    provenance: dict[str, Any]
    id: str
    sha256: str
    spec: NetworkSpec
    assembly: str

    def __init__(
        self,
        tfs: str | Sequence[str],
        weights: Mapping[str, np.ndarray],
        calibrations: Calibration | Mapping[str, Calibration | None] | None = None,
        provenance: Mapping[str, Any] | None = None,
        id: str = "",
        sha256: str = "",
        spec: NetworkSpec = PUBLISHED,
        assembly: str = "",
    ) -> None:
        names = checked_names(tfs)
        id = id or f"file:{'+'.join(names)}"
        if len(names) != spec.outputs:
            raise ValueError(
                f"model {id} names {len(names)} factors ({abbreviate(names)}), and has {spec.outputs} outputs"
            )
        values = {
            "tfs": names,
            "weights": checked_weights(weights, spec, f"model {id}"),
            "calibrations": _by_tf(names, calibrations),
            "provenance": {} if provenance is None else dict(provenance),
            "id": id,
            "spec": spec,
            "assembly": assembly,
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)
        object.__setattr__(self, "sha256", sha256 or hashlib.sha256(self._serialized()).hexdigest())

    def __repr__(self) -> str:
        known = {tf: table for tf, table in self.calibrations.items() if table is not None}
        quality = ", ".join(f"{table.best_f1:.3f}" for table in known.values())
        told = f"largest F1 {quality}" if known else "no calibration"
        return f"TFModel({abbreviate(self.tfs)}, id={self.id}, {told}, sha256={self.sha256[:12]})"

    @property
    def tf(self) -> str:
        """The transcription factor of a model with one output."""
        return self._only()

    @property
    def calibration(self) -> Calibration | None:
        """Calibration of a model with one output."""
        return self.calibrations[self._only()]

    def _only(self) -> str:
        if len(self.tfs) > 1:
            raise ValueError(f"model {self.id} scores {len(self.tfs)} factors: {abbreviate(self.tfs)}; see tfs")
        return self.tfs[0]

    def _serialized(self) -> bytes:
        from safetensors.numpy import save

        return save(self.weights)

    def renamed(self, tfs: str | Sequence[str]) -> "TFModel":
        """The same model under other names of its factors.

        Parameters
        ----------
        tfs
            Name of each output.
        """
        names = checked_names(tfs)
        if len(names) != len(self.tfs):
            raise ValueError(
                f"model {self.id} scores {len(self.tfs)} factors ({abbreviate(self.tfs)}), and {len(names)} names were "
                f"given: {abbreviate(names)}"
            )
        return replace(self, tfs=names, calibrations=dict(zip(names, self.calibrations.values(), strict=True)))

    def restrict_to(self, tfs: str | Sequence[str]) -> "TFModel":
        """The same model with the outputs of some of its factors alone, in its own order.

        Parameters
        ----------
        tfs
            Factors that stay.

        Raises
        ------
        KeyError
            If the model does not score one of them.
        """
        wanted = checked_names(tfs)
        if missing := [tf for tf in wanted if tf not in self.tfs]:
            raise KeyError(f"model {self.id} does not score {', '.join(missing)}; it scores {', '.join(self.tfs)}")
        rows = [i for i, tf in enumerate(self.tfs) if tf in wanted]
        if len(rows) == len(self.tfs):
            return self
        names = tuple(self.tfs[i] for i in rows)
        return replace(
            self,
            tfs=names,
            weights=self.weights | {name: self.weights[name][rows] for name in ("head.weight", "head.bias")},
            calibrations={tf: self.calibrations[tf] for tf in names},
            sha256="",
            spec=replace(self.spec, outputs=len(rows)),
        )

    def network(self) -> "TFNetwork":
        """Build the PyTorch network in evaluation mode, on the CPU; (n, 5, window) to (n, outputs, bins) scores."""
        from scmaxatac.nn._network import TFNetwork

        return TFNetwork.from_weights(self.weights, self.spec)

    def threshold(self, rule: Threshold = "f1", *, tf: str | None = None) -> float:
        """Choose a threshold; see :meth:`Calibration.threshold`.

        Parameters
        ----------
        rule
            ``"f1"``, a number between 0 and 1, or ``("precision" | "recall" | "log2fc", value)``.
        tf
            The transcription factor, of a model of several.

        Raises
        ------
        ValueError
            If the rule is malformed, can't be reached, or needs a calibration that the model lacks.
        """
        parsed = parse_fixed_rule(rule)
        try:
            return parsed.resolve(self.calibrations[self._only() if tf is None else tf])
        except ThresholdError as error:
            raise ValueError(f"model {self.id}: {error}") from None

    def save(self, folder: str | os.PathLike[str]) -> Path:
        """Write ``model.safetensors``, ``calibration.tsv`` and ``model.json`` into a folder of the model's own.

        A file ``scmaxatac.json`` lists what was written; other files in the folder are never touched. A model that was
        saved there before is replaced: wherever that is interrupted, :meth:`read` finds either the old or the new one,
        because a copy of the old one is kept in the hidden folder ``.previous`` until the new one is complete.

        Parameters
        ----------
        folder
            The folder, by custom named after the transcription factor; created when missing.

        Returns
        -------
        The folder.

        Raises
        ------
        ValueError
            If the provenance holds something that JSON can't, the folder can't be written to, or a file of one of
            these names lies there that scmaxatac did not write or that was changed since; nothing is written then.
        RuntimeError
            If another process is writing to the folder.
        """
        files = files_of(self)
        with OwnedFolder(folder, MODEL_KIND, strict=True) as held:
            replace_model(held, **files)
        return held.path

    @classmethod
    def read(cls, folder: str | os.PathLike[str]) -> "TFModel":
        """Read a folder that :meth:`save` wrote. No code in it is executed.

        Parameters
        ----------
        folder
            The model's own folder, with ``model.json``, ``model.safetensors`` and, usually, ``calibration.tsv``.

        Raises
        ------
        FileNotFoundError
            If a file is missing.
        ValueError
            If the weights or the calibration table are not those that ``model.json`` names, or the weights don't fit
            the network.
        """
        folder = Path(folder).expanduser()
        with suppress(FileNotFoundError, ValueError):  # another process may just replace it: look again
            return cls(**read_parts(current_folder(folder)))
        try:
            return cls(**read_parts(current_folder(folder)))
        except ValueError as error:
            if str(folder) in str(error):
                raise
            raise ValueError(f"the model in {folder} can't be used: {error}") from None


def write_model(model: TFModel, folder: OwnedFolder) -> None:
    """Do what :meth:`TFModel.save` does, in a folder of kind ``MODEL_KIND`` that is held already."""
    replace_model(folder, **files_of(model))


def _by_tf(
    tfs: Sequence[str], given: Calibration | Mapping[str, Calibration | None] | None
) -> dict[str, Calibration | None]:
    """Calibration of every factor, in their order."""
    if given is None or isinstance(given, Calibration):
        if given is not None and len(tfs) > 1:
            raise ValueError(f"one calibration was given for {len(tfs)} factors; give {{tf: calibration}}")
        return dict.fromkeys(tfs, given)
    if unknown := [tf for tf in given if tf not in tfs]:
        raise ValueError(f"calibrations of {', '.join(unknown)} were given, and the model scores {', '.join(tfs)}")
    return {tf: given.get(tf) for tf in tfs}
