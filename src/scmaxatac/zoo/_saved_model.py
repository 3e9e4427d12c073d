"""What a model's files hold, written and read."""

import hashlib
import json
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scmaxatac._constants import PUBLISHED_ASSEMBLY
from scmaxatac.nn import NetworkSpec
from scmaxatac.nn._spec import PUBLISHED
from scmaxatac.zoo._calibration import Calibration, warn_if_cut
from scmaxatac.zoo._calibration_files import calibrations_text, read_calibrations
from scmaxatac.zoo._model_folder import (
    CALIBRATION_FILE,
    CARD_FILE,
    FORMAT,
    FORMAT_VERSION,
    WEIGHTS_FILE,
    read_card,
    tfs_of,
)

if TYPE_CHECKING:
    from scmaxatac.zoo._tf_model import TFModel


def files_of(model: "TFModel") -> dict[str, Any]:
    """Content of the model's files, by the parameters of :func:`replace_model`."""
    weights = model._serialized()
    calibration = calibrations_text(model.calibrations)
    card = {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        **({"tf": model.tfs[0]} if len(model.tfs) == 1 else {"tfs": list(model.tfs)}),
        "id": model.id,
        "sha256": hashlib.sha256(weights).hexdigest(),
        "calibration_sha256": None if calibration is None else hashlib.sha256(calibration).hexdigest(),
        "network": model.spec.to_json(),
        "assembly": model.assembly,
        "provenance": model.provenance,
    }
    try:
        text = json.dumps(card, indent=2, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(f"the provenance of {model.id} can't be written as JSON: {error}") from None
    return {"weights": weights, "calibration": calibration, "card": f"{text}\n".encode()}


def read_parts(folder: Path) -> dict[str, Any]:
    """Arguments of :class:`~scmaxatac.zoo.TFModel` from a folder that it was saved in.

    Raises
    ------
    FileNotFoundError
        If a file is missing.
    ValueError
        If a file is damaged or is not what ``model.json`` names.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    card = read_card(folder)
    tfs = tfs_of(card)
    weights_path, calibration_path = folder / WEIGHTS_FILE, folder / CALIBRATION_FILE
    data = _checked_bytes(weights_path, card["sha256"])
    try:
        weights = load(data)
    except SafetensorError as error:
        raise ValueError(f"{weights_path} is not a safetensors file: {error}") from None
    calibrations: dict[str, Calibration | None] = {}
    if card.get("calibration_sha256") is not None:
        text = _checked_bytes(calibration_path, card["calibration_sha256"])
        calibrations = read_calibrations(BytesIO(text), calibration_path, tfs)
    elif calibration_path.is_file():  # saved before the table's checksum was
        calibrations = read_calibrations(calibration_path, calibration_path, tfs)
        for calibration in filter(None, calibrations.values()):
            warn_if_cut(calibration, calibration_path)
    try:
        spec = NetworkSpec.from_json(card["network"]) if "network" in card else PUBLISHED
    except ValueError as error:
        raise ValueError(f"{folder / CARD_FILE} can't be used: {error}") from None
    return {
        "tfs": tfs,
        "weights": weights,
        "calibrations": calibrations,
        "provenance": card["provenance"],
        "id": card["id"],
        "sha256": card["sha256"],
        "spec": spec,
        "assembly": card.get("assembly", PUBLISHED_ASSEMBLY if card["id"].startswith("maxatac:") else ""),
    }


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
