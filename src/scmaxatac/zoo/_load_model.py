"""A model by its name or path, and what is said of names that are not there and of weak models."""

import os
from collections.abc import Collection, Iterable
from pathlib import Path

from scmaxatac._factor_aliases import symbol_of
from scmaxatac._logging import warn
from scmaxatac._text import abbreviate
from scmaxatac.zoo._from_keras import from_keras
from scmaxatac.zoo._locate import demo_models, installed_models, is_keras_file, locate
from scmaxatac.zoo._registry import published, weakness
from scmaxatac.zoo._suggest import unknown_tfs
from scmaxatac.zoo._tf_model import TFModel


def load_quietly(name: str | os.PathLike[str]) -> TFModel:
    """Load a model without a warning about a weak one."""
    text = os.fspath(name)
    if not isinstance(name, str) or is_path(text):
        return _load_path(Path(text).expanduser())
    source, _, tf = text.rpartition(":")
    if source == "demo":
        available = demo_models()
        tf = symbol_of(tf, available)
        if tf not in available:
            raise unknown_tfs([text], [f"demo:{other}" for other in available])
        return available[tf].load().restrict_to(tf)
    if source not in ("", "maxatac"):
        raise ValueError(f"model {text!r} has the unknown source {source!r}; known are 'maxatac:' and 'demo:'")
    available = installed_models()
    tf = symbol_of(tf, {*available, *published()})
    if tf not in available:
        if tf not in published() and Path(text).is_dir():
            return _load_path(Path(text))
        raise missing_tfs([tf], available, folder="" if source else text)
    model = available[tf].load().restrict_to(tf)
    if source and model.id != f"{source}:{tf}":
        raise ValueError(f"{available[tf].path} holds the model {model.id}, not {text}")
    return model


def is_path(text: str) -> bool:
    """Whether a text stands for a path rather than for a model's name."""
    return os.sep in text or text.startswith("~") or is_keras_file(Path(text))


def _load_path(path: Path) -> TFModel:
    if not path.exists():
        raise FileNotFoundError(f"model not found: {path}")
    if path.is_file():
        return from_keras(path)
    found = locate(path)
    if not found:
        raise FileNotFoundError(f"{path} holds no model: neither a model.json of ours nor a Keras .h5 file")
    if len(found) > 1:
        names = abbreviate(tf for one in found for tf in one.tfs)
        raise ValueError(f"{path} holds {len(found)} models ({names}): give one's path")
    return found[0].load()


def missing_tfs(missing: Iterable[str], available: Collection[str], *, folder: str = "") -> Exception:
    """Return the error for transcription factors that are not installed: download them, or a hint at the right name.

    Parameters
    ----------
    missing
        Names that were asked for.
    available
        Names that are installed.
    folder
        Name that may as well have been meant as a folder, which is not there.
    """
    missing = list(missing)
    unknown = [tf for tf in missing if tf not in published()]
    if unknown:
        return unknown_tfs(unknown, [*published(), *(tf for tf in available if tf not in published())], folder=folder)
    names = repr(missing[0]) if len(missing) == 1 else repr(missing)
    return FileNotFoundError(
        f"published but not installed: {', '.join(missing)}. Download with scmaxatac.models.download({names}), or set "
        f"scmaxatac.settings.model_dir (or SCMAXATAC_MODEL_DIR) to a folder that has a folder for each"
    )


def warn_weak(models: Iterable[TFModel]) -> None:
    """Warn once about all models whose largest F1 is low.

    Parameters
    ----------
    models
        The models that were loaded.
    """
    texts = []
    for model in models:
        for tf, calibration in model.calibrations.items():
            if text := weakness(calibration.best_f1 if calibration else None):
                texts.append(f"{tf}: {text}")
    if texts:
        warn("; ".join(texts))
