"""Averages of replicates' tracks."""

from collections.abc import Iterable, Iterator, Sequence
from os import PathLike
from pathlib import Path
from typing import Literal

import numpy as np

from scmaxatac._arguments import checked_arguments
from scmaxatac._docs import shared_docs
from scmaxatac._logging import logger
from scmaxatac._text import abbreviate
from scmaxatac.atac._average import average_runs, minimum_and_percentile
from scmaxatac.genome import Genome
from scmaxatac.io._bigwig import BigWigWriter, bigwig_sizes, read_bigwig
from scmaxatac.io._files import existing_file
from scmaxatac.io._output import output_file
from scmaxatac.io._owned_file import owned_file


@shared_docs
@checked_arguments
def average_replicates(
    tracks: Sequence[str | PathLike[str]],
    path: str | PathLike[str],
    *,
    genome: Genome,
    normalize: Literal["minmax", "rp20m"] = "minmax",
    chroms: str | Iterable[str] | None = None,
) -> Path:
    """Average the bigWigs of replicates with equal weight, and scale the mean to its 99th percentile.

    For tracks that exist already, of bulk experiments for instance, or of samples that can't be read together. The
    replicates of one object need no files: ``replicate_key`` of :func:`tn5_tracks` and
    :func:`scmaxatac.tl.predict_tfbs` does the same.

    Parameters
    ----------
    tracks
        bigWigs of coverage, each scaled to the same depth (``tn5_tracks(..., normalize="rp20m")``, or maxATAC's
        ``*_RP20M.bw``). Bases without a value count as 0.
    path
        bigWig to write; its folder is created when missing. Beside it lies ``<path>.sha256`` with its checksum, as
        ``sha256sum --check`` reads it, by which a later call knows the file as one that may be replaced. No other file
        is.
    genome
        {genome}
        Bases on its blacklist become 0.
    normalize
        ``"minmax"``: (mean - minimum) / (99th percentile - minimum), the percentile over the bases that are above 0 and
        not blacklisted, without clipping: what the networks read. ``"rp20m"``: the mean itself.
    chroms
        {chroms}

    Returns
    -------
    Path of the bigWig.

    Raises
    ------
    FileNotFoundError
        If a bigWig does not exist.
    KeyError
        If a chromosome is in none of the bigWigs or not in the genome.
    ValueError
        If no tracks are given, a chromosome's length differs from the genome's, nothing is above 0, the folder can't be
        written to, or `path` is one of the tracks or a file that this function did not write.
    RuntimeError
        If another process is writing to `path`.

    Examples
    --------
    >>> import scmaxatac as sma, tempfile
    >>> toy, folder = sma.datasets.toy(), tempfile.mkdtemp()
    >>> made = sma.pp.tn5_tracks(toy.adata, "cell_type", genome=toy.genome, out_dir=folder, normalize="rp20m")
    >>> bigwigs = [f"{folder}/{path}" for path in made.files["path"]]
    >>> sma.pp.average_replicates(bigwigs, f"{folder}/mean.bw", genome=toy.genome).name
    'mean.bw'
    """
    if normalize not in ("minmax", "rp20m"):
        raise ValueError(f"normalize is {normalize!r}; it has to be 'minmax' or 'rp20m'")
    if not tracks:
        raise ValueError("tracks is empty; it has to be a list of at least one bigWig")
    files = [existing_file(track, "bigWig") for track in tracks]
    chosen = sorted(genome.select_chroms(chroms), key=list(genome.chroms).index)
    known = [_checked_sizes(file, genome) for file in files]
    if chroms is not None and (absent := [chrom for chrom in chosen if not any(chrom in sizes for sizes in known)]):
        raise KeyError(f"none of the {len(files)} bigWigs has chromosome {absent[0]!r}")
    target = output_file(path)
    for file in files:
        if target.exists() and target.samefile(file):
            raise ValueError(f"{target} is {file}, one of the tracks to average; choose another name for the mean")

    def averaged() -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        for chrom in chosen:
            having = [file for file, sizes in zip(files, known, strict=True) if chrom in sizes]
            runs = [read_bigwig(file, chrom) for file in having]
            none = (np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.float32))
            yield average_runs([*runs, *[none] * (len(files) - len(having))], chrom, genome)

    with owned_file(target) as temporary:
        low, high = minimum_and_percentile(averaged())
        if not high > 0:
            raise ValueError(f"the tracks have no values above 0 on {abbreviate(chosen)}: {abbreviate(files, 3)}")
        logger.info("mean of %d tracks: minimum %g, 99th percentile %g", len(files), low, high)
        shift, span = (low, high - low) if normalize == "minmax" else (0.0, 1.0)
        with BigWigWriter(temporary, genome.sizes) as writer:
            for chrom, (breaks, mean, black) in zip(chosen, averaged(), strict=True):
                values = np.where(black, 0.0, (mean - shift) / span) if span > 0 else np.zeros(len(mean))
                keep = values != 0
                writer.add_runs(chrom, breaks[:-1][keep], breaks[1:][keep], values[keep])
    return target


def _checked_sizes(file: Path, genome: Genome) -> dict[str, int]:
    sizes = bigwig_sizes(file)
    shared = {chrom: size for chrom, size in sizes.items() if chrom in genome.sizes}
    if not shared:
        raise ValueError(
            f"{file} and {genome.source} share no chromosome: {abbreviate(sizes)} and {abbreviate(genome.chroms)}"
        )
    for chrom, size in shared.items():
        if size != genome.sizes[chrom]:
            raise ValueError(f"{chrom} has {size} bp in {file}, but {genome.sizes[chrom]} in {genome.source}")
    return shared
