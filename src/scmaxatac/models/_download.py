"""Download of the published models."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from scmaxatac._arguments import checked_arguments
from scmaxatac._docs import shared_docs
from scmaxatac._logging import logger
from scmaxatac._settings import settings
from scmaxatac.io._owned_folder import OwnedFolder, refuse_foreign
from scmaxatac.zoo._from_keras import from_keras
from scmaxatac.zoo._locate import model_cache
from scmaxatac.zoo._model_folder import MODEL_FILES, MODEL_KIND, read_card, remove_rest
from scmaxatac.zoo._registry import BASE_URL, REPOSITORY, PublishedModel, require_published
from scmaxatac.zoo._tf_model import TFModel, write_model

_HINT = (
    "Files that you have already work too: set scmaxatac.settings.model_dir or SCMAXATAC_MODEL_DIR to a folder that "
    "holds a folder for each transcription factor, such as the original maxATAC's data folder"
)


@shared_docs
@checked_arguments
def download(
    tfs: str | Iterable[str] | None = None, *, force: bool = False, base_url: str | None = None
) -> dict[str, Path]:
    """Download published models from their authors' repository and convert them.

    The weights carry no licence for redistribution, so scmaxatac doesn't ship them: each user gets them from the
    authors. Files are checked by sha256, converted to safetensors and JSON and kept in ``settings.cache_dir``, from
    where :func:`load` takes them. What is there and undamaged is not downloaded again; a download that broke off goes
    on where it stopped.

    Parameters
    ----------
    tfs
        Transcription factors, or one; without it all 127 (about 210 MB to download, 70 MB kept).
    force
        {force}
    base_url
        {base_url}

    Returns
    -------
    Folder of each model.

    Raises
    ------
    KeyError
        If a transcription factor is unknown (the message suggests the nearest names), before anything is downloaded.
    ValueError
        If a file's checksum is wrong; then nothing of it is kept.
    FileNotFoundError
        If the server doesn't have a file.
    ConnectionError
        If the server can't be reached, or the connection breaks time and again.

    References
    ----------
    Cazares et al. (2023), PLoS Comput Biol 19(1):e1010863.

    Examples
    --------
    >>> from scmaxatac import models
    >>> models.download(["CTCF", "SPI1"])  # doctest: +SKIP
    """
    wanted = require_published([tfs] if isinstance(tfs, str) else tfs)
    cache = model_cache()
    folders = {model.tf: cache / model.tf for model in wanted}
    needed = [model for model in wanted if force or not _is_current(folders[model.tf], model)]
    for model in wanted:
        if model not in needed:
            _remove_rest(model, folders[model.tf])
    if not needed:
        logger.info("all %d models are in %s already", len(wanted), cache)
        return folders

    from tqdm.auto import tqdm

    from scmaxatac.zoo._fetch import locked

    logger.info(
        "Downloading %d models from the authors' repository (%s) to %s. The weights carry no licence for "
        "redistribution: use them, don't pass them on. Cite Cazares et al. 2023.",
        len(needed),
        base_url or f"https://github.com/{REPOSITORY}",
        cache,
    )
    with tqdm(
        total=sum(map(_size, needed)), unit="B", unit_scale=True, desc="models", disable=not settings.progress
    ) as bar:
        for model in needed:
            with locked(cache):
                if not force and _is_current(folders[model.tf], model):  # another process was faster
                    bar.update(_size(model))
                else:
                    _install(model, folders[model.tf], base_url or BASE_URL, bar.update)
    return folders


def _size(model: PublishedModel) -> int:
    return model.weights.size + model.calibration.size


def _install(model: PublishedModel, folder: Path, base_url: str, advance: Callable[[int], object]) -> None:
    from scmaxatac.zoo._fetch import fetch

    downloads = _downloads()
    is_ours = _is_published(folder, model)  # perhaps of a scmaxatac whose folders had no list of their files
    if not is_ours:
        refuse_foreign(folder, MODEL_KIND, MODEL_FILES)
    try:
        weights, calibration = (
            fetch(file, downloads, base_url=base_url, advance=advance, hint=_HINT)
            for file in (model.weights, model.calibration)
        )
        converted = from_keras(weights, calibration=calibration, tf=model.tf)
        with OwnedFolder(folder, MODEL_KIND) as held:
            if is_ours:
                held.adopt(MODEL_FILES)
            write_model(converted, held)
        weights.unlink()
        calibration.unlink()
    finally:
        _remove_empty(model)


def _remove_rest(model: PublishedModel, folder: Path) -> None:
    """Remove what a kill left behind of a download whose model was complete already."""
    from scmaxatac.zoo._fetch import locked

    remove_rest(folder)
    if _downloads().is_dir():
        with suppress(OSError), locked(folder.parent):  # a cache that we may not write to
            for file in (model.weights, model.calibration):
                for name in (file.path, f"{file.path}.part"):
                    (_downloads() / name).unlink(missing_ok=True)
            _remove_empty(model)


def _remove_empty(model: PublishedModel) -> None:
    """Remove the folders of a model's downloads that are empty: in others a broken download waits."""
    folder = (_downloads() / model.weights.path).parent
    while folder.is_relative_to(_downloads()):
        with suppress(OSError):
            folder.rmdir()
        folder = folder.parent


def _downloads() -> Path:
    """Folder of downloads that are not converted yet."""
    return Path(settings.cache_dir).expanduser() / "downloads"


def _is_published(folder: Path, model: PublishedModel) -> bool:
    """Whether the card in a folder says that it holds this model, converted from the published files."""
    try:
        provenance = read_card(folder)["provenance"]
    except (FileNotFoundError, ValueError):
        return False
    made_from = (provenance.get("file_sha256"), provenance.get("calibration_sha256"))
    return made_from == (model.weights.sha256, model.calibration.sha256)


def _is_current(folder: Path, model: PublishedModel) -> bool:
    """Whether the folder holds this model, complete and undamaged."""
    try:
        return _is_published(folder, model) and all(TFModel.read(folder).calibrations.values())
    except (FileNotFoundError, ValueError):
        return False
