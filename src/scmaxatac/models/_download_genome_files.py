"""Download of the blacklist and the chromosome sizes that the published models were made with."""

from pathlib import Path

from scmaxatac._docs import shared_docs
from scmaxatac._logging import logger
from scmaxatac._settings import settings
from scmaxatac.zoo._registry import BASE_URL, BLACKLIST, CHROM_SIZES, REPOSITORY, RemoteFile

_HINT = "A copy of your own works too: give its path to scmaxatac.Genome"


@shared_docs
def download_blacklist(*, force: bool = False, base_url: str | None = None) -> Path:
    """Download maxATAC's extended blacklist of hg38 from its authors' repository, unless it is in the cache.

    It holds regions whose signal is an artefact: no prediction is made there, and they stay out of the 99th percentile
    that the signal is scaled by. Checked by sha256.

    Parameters
    ----------
    force
        {force}
    base_url
        {base_url}

    Returns
    -------
    Path of a BED file (0-based, half-open) in ``settings.cache_dir``.

    Raises
    ------
    FileNotFoundError
        If the server doesn't have the file.
    ConnectionError
        If the server can't be reached, or the connection breaks time and again.
    ValueError
        If the checksum is wrong; nothing is kept then.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> genome = sma.Genome("hg38.fa", blacklist=sma.models.download_blacklist())  # doctest: +SKIP
    """
    return _download(BLACKLIST, force, base_url)


@shared_docs
def download_chrom_sizes(*, force: bool = False, base_url: str | None = None) -> Path:
    """Download the sizes of hg38's chromosomes from maxATAC's repository, unless they are in the cache.

    Parameters
    ----------
    force
        {force}
    base_url
        {base_url}

    Returns
    -------
    Path of a file with chromosome and length (bp), tab-separated, in ``settings.cache_dir``.

    Raises
    ------
    FileNotFoundError
        If the server doesn't have the file.
    ConnectionError
        If the server can't be reached, or the connection breaks time and again.
    ValueError
        If the checksum is wrong; nothing is kept then.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> genome = sma.Genome.from_sizes(sma.models.download_chrom_sizes())  # doctest: +SKIP
    """
    return _download(CHROM_SIZES, force, base_url)


def _download(file: RemoteFile, force: bool, base_url: str | None) -> Path:
    from scmaxatac.zoo._fetch import fetch, locked

    folder = Path(settings.cache_dir).expanduser() / "genomes"
    path = folder / file.path
    with locked(folder):
        if force:
            path.unlink(missing_ok=True)
        if not path.is_file():
            logger.info("Downloading %s from the repository of maxATAC's authors (%s)", file.name, REPOSITORY)
        return fetch(file, folder, base_url=base_url or BASE_URL, advance=lambda n_bytes: None, hint=_HINT)
