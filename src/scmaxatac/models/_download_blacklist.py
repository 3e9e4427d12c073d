"""Download of the blacklist that the published models were made with."""

from pathlib import Path

from scmaxatac._arguments import checked_arguments
from scmaxatac._docs import shared_docs
from scmaxatac.zoo._download_genome_file import download_genome_file
from scmaxatac.zoo._registry import BLACKLIST


@shared_docs
@checked_arguments
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
    return download_genome_file(BLACKLIST, force, base_url)
