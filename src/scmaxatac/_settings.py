"""Settings that hold for a whole session."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scmaxatac._logging import show_messages

_FOLDERS = ("cache_dir", "model_dir", "genome_dir")


def _default_cache_dir() -> Path | None:
    if explicit := os.environ.get("SCMAXATAC_CACHE_DIR"):
        return Path(explicit)
    if of_user := os.environ.get("XDG_CACHE_HOME"):
        return Path(of_user) / "scmaxatac"
    try:
        return Path.home() / ".cache" / "scmaxatac"
    except RuntimeError:  # neither HOME nor an entry in the table of users, as in some containers
        return None


def _default_model_dir() -> Path | None:
    explicit = os.environ.get("SCMAXATAC_MODEL_DIR")
    return Path(explicit) if explicit else None


def _default_genome_dir() -> Path | None:
    explicit = os.environ.get("SCMAXATAC_GENOME_DIR")
    return Path(explicit) if explicit else None


def _default_measure_backends() -> bool:
    return os.environ.get("SCMAXATAC_MEASURE_BACKENDS") != "0"


@dataclass
class Settings:
    """Settings of a session; assign to the attributes of ``scmaxatac.settings``.

    Attributes
    ----------
    cache_dir
        Folder for downloads, encoded genomes and run folders. Taken from the environment variable
        ``SCMAXATAC_CACHE_DIR`` when that is set.
    model_dir
        Folder of models, in our layout or in the original maxATAC's. Taken from ``SCMAXATAC_MODEL_DIR``.
    genome_dir
        Folder of the genomes that are named, as in ``genome="hg38"``: ``hg38.fa`` (``.fa.gz``, ``.fasta``,
        ``.fasta.gz``, ``.2bit``) and, where they are there, a blacklist called like ``hg38*blacklist*.bed`` and genes
        in ``hg38.gtf`` or ``hg38.gtf.gz``. Taken from ``SCMAXATAC_GENOME_DIR``; without it the folder ``genomes`` of
        `cache_dir`, which downloaded blacklists go to as well.
    progress
        Whether progress bars are shown.
    verbosity
        Which messages of the log are shown on standard error: 0 (``"error"``), 1 (``"warning"``), 2 (``"info"``: what
        is read, computed and added), 3 (``"hint"``, as 2 here) or 4 (``"debug"``), as in scanpy. None, the default,
        leaves the logger ``"scmaxatac"`` to your own handlers. Warnings that change results are Python's, whatever
        stands here.
    min_stored_score
        Bins with a lower score are not kept in the store of a run, except those that rank so high that
        ``threshold="matched"`` or ``"mixed"`` may need them.
    max_scores_mb
        Region scores above this size go to a zarr store on disk instead of into the object.
    bigwig_decimals
        Decimals that scores in bigWigs are rounded to; None writes those of all bins as they are, and those of
        ``save_tracks="sites"`` with three. Three decimals make the files 2 to 10 times smaller. Sites, region scores
        and the store of a run are never rounded.
    bigwig_drop_zeros
        Whether intervals of 8 kb and more whose scores are all 0 (as a rule by rounding) are left out of bigWigs.
    measure_backends
        Whether a prediction with ``backend="auto"`` on the CPU takes the backend that a short measurement finds to be
        the fastest; it is made once for a machine and kept in the cache folder. Without it OpenVINO is taken where it
        is installed, on every machine. Off where the environment variable ``SCMAXATAC_MEASURE_BACKENDS`` is 0.
    min_match_rate
        Smallest share of the object's cells that has to be found among a fragment file's barcodes.
    bam_barcode
        Where the reads of a BAM file hold the barcodes of cells: a tag (``"CB"``, ``"DB"``), or a regular expression
        for the reads' names, whose first group, or whole match, is the barcode (``"^[^:]+"``: all up to a colon).
    """

    cache_dir: Path = field(default_factory=_default_cache_dir)  # type: ignore[assignment]  # None is not set
    model_dir: Path | None = field(default_factory=_default_model_dir)
    genome_dir: Path | None = field(default_factory=_default_genome_dir)
    progress: bool = True
    verbosity: int | str | None = None
    min_stored_score: float = 0.01
    max_scores_mb: float = 200.0
    bigwig_decimals: int | None = None
    bigwig_drop_zeros: bool = False
    measure_backends: bool = field(default_factory=_default_measure_backends)
    min_match_rate: float = 0.1
    bam_barcode: str = "CB"

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "verbosity" and (value is not None or hasattr(self, name)):
            show_messages(value)
        if name in _FOLDERS and value is not None:
            value = _expanded(name, value)
        if name != "cache_dir" or value is not None:  # without one, asking for it is an error
            super().__setattr__(name, value)

    def __getattr__(self, name: str) -> Any:
        if name == "cache_dir":
            raise ValueError(
                "there is no home folder to keep a cache in; set the environment variable SCMAXATAC_CACHE_DIR, or "
                "scmaxatac.settings.cache_dir, to a folder that you can write to"
            )
        raise AttributeError(name)


def _expanded(name: str, value: str | os.PathLike[str]) -> Path:
    try:
        return Path(value).expanduser()
    except RuntimeError:
        raise ValueError(f"{name} is {value}, and there is no home folder that ~ could stand for") from None


settings = Settings()
