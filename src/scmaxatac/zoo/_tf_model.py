"""A pretrained model: weights, calibration and where they come from."""

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scmaxatac.io._owned_folder import OwnedFolder
from scmaxatac.zoo._calibration import Calibration, calibration_text, read_calibration
from scmaxatac.zoo._model_folder import (
    CALIBRATION_FILE,
    CARD_FILE,
    FORMAT,
    FORMAT_VERSION,
    MODEL_KIND,
    WEIGHTS_FILE,
    current_folder,
    read_card,
    replace_model,
)
from scmaxatac.zoo._threshold_rules import Threshold, ThresholdError, parse_fixed_rule
from scmaxatac.zoo._weights import checked_weights

if TYPE_CHECKING:
    from scmaxatac.nn._network import TFNetwork


@dataclass(frozen=True, eq=False, repr=False)
class TFModel:
    """Network of one transcription factor with its calibration and provenance.

    Parameters
    ----------
    tf
        Name of the transcription factor.
    weights
        float32 arrays named and shaped as in the state dict of the PyTorch network (``convs.0.weight`` is
        (filters, channels, width)); checked and copied.
    calibration
        Precision and recall by threshold; without it only thresholds given as numbers work.
    provenance
        Where the weights come from; anything that JSON can hold.
    id
        Short name for tables and parameters, ``source:name``, such as ``"maxatac:CTCF"``; ``"file:" + tf`` without it.
    sha256
        Checksum of the weights as a safetensors file, computed without it. The same whether the model was converted
        from Keras in memory or read from a folder of ours.

    Raises
    ------
    ValueError
        If `tf` is empty or the weights don't fit the network.
    """

    tf: str
    weights: dict[str, np.ndarray]
    calibration: Calibration | None = None
    provenance: dict[str, Any] = field(default_factory=dict)
    id: str = ""
    sha256: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.tf, str) or not self.tf.strip():
            raise ValueError(f"a model needs the name of its transcription factor, not {self.tf!r}")
        object.__setattr__(self, "id", self.id or f"file:{self.tf}")
        object.__setattr__(self, "weights", checked_weights(self.weights, f"model {self.id}"))
        object.__setattr__(self, "sha256", self.sha256 or hashlib.sha256(self._serialized()).hexdigest())

    def __repr__(self) -> str:
        quality = "no calibration" if self.calibration is None else f"largest F1 {self.calibration.best_f1:.3f}"
        return f"TFModel({self.tf}, id={self.id}, {quality}, sha256={self.sha256[:12]})"

    def _serialized(self) -> bytes:
        from safetensors.numpy import save

        return save(self.weights)

    def network(self) -> "TFNetwork":
        """Build the PyTorch network in evaluation mode, on the CPU; (n, 5, 1024) to (n, 32) scores."""
        from scmaxatac.nn._network import TFNetwork

        return TFNetwork.from_weights(self.weights)

    def threshold(self, rule: Threshold = "f1") -> float:
        """Choose a threshold; see :meth:`Calibration.threshold`.

        Parameters
        ----------
        rule
            ``"f1"``, a number between 0 and 1, or ``("precision" | "recall" | "log2fc", value)``.

        Raises
        ------
        ValueError
            If the rule is malformed, can't be reached, or needs a calibration that the model lacks.
        """
        parsed = parse_fixed_rule(rule)
        try:
            return parsed.resolve(self.calibration)
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
        files = _files_of(self)
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
            return cls._read(current_folder(folder))
        return cls._read(current_folder(folder))

    @classmethod
    def _read(cls, folder: Path) -> "TFModel":
        from safetensors import SafetensorError
        from safetensors.numpy import load

        card = read_card(folder)
        weights_path, calibration_path = folder / WEIGHTS_FILE, folder / CALIBRATION_FILE
        data = _checked_bytes(weights_path, card["sha256"])
        try:
            weights = load(data)
        except SafetensorError as error:
            raise ValueError(f"{weights_path} is not a safetensors file: {error}") from None
        calibration = None
        if card.get("calibration_sha256") is not None:
            text = _checked_bytes(calibration_path, card["calibration_sha256"])
            calibration = read_calibration(BytesIO(text), calibration_path)
        elif calibration_path.is_file():  # saved before the table's checksum was
            calibration = Calibration.read(calibration_path)
        return cls(card["tf"], weights, calibration, card["provenance"], card["id"], card["sha256"])


def write_model(model: TFModel, folder: OwnedFolder) -> None:
    """Do what :meth:`TFModel.save` does, in a folder of kind ``MODEL_KIND`` that is held already."""
    replace_model(folder, **_files_of(model))


def _files_of(model: TFModel) -> dict[str, Any]:
    """Content of the model's files, by the parameters of :func:`replace_model`."""
    weights = model._serialized()
    calibration = None if model.calibration is None else calibration_text(model.calibration)
    card = {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "tf": model.tf,
        "id": model.id,
        "sha256": hashlib.sha256(weights).hexdigest(),
        "calibration_sha256": None if calibration is None else hashlib.sha256(calibration).hexdigest(),
        "provenance": model.provenance,
    }
    try:
        text = json.dumps(card, indent=2, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(f"the provenance of {model.id} can't be written as JSON: {error}") from None
    return {"weights": weights, "calibration": calibration, "card": f"{text}\n".encode()}


def _checked_bytes(path: Path, expected: str) -> bytes:
    """Content of a file that has to be what ``model.json`` says."""
    if not path.is_file():
        raise FileNotFoundError(f"{path.parent} has a {CARD_FILE} but no {path.name}: the model is incomplete")
    data = path.read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != expected:
        raise ValueError(
            f"{path} is damaged or was changed: its sha256 is {found}, {CARD_FILE} says {expected}. "
            "Download, convert or save the model again"
        )
    return data
