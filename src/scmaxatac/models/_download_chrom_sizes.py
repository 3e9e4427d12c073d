"""Download of the chromosome sizes that the published models were made with."""

from pathlib import Path

from scmaxatac._arguments import checked_arguments
from scmaxatac._docs import shared_docs
from scmaxatac.zoo._download_genome_file import download_genome_file
from scmaxatac.zoo._registry import CHROM_SIZES


@shared_docs
@checked_arguments
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
    return download_genome_file(CHROM_SIZES, force, base_url)
