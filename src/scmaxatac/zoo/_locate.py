"""Finding models in folders, ours and the original maxATAC's, without loading them."""

import os
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path

from scmaxatac._settings import settings
from scmaxatac.zoo._from_keras import from_keras
from scmaxatac.zoo._model_folder import CARD_FILE, read_card, tfs_of
from scmaxatac.zoo._registry import published_with
from scmaxatac.zoo._tf_model import TFModel

_KERAS_SUFFIXES = (".h5", ".hdf5")


@dataclass(frozen=True)
class Location:
    """Where a model lies: a folder of ours or a Keras file, or what is wrong there."""

    tfs: tuple[str, ...]
    path: Path
    source: str
    problem: str = ""

    def load(self) -> TFModel:
        """Read or convert the model.

        Raises
        ------
        ValueError
            If something is wrong with it.
        """
        if self.problem:
            raise ValueError(self.problem)
        if self.path.is_dir():
            return TFModel.read(self.path)
        return from_keras(self.path, tf=self.tfs[0])


def is_keras_file(path: Path) -> bool:
    """Whether the name is that of a Keras HDF5 file."""
    return path.suffix.lower() in _KERAS_SUFFIXES and not path.name.startswith(".")


def locate(folder: str | os.PathLike[str]) -> list[Location]:
    """Find the models of a folder, in alphabetical order of its subfolders.

    The folder may be one model (``model.json`` of ours, or one Keras file), hold a folder for each transcription
    factor, or be the original maxATAC's data folder, which has them in ``models``.

    Parameters
    ----------
    folder
        The folder.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    """
    folder = Path(folder).expanduser()
    if not folder.is_dir():
        raise FileNotFoundError(f"folder of models not found: {folder}")
    single = _locate_one(folder)
    if single:
        return [single]
    subfolders = sorted(child for child in folder.iterdir() if child.is_dir() and not child.name.startswith("."))
    found = [location for location in map(_locate_one, subfolders) if location]
    if not found and (folder / "models").is_dir():
        return locate(folder / "models")
    return found


def _locate_one(folder: Path) -> Location | None:
    """Look at one folder: ours before Keras files, and of several Keras files the one with a published name."""
    if (folder / CARD_FILE).is_file():
        try:
            card = read_card(folder)
        except ValueError as error:
            return Location((folder.name,), folder, "file", str(error))
        return Location(tfs_of(card), folder, card["id"].split(":")[0])
    files = sorted(file for file in folder.iterdir() if is_keras_file(file))
    if not files:
        return None
    known = [(file, model) for file in files if (model := published_with(name=file.name))]
    if len(known) == 1:
        file, model = known[0]
        return Location((model.tf,), file, "maxatac")
    if len(files) == 1:
        return Location((folder.name,), files[0], "file")
    names = [file.name for file in files]
    problem = (
        f"{folder} holds several Keras files and not exactly one published one: {names}. Keep one, or give its path"
    )
    return Location((folder.name,), folder, "file", problem)


def model_cache() -> Path:
    """Return the folder that downloaded models are kept in."""
    return Path(settings.cache_dir).expanduser() / "models"


def installed_models() -> dict[str, Location]:
    """Find the installed models by transcription factor: those of ``settings.model_dir``, then downloaded ones.

    Raises
    ------
    FileNotFoundError
        If ``settings.model_dir`` is set and there is no such folder.
    """
    found: dict[str, Location] = {}
    if settings.model_dir is not None:
        try:
            locations = locate(settings.model_dir)
        except FileNotFoundError as error:
            raise FileNotFoundError(f"{error} (set by settings.model_dir or SCMAXATAC_MODEL_DIR)") from None
        found |= by_tf(locations)
    if model_cache().is_dir():
        for location in locate(model_cache()):
            for tf in location.tfs:
                found.setdefault(tf, location)
    return found


def demo_folder() -> Path:
    """Return the folder of the demo models in the installed package."""
    return Path(str(resources.files("scmaxatac.zoo").joinpath("demo")))


def demo_models() -> dict[str, Location]:
    """Find the demo models that the package ships, by transcription factor."""
    if not demo_folder().is_dir():
        return {}
    return by_tf([replace(location, source="demo") for location in locate(demo_folder())])


def by_tf(locations: list[Location]) -> dict[str, Location]:
    """Index models by transcription factor; where two claim the same one, asking for it is an error."""
    found: dict[str, Location] = {}
    for location in locations:
        for tf in location.tfs:
            other = found.get(tf)
            problem = (
                f"two models of {tf}: {other.path} and {location.path}. Give the path of the one you mean"
                if other
                else ""
            )
            found[tf] = Location((tf,), location.path, location.source, problem) if problem else location
    return found
