"""Base codes of a genome, one byte a base, memory-mapped from the cache folder."""

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from os import PathLike
from pathlib import Path

import numpy as np

from scmaxatac._constants import UNKNOWN_BASE
from scmaxatac._logging import logger
from scmaxatac._settings import settings
from scmaxatac.io._files import atomic_path, publish_folder, temporary_folder
from scmaxatac.io._sequences import read_sequences

_LOOKUP = np.full(256, UNKNOWN_BASE, dtype=np.uint8)
for _code, _letters in enumerate((b"Aa", b"Cc", b"Gg", b"Tt")):
    _LOOKUP[list(_letters)] = _code

_FORMAT = 1
"""Raised when the layout of the cache changes."""

_INDEX = "index.json"


def codes_of(sequence: bytes) -> np.ndarray:
    """Turn letters into codes: A, C, G, T (either case) become 0 to 3, everything else 4; (length,) uint8."""
    return _LOOKUP[np.frombuffer(sequence, dtype=np.uint8)]


class CachedCodes:
    """Codes of chromosomes in a folder, as of a FASTA file in the cache.

    Pickles as a path, so that worker processes open the files themselves, each process once.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        table = json.loads((folder / _INDEX).read_text())
        self.key: str = table["key"]
        self.sizes: dict[str, int] = {row["name"]: row["size"] for row in table["chroms"]}
        self.known_bases: dict[str, int] = {row["name"]: row["known"] for row in table["chroms"]}
        self._files = {row["name"]: row["file"] for row in table["chroms"]}
        self._open: dict[str, np.ndarray] = {}

    def __getitem__(self, chrom: str) -> np.ndarray:
        if chrom not in self._open:
            self._open[chrom] = self._map(chrom)
        return self._open[chrom]

    def _map(self, chrom: str) -> np.ndarray:
        path, size = self.folder / self._files[chrom], self.sizes[chrom]
        there = path.stat().st_size if path.is_file() else 0
        if there != size:
            raise ValueError(
                f"{path} is damaged: it holds {there} bases of {chrom}, which has {size}. Delete the folder "
                f"{self.folder}: it is made anew from the genome (those of FASTA and 2bit files lie in "
                "settings.cache_dir)"
            )
        # numpy can't map an empty file
        return np.memmap(path, dtype=np.uint8, mode="r", shape=(size,)) if size else np.zeros(0, np.uint8)

    def __reduce__(self) -> tuple[Callable[[Path], "CachedCodes"], tuple[Path]]:
        return _open_codes, (self.folder,)


@lru_cache(maxsize=8)
def _open_codes(folder: Path) -> CachedCodes:
    """Open a folder of codes; the same one gives the same arrays, so that what a device holds of them is found."""
    return CachedCodes(folder)


def write_codes(codes: Mapping[str, np.ndarray], folder: Path) -> CachedCodes:
    """Write codes that are in memory into a folder that is named after them, unless they are there already."""
    if not (folder / _INDEX).is_file():
        rows = []
        for i, (name, array) in enumerate(codes.items()):
            with atomic_path(folder / f"{i}.codes") as temporary:
                array.tofile(temporary)
            rows.append(_row(i, name, array))
        with atomic_path(folder / _INDEX) as temporary:
            temporary.write_text(json.dumps({"key": folder.name, "chroms": rows}))
    return CachedCodes(folder)


def _row(i: int, name: str, codes: np.ndarray) -> dict[str, str | int]:
    known = int(np.count_nonzero(codes < UNKNOWN_BASE))
    return {"name": name, "size": len(codes), "known": known, "file": f"{i}.codes"}


def encode_fasta(path: Path, cache_dir: str | PathLike[str] | None = None) -> CachedCodes:
    """Open the codes of a FASTA or 2bit file, encoding it on first sight.

    The cache is keyed by content; a small file beside it remembers which path, size and modification time had which
    content, so that an unchanged file is not read again.
    """
    if not path.is_file():
        raise FileNotFoundError(f"genome file not found: {path}")
    root = Path(cache_dir if cache_dir is not None else settings.cache_dir) / "genomes"
    stat = path.stat()
    seen = f"{_FORMAT}:{path.resolve()}:{stat.st_size}:{stat.st_mtime_ns}"
    known = root / "seen" / hashlib.sha256(seen.encode()).hexdigest()
    if known.is_file():
        folder = root / known.read_text().strip()
        if (folder / _INDEX).is_file():
            return CachedCodes(folder)
    logger.info("encoding %s into %s (once per genome)", path, root)
    folder = _encode(path, root)
    known.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(known) as temporary:
        temporary.write_text(folder.name)
    return CachedCodes(folder)


def _encode(path: Path, root: Path) -> Path:
    """Write the codes chromosome by chromosome, then give the folder the name of its content."""
    with temporary_folder(root / "encoding") as working:
        digest = hashlib.sha256(str(_FORMAT).encode())
        rows = []
        for i, (name, sequence) in enumerate(read_sequences(path)):
            codes = codes_of(sequence)
            codes.tofile(working / f"{i}.codes")
            digest.update(name.encode() + b"\0")
            digest.update(codes.data)
            rows.append(_row(i, name, codes))
        key = digest.hexdigest()
        (working / _INDEX).write_text(json.dumps({"key": key, "chroms": rows}))
        folder = root / key[:32]
        publish_folder(working, folder)
    return folder
