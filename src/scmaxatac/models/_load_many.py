"""Loading the models of a run."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from scmaxatac._arguments import checked_arguments
from scmaxatac._factor_aliases import symbol_of
from scmaxatac._logging import logger
from scmaxatac._text import abbreviate
from scmaxatac.zoo._load_model import is_path, load_quietly, missing_tfs, warn_weak
from scmaxatac.zoo._locate import Location, by_tf, demo_models, installed_models, is_keras_file, locate
from scmaxatac.zoo._registry import published
from scmaxatac.zoo._suggest import suggestion
from scmaxatac.zoo._tf_model import TFModel

OneModel = TFModel | str | os.PathLike[str]
Models = OneModel | Sequence[OneModel] | Mapping[str, OneModel] | None
"""What stands for models: one or several of them, names, paths, folders; None for the installed ones."""

_Found = dict[str, TFModel | Location]


@checked_arguments
def load_many(models: Models = None, tfs: str | Iterable[str] | None = None) -> list[TFModel]:
    """Load the models of a run.

    Parameters
    ----------
    models
        ``None``: the installed ones (``settings.model_dir``, then downloaded). ``"demo"``: those that the package
        ships. A folder, in our layout or the original maxATAC's; anything that :func:`load` takes; a :class:`TFModel`;
        a list of these; or ``{name: model}``, where the names replace those of the models.
    tfs
        Transcription factors to load, in this order, by their symbols or other well-known names (``"PU.1"`` is SPI1);
        without it all. With ``models=None`` names such as ``"demo:CTCF"``
        work too.

    Returns
    -------
    The models; together they score each transcription factor once. Of a model of several, those that were not asked for
    are left out; those that were follow each other.

    Warns
    -----
    UserWarning
        Once, if some models' largest F1 on the validation chromosome is below 0.14.

    Raises
    ------
    FileNotFoundError
        If models are not installed (the message has the line that downloads them) or a folder does not exist.
    KeyError
        If a transcription factor is unknown; the message suggests the nearest names.
    ValueError
        If a transcription factor is asked for with two models, or a model's file is damaged.

    Examples
    --------
    >>> from scmaxatac import models
    >>> models.load_many("~/opt/maxatac/data/models", ["CTCF", "SPI1"])  # doctest: +SKIP
    """
    wanted = None if tfs is None else list(dict.fromkeys([tfs] if isinstance(tfs, str) else tfs))
    if wanted == []:
        raise ValueError("tfs is empty: name at least one transcription factor, or None for all")
    found = _find(models, wanted)
    if not found and (wanted is None or models is not None):
        raise FileNotFoundError(
            f"no models in {models}"
            if models is not None
            else "no models are installed. Download them with scmaxatac.models.download(['CTCF', ...]), set "
            "scmaxatac.settings.model_dir (or SCMAXATAC_MODEL_DIR) to a folder of models, or use models='demo'"
        )
    wanted = list(found) if wanted is None else _symbols(wanted, found, published() if models is None else ())
    missing = [tf for tf in wanted if tf not in found]
    if missing:
        raise missing_tfs(missing, found) if models is None else _not_given(missing, found, models)
    of_model: dict[int, list[str]] = {}
    for tf in wanted:
        of_model.setdefault(id(found[tf]), []).append(tf)
    loaded = [_loaded(found[tfs[0]], tfs) for tfs in of_model.values()]
    _refuse_twice(loaded)
    warn_weak(loaded)
    return loaded


def _symbols(wanted: list[str], found: _Found, others: Iterable[str]) -> list[str]:
    """Names of factors as their models have them: SPI1 for PU.1."""
    symbols = {name: symbol_of(name, {*found, *others}) for name in wanted}
    if renamed := [f"{name} is {symbol}" for name, symbol in symbols.items() if name != symbol]:
        logger.info("%s", ", ".join(renamed))
    return list(dict.fromkeys(symbols.values()))


def _find(models: Models, wanted: list[str] | None) -> _Found:
    """Index what was given by transcription factor, loading as little as possible."""
    if models is None:
        found: _Found = {**installed_models()}
        if wanted and any(tf.startswith("demo:") for tf in wanted):
            found |= {f"demo:{tf}": location for tf, location in demo_models().items()}
        return found
    if isinstance(models, Mapping):
        return {name: _named(_one(model), name) for name, model in models.items()}
    if isinstance(models, TFModel | str | os.PathLike):
        return _find_one(models)
    if not isinstance(models, Iterable):
        raise _no_models(models)
    merged: _Found = {}
    for model in models:
        for tf, found_model in _find_one(model).items():
            if tf in merged:
                raise ValueError(f"two models of {tf} were given; name them with a dict: models={{'{tf}': ..., ...}}")
            merged[tf] = found_model
    return merged


def _find_one(model: OneModel) -> _Found:
    if isinstance(model, TFModel):
        return dict.fromkeys(model.tfs, model)
    _refuse_others(model)
    if model == "demo":
        return {**demo_models()}
    path = Path(model)
    if not is_keras_file(path) and (path.is_dir() or not isinstance(model, str) or is_path(model)):
        return {**by_tf(locate(path))}
    loaded = load_quietly(model)
    return dict.fromkeys(loaded.tfs, loaded)


def _one(model: OneModel) -> TFModel:
    if not isinstance(model, TFModel):
        _refuse_others(model)
    return model if isinstance(model, TFModel) else load_quietly(model)


def _refuse_others(model: str | os.PathLike[str]) -> None:
    if not isinstance(model, str | os.PathLike):
        raise _no_models(model)


def _no_models(given: object) -> ValueError:
    return ValueError(
        f"models is or holds a {type(given).__name__}; give a folder of models, a model's name or path, a TFModel, a "
        "list of these, or {name: model}"
    )


def _named(model: TFModel, name: str) -> TFModel:
    """A model under a user's name; of one of several factors, the factor of this name."""
    return model.renamed(name) if len(model.tfs) == 1 else model.restrict_to(name)


def _loaded(found: TFModel | Location, tfs: list[str]) -> TFModel:
    """A model with the factors that were asked for; of one, under the name that it was asked for by."""
    model = found if isinstance(found, TFModel) else found.load()
    return model if len(model.tfs) == 1 else model.restrict_to(tfs)


def _refuse_twice(models: list[TFModel]) -> None:
    seen: dict[str, str] = {}
    for model in models:
        for tf in model.tfs:
            if tf in seen:
                raise ValueError(
                    f"{seen[tf]} and {model.id} are both models of {tf}, results are kept by transcription factor: "
                    f"name them with a dict, models={{'{tf}': ..., '{tf}_2': ...}}"
                )
            seen[tf] = model.id


def _not_given(missing: list[str], found: _Found, models: Models) -> KeyError:
    hints = [hint for tf in missing if (hint := suggestion(tf, found))]
    where = f"those of {models}" if isinstance(models, str | os.PathLike) else "the models given"
    where = "the demo models" if models == "demo" else where
    names = abbreviate(sorted(found), 10)
    return KeyError(
        f"{', '.join(map(repr, missing))} not among {where} ({names}){'; ' if hints else ''}{'; '.join(hints)}"
    )
