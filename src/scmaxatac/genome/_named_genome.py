"""Genomes that users name by a path or, such as hg38, by their name."""

import re
from functools import lru_cache
from os import PathLike
from pathlib import Path

from scmaxatac._arguments import convert_kind
from scmaxatac._logging import logger
from scmaxatac._settings import settings
from scmaxatac.genome._genome import Genome
from scmaxatac.io._files import existing_file

_NAME = re.compile(r"[A-Za-z0-9_-]+")
_ENDINGS = (".fa", ".fa.gz", ".fasta", ".fasta.gz", ".2bit")
_UCSC = "https://hgdownload.soe.ucsc.edu/goldenPath/{name}/bigZips/{name}.fa.gz"
_AT_UCSC = ("hg19", "hg38", "mm10", "mm39")


def named_genome(
    given: str | PathLike[str],
    *,
    blacklist: str | PathLike[str] | None = None,
    annotation: str | PathLike[str] | None = None,
) -> Genome:
    """Genome of a sequence file, or of a name; the same object again while its files stay as they are.

    Parameters
    ----------
    given
        Path of a FASTA or 2bit file, which then has neither blacklist nor annotation; or a name such as ``"hg38"``:
        ``hg38.fa`` (``.fa.gz``, ``.fasta``, ``.fasta.gz``, ``.2bit``) in ``settings.genome_dir``, with the one file
        there that is called like ``hg38*blacklist*.bed`` (else the one that was downloaded to the cache), and with
        ``hg38.gtf`` or ``hg38.gtf.gz``, where there are such files.
    blacklist, annotation
        Files to take instead of those.

    Raises
    ------
    FileNotFoundError
        If there is no such file; for a name the message says where to get it and where to put it.
    ValueError
        If several files could be the sequence, the blacklist or the annotation, or a file can't be read.
    """
    if isinstance(given, str) and _NAME.fullmatch(given) and not Path(given).exists():
        files = _files_of(given)
    else:
        files = (Path(given).expanduser(), None, None)
        if not files[0].is_file():
            raise FileNotFoundError(f"genome is {str(given)!r}, and there is no such file")
    if blacklist is not None:
        files = (files[0], existing_file(blacklist, "blacklist"), files[2])
    if annotation is not None:
        files = (*files[:2], existing_file(annotation, "annotation"))
    stamps = tuple(None if path is None else (path.stat().st_mtime_ns, path.stat().st_size) for path in files)
    return _opened(files, stamps, settings.cache_dir)


@lru_cache(maxsize=4)
def _opened(files: tuple[Path, Path | None, Path | None], stamps: tuple[object, ...], cache_dir: Path) -> Genome:
    """Open a genome, whose later parameters say when it has to be opened anew."""
    fasta, blacklist, annotation = files
    logger.info("genome: %s; blacklist: %s; annotation: %s", fasta, blacklist or "none", annotation or "none")
    return Genome(fasta, blacklist=blacklist, annotation=annotation, cache_dir=cache_dir)


def _files_of(name: str) -> tuple[Path, Path | None, Path | None]:
    downloads = Path(settings.cache_dir).expanduser() / "genomes"
    folder = downloads if settings.genome_dir is None else settings.genome_dir
    fasta = _one([folder / (name + ending) for ending in _ENDINGS], "sequence", name)
    if fasta is None:
        raise FileNotFoundError(_how_to_get(name, folder))
    blacklist = None
    for place in dict.fromkeys((folder, downloads)):
        called_so = sorted(path for ending in ("bed", "bed.gz") for path in place.glob(f"{name}*blacklist*.{ending}"))
        blacklist = blacklist or _one(called_so, "blacklist", name)
    annotation = _one([folder / f"{name}.gtf", folder / f"{name}.gtf.gz"], "annotation", name)
    return fasta, blacklist, annotation


def _one(candidates: list[Path], what: str, name: str) -> Path | None:
    """The candidate that is there, if any."""
    found = [path for path in candidates if path.is_file()]
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise ValueError(
            f"the {what} of {name!r} could be {names} in {found[0].parent}; keep one there, or give "
            "scmaxatac.Genome(fasta, blacklist=..., annotation=...)"
        )
    return found[0] if found else None


def _how_to_get(name: str, folder: Path) -> str:
    source = f" (download {_UCSC.format(name=name)}, which need not be unpacked)" if name in _AT_UCSC else ""
    blacklist = ", and scmaxatac.models.download_blacklist() gets the blacklist" if name == "hg38" else ""
    return (
        f"genome is {name!r}, and there is none of {', '.join(name + ending for ending in _ENDINGS)} in {folder}: put "
        f"its sequence there{source}{blacklist}. The folder is settings.genome_dir (or the environment variable "
        "SCMAXATAC_GENOME_DIR). Or give the path of a FASTA, or scmaxatac.Genome(...)"
    )


convert_kind("Genome", lambda value: isinstance(value, str | PathLike), named_genome)
