"""The published models and genome files: names, sizes and checksums."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

from scmaxatac._constants import WEAK_MODEL_F1
from scmaxatac._factor_aliases import symbols_of
from scmaxatac.zoo._suggest import unknown_tfs

REPOSITORY = "MiraldiLab/maxATAC_data"
COMMIT = "43f19e99471ea0a037f5165c27c73520eaeec309"
BASE_URL = f"https://raw.githubusercontent.com/{REPOSITORY}/{COMMIT}"


@dataclass(frozen=True)
class RemoteFile:
    """A file of the authors' repository: path there, size in bytes, checksum."""

    path: str
    size: int
    sha256: str

    @property
    def name(self) -> str:
        """The file's name without folders."""
        return self.path.rsplit("/", 1)[-1]


@dataclass(frozen=True)
class PublishedModel:
    """One of the 127 published models, with its largest F1 on the validation chromosome and the threshold there."""

    tf: str
    weights: RemoteFile
    calibration: RemoteFile
    max_f1: float
    threshold_f1: float


BLACKLIST = RemoteFile(
    "hg38/hg38_maxatac_blacklist.bed", 9317, "0fdf2c29e74bcbc94fb6bbfb001e7ef9a76f3497bac94fdf986a8414ba7e4ad5"
)
CHROM_SIZES = RemoteFile(
    "hg38/hg38.chrom.sizes", 364, "042cb76fc0a31c1b4dfc535ac04cecd2ce7cf20bc3d9256f524b5077846d0a80"
)


@cache
def published() -> Mapping[str, PublishedModel]:
    """Return the published models by transcription factor, in alphabetical order."""
    text = resources.files("scmaxatac.zoo").joinpath("registry.tsv").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    rows = csv.DictReader(lines, delimiter="\t")
    return MappingProxyType({row["tf"]: _model(row) for row in rows})


def _model(row: dict[str, str]) -> PublishedModel:
    weights, calibration = (
        RemoteFile(f"models/{row['tf']}/{row[kind]}", int(row[f"{kind}_bytes"]), row[f"{kind}_sha256"])
        for kind in ("weights", "calibration")
    )
    return PublishedModel(row["tf"], weights, calibration, float(row["max_f1"]), float(row["threshold_f1"]))


def published_with(*, name: str = "", sha256: str = "") -> PublishedModel | None:
    """Find the published model whose weights file has this name or this checksum."""
    for model in published().values():
        if model.weights.sha256 == sha256 or model.weights.name == name:
            return model
    return None


def weakness(max_f1: float | None) -> str:
    """Return a warning for a model with this largest F1, or an empty text if it deserves none."""
    if max_f1 is None or not max_f1 < WEAK_MODEL_F1:
        return ""
    return f"weak model: its largest F1 on the validation chromosome is {max_f1:.3f}, below {WEAK_MODEL_F1}"


def require_published(tfs: Iterable[str] | None) -> list[PublishedModel]:
    """Return the published models of these transcription factors, or all.

    Raises
    ------
    ValueError
        If one is unknown; the message suggests the nearest names.
    """
    known = published()
    wanted = list(known) if tfs is None else symbols_of(tfs, known)
    missing = [tf for tf in wanted if tf not in known]
    if missing:
        raise unknown_tfs(missing, known)
    return [known[tf] for tf in wanted]
