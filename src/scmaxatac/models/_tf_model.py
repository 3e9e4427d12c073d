"""A pretrained model: weights, calibration and where they come from."""

import hashlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scmaxatac.io._files import atomic_path
from scmaxatac.models._calibration import Calibration, ThresholdRule, parse_rule
from scmaxatac.models._weights import checked_weights

if TYPE_CHECKING:
    from scmaxatac.nn._network import TFNetwork

WEIGHTS_FILE = "model.safetensors"
CARD_FILE = "model.json"
CALIBRATION_FILE = "calibration.tsv"

_FORMAT = "scmaxatac-model"
_FORMAT_VERSION = 1


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

    def threshold(self, rule: ThresholdRule = "f1") -> float:
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
        kind, value = parse_rule(rule)
        if kind == "value":
            return value
        if self.calibration is None:
            raise ValueError(
                f"model {self.id} has no calibration table: give the threshold as a number, not as {rule!r}"
            )
        try:
            return self.calibration.threshold(rule)
        except ValueError as error:
            raise ValueError(f"model {self.id}: {error}") from None

    def save(self, folder: str | os.PathLike[str]) -> Path:
        """Write ``model.safetensors``, ``calibration.tsv`` and ``model.json`` into a folder of the model's own.

        Each file is written under a temporary name and renamed, ``model.json`` last: a folder without it is no model,
        and one whose weights don't match it is refused by :meth:`read`.

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
            If the provenance holds something that JSON can't.
        """
        folder = Path(folder).expanduser()
        data = self._serialized()
        card = {
            "format": _FORMAT,
            "version": _FORMAT_VERSION,
            "tf": self.tf,
            "id": self.id,
            "sha256": hashlib.sha256(data).hexdigest(),
            "provenance": self.provenance,
        }
        try:
            text = json.dumps(card, indent=2, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ValueError(f"the provenance of {self.id} can't be written as JSON: {error}") from None
        folder.mkdir(parents=True, exist_ok=True)
        if self.calibration is None:
            (folder / CALIBRATION_FILE).unlink(missing_ok=True)
        else:
            self.calibration.save(folder / CALIBRATION_FILE)
        with atomic_path(folder / WEIGHTS_FILE) as temporary:
            temporary.write_bytes(data)
        with atomic_path(folder / CARD_FILE) as temporary:
            temporary.write_text(text + "\n", encoding="utf-8")
        return folder

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
            If one of the first two files is missing.
        ValueError
            If the weights are not those that ``model.json`` names, or don't fit the network.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load

        folder = Path(folder).expanduser()
        card = read_card(folder)
        weights_path = folder / WEIGHTS_FILE
        if not weights_path.is_file():
            raise FileNotFoundError(f"{folder} has a {CARD_FILE} but no {WEIGHTS_FILE}: the model is incomplete")
        data = weights_path.read_bytes()
        found = hashlib.sha256(data).hexdigest()
        if found != card["sha256"]:
            raise ValueError(
                f"{weights_path} is damaged or was changed: its sha256 is {found}, {CARD_FILE} says {card['sha256']}. "
                "Download or convert the model again"
            )
        try:
            weights = load(data)
        except SafetensorError as error:
            raise ValueError(f"{weights_path} is not a safetensors file: {error}") from None
        calibration_path = folder / CALIBRATION_FILE
        calibration = Calibration.read(calibration_path) if calibration_path.is_file() else None
        return cls(card["tf"], weights, calibration, card["provenance"], card["id"], found)


def read_card(folder: Path) -> dict[str, Any]:
    """Read and check a model folder's ``model.json``.

    Raises
    ------
    FileNotFoundError
        If there is none.
    ValueError
        If it is no description of a model, or of a later version.
    """
    path = folder / CARD_FILE
    if not path.is_file():
        raise FileNotFoundError(f"{folder} is not a model folder: it has no {CARD_FILE}")
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is damaged: {error}") from None
    if not isinstance(card, dict) or card.get("format") != _FORMAT:
        raise ValueError(f'{path} does not describe a model (no "format": "{_FORMAT}")')
    if card.get("version") != _FORMAT_VERSION:
        raise ValueError(f"{path} has version {card.get('version')}, this scmaxatac reads {_FORMAT_VERSION}: update it")
    wrong = [key for key in ("tf", "id", "sha256") if not isinstance(card.get(key), str)]
    if wrong or not isinstance(card.get("provenance"), dict):
        raise ValueError(f"{path} lacks {wrong or ['provenance']}")
    return card
