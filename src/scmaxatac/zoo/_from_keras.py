"""Conversion of maxATAC's Keras files."""

import os
import re
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from scmaxatac._arguments import checked_arguments
from scmaxatac._constants import PUBLISHED_ASSEMBLY
from scmaxatac.io._files import existing_file, sha256_of
from scmaxatac.io._keras import KerasName, keras_shapes, read_keras_weights
from scmaxatac.nn._spec import PUBLISHED
from scmaxatac.zoo._calibration import Calibration
from scmaxatac.zoo._registry import COMMIT, REPOSITORY, PublishedModel, published_with
from scmaxatac.zoo._tf_model import TFModel
from scmaxatac.zoo._weights import check_shapes

_NORM_NAMES = {
    "weight": "gamma",
    "bias": "beta",
    "running_mean": "moving_mean",
    "running_var": "moving_variance",
}


@checked_arguments
def from_keras(
    h5: str | os.PathLike[str],
    *,
    calibration: Calibration | str | os.PathLike[str] | None = None,
    tf: str | None = None,
) -> TFModel:
    """Convert a Keras HDF5 file of maxATAC's network, in memory and without TensorFlow.

    Parameters
    ----------
    h5
        The file. One that is named as a published one must have the published content.
    calibration
        The calibration table or its path; without it a table ``*threshold*.tsv`` beside the file is taken.
    tf
        Name of the transcription factor; without it the published one, or else the part of the file's name before the
        first ``_``.

    Returns
    -------
    The model; :meth:`TFModel.save` writes it as safetensors and JSON.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is damaged or holds another network, or several calibration tables lie beside it.

    Examples
    --------
    >>> from scmaxatac import models
    >>> model = models.from_keras("CTCF_binary_revcomp99_fullModel_RR0_95.h5")  # doctest: +SKIP
    >>> model.save("models/CTCF")  # doctest: +SKIP
    """
    if not isinstance(calibration, Calibration | str | os.PathLike | None):
        raise ValueError(f"calibration is a {type(calibration).__name__}; give a Calibration or the path of its table")
    path = existing_file(h5, "Keras weights file")
    digest = sha256_of(path)
    original = published_with(sha256=digest)
    if original is None:
        _refuse_changed(path, published_with(name=path.name))
    tf = tf or (original.tf if original else path.stem.split("_")[0])
    provenance: dict[str, Any] = {"file": path.name, "file_sha256": digest}
    if original:
        provenance |= {
            "source": f"https://github.com/{REPOSITORY}",
            "commit": COMMIT,
            "path": original.weights.path,
            "licence": "none stated by the authors: not for redistribution",
        }
    if calibration is None:
        calibration = calibration_beside(path, original)
    if calibration is not None and not isinstance(calibration, Calibration):
        calibration_path = existing_file(calibration, "calibration table")
        provenance |= {"calibration_file": calibration_path.name, "calibration_sha256": sha256_of(calibration_path)}
        calibration = Calibration.read(calibration_path)
    return TFModel(
        tf,
        _read_weights(path),
        calibration,
        provenance=provenance,
        id=f"maxatac:{original.tf}" if original else f"file:{path.name}",
        assembly=PUBLISHED_ASSEMBLY if original else "",
    )


def _refuse_changed(path: Path, model: PublishedModel | None) -> None:
    if model is not None:
        raise ValueError(
            f"{path} is damaged or was changed: it is named as the published model of {model.tf}, but its content "
            f"({path.stat().st_size} bytes) is not that of {REPOSITORY} at {COMMIT[:7]} ({model.weights.size} bytes). "
            f"Download it again, or rename it if it is a model of your own"
        )


def calibration_beside(h5: Path, original: PublishedModel | None = None) -> Path | None:
    """Find the calibration table in the folder of a weights file.

    Parameters
    ----------
    h5
        The weights file.
    original
        The published model that it is; its table is taken where there are several, and has to be unchanged.

    Raises
    ------
    ValueError
        If there are several tables, or the published one was changed.
    """
    tables = sorted(
        file
        for file in h5.parent.glob("*.tsv")
        if "threshold" in file.name.lower() and not file.name.startswith(".") and file.is_file()
    )
    if original:
        for table in tables:
            if table.name == original.calibration.name:
                if sha256_of(table) != original.calibration.sha256:
                    raise ValueError(
                        f"{table} is damaged or was changed: it is not the published table of {REPOSITORY} at "
                        f"{COMMIT[:7]}. Download it again, or rename it if it is a table of your own"
                    )
                return table
    if len(tables) > 1:
        raise ValueError(
            f"{h5.parent} holds several calibration tables: {[table.name for table in tables]}. Keep one, or name it "
            "with from_keras(..., calibration=)"
        )
    return tables[0] if tables else None


def _read_weights(path: Path) -> dict[str, np.ndarray]:
    """Read the weights as PyTorch has them: Keras' kernels are (width, in, out), PyTorch's (out, in, width).

    Their shapes are checked before anything is read.
    """
    shapes = keras_shapes(path)
    names = _keras_names(shapes, path)
    check_shapes({ours: shapes[keras][::-1] for ours, keras in names.items()}, PUBLISHED, str(path))
    arrays = read_keras_weights(path, names.values())
    return {ours: arrays[keras].transpose() for ours, keras in names.items()}


def _keras_names(found: Collection[KerasName], path: Path) -> dict[str, KerasName]:
    """Which layer and weight each of the network's weights is."""
    layers = dict.fromkeys(layer for layer, _ in found)
    convs = _numbered(layers, "conv1d")
    norms = _numbered(layers, "batch_normalization")
    n = len(PUBLISHED.layers)
    if len(convs) != n + 1 or len(norms) != n:
        raise ValueError(
            f"{path} holds another network: {len(convs)} convolutions and {len(norms)} normalisations, where maxATAC's "
            f"has {n + 1} and {n}"
        )
    names: dict[str, KerasName] = {}
    for name, layer in zip([*(f"convs.{k}" for k in range(n)), "head"], convs, strict=True):
        names |= {f"{name}.weight": (layer, "kernel"), f"{name}.bias": (layer, "bias")}
    for k, layer in enumerate(norms):
        names |= {f"norms.{k}.{ours}": (layer, keras) for ours, keras in _NORM_NAMES.items()}
    for layer, weight in names.values():
        if (layer, weight) not in found:
            there = sorted(weight for other, weight in found if other == layer)
            raise ValueError(f"{path} holds another network: layer {layer} has {there}, but no {weight}")
    return names


def _numbered(layers: Iterable[str], kind: str) -> list[str]:
    """Return the layers of a kind in the order they were made; a session's numbering needn't start at none."""
    matches = [re.fullmatch(rf"{kind}(?:_(\d+))?", name) for name in layers]
    numbers = {match.string: int(match[1] or 0) for match in matches if match}
    return sorted(numbers, key=numbers.__getitem__)
