"""Download of one of the files about the genome that the published models were made with."""

from pathlib import Path

from scmaxatac._logging import logger
from scmaxatac._settings import settings
from scmaxatac.zoo._registry import BASE_URL, REPOSITORY, RemoteFile

_HINT = "A copy of your own works too: give its path to scmaxatac.Genome"


def download_genome_file(file: RemoteFile, force: bool, base_url: str | None) -> Path:
    """Path of a file in the cache, downloaded where it is not there or `force` is true."""
    from scmaxatac.zoo._fetch import fetch, locked

    folder = Path(settings.cache_dir).expanduser() / "genomes"
    path = folder / file.path
    with locked(folder):
        if force:
            path.unlink(missing_ok=True)
        if not path.is_file():
            logger.info("Downloading %s from the repository of maxATAC's authors (%s)", file.name, REPOSITORY)
        return fetch(file, folder, base_url=base_url or BASE_URL, advance=lambda n_bytes: None, hint=_HINT)
