"""Base codes of a genome, one byte a base, memory-mapped from the cache folder."""

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from scmaxatac._constants import UNKNOWN_BASE
from scmaxatac._logging import logger
from scmaxatac._settings import settings
from scmaxatac.io._files import (
    atomic_path,
    checksum,
    existing_file,
    publish_folder,
    set_aside,
    temporary_folder,
)
from scmaxatac.io._sequences import read_sequences

_LOOKUP = np.full(256, UNKNOWN_BASE, dtype=np.uint8)
for _code, _letters in enumerate((b"Aa", b"Cc", b"Gg", b"Tt")):
    _LOOKUP[list(_letters)] = _code

_FORMAT = 1
"""Raised when the layout of the cache changes."""

_INDEX = "index.json"

_SAMPLES, _SAMPLE = 16, 1 << 12
"""Pieces of a file, and their length in bytes, that tell it from another one of the same size and times."""


def codes_of(sequence: bytes) -> np.ndarray:
    """Turn letters into codes: A, C, G, T (either case) become 0 to 3, everything else 4; (length,) uint8."""
    return _LOOKUP[np.frombuffer(sequence, dtype=np.uint8)]


class DamagedCodesError(ValueError):
    """A folder of codes is not what was written."""

    def __init__(self, problem: str, folder: Path) -> None:
        super().__init__(
            f"{problem}. Delete the folder {folder}: it is made anew from the genome (those of FASTA and 2bit files "
            "lie in settings.cache_dir)"
        )
        self.problem = problem


class CachedCodes:
    """Codes of chromosomes in a folder, as of a FASTA file in the cache.

    Each file is compared with its checksum when it is opened, once a process. Pickles as a path, so that worker
    processes open the files themselves, each process once.

    Parameters
    ----------
    folder
        The folder.
    source
        FASTA or 2bit file from which a damaged folder is made anew; None where there is none.

    Raises
    ------
    DamagedCodesError
        If the index is missing or damaged.
    """

    def __init__(self, folder: Path, source: Path | None = None) -> None:
        self.folder = folder
        self.source = source
        self._open: dict[str, np.ndarray] = {}
        self._read_index()

    def _read_index(self) -> None:
        index = self.folder / _INDEX
        try:
            table = json.loads(index.read_text(encoding="utf-8"))
            key, rows = table["key"], table["chroms"]
            columns = {kind: {row["name"]: row[kind] for row in rows} for kind in ("size", "known", "file", "sha256")}
            types = [(kind, type(value)) for kind, of in columns.items() for value in of.values()]
            whole = set(types) <= {("size", int), ("known", int), ("file", str), ("sha256", str)}
            # folders of earlier versions have no checksum of the rows
            whole &= table.get("rows", _checksum_of_rows(rows)) == _checksum_of_rows(rows)
            whole &= [row["file"] for row in rows] == [f"{i}.codes" for i in range(len(rows))]
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            whole = False
        if not whole or not isinstance(key, str) or len(columns["size"]) < len(rows):
            raise DamagedCodesError(f"{index} is missing or damaged", self.folder)
        self.key: str = key
        self.sizes: dict[str, int] = columns["size"]
        self.known_bases: dict[str, int] = columns["known"]
        self._files: dict[str, str] = columns["file"]
        self._sums: dict[str, str] = columns["sha256"]

    def __getitem__(self, chrom: str) -> np.ndarray:
        if chrom not in self._open:
            if (problem := self._damage(chrom)) and self.source is not None:
                self._make_anew(problem, self.source)
                problem = self._damage(chrom)
            if problem:
                raise DamagedCodesError(problem, self.folder)
            path, size = self.folder / self._files[chrom], self.sizes[chrom]
            # numpy can't map an empty file
            self._open[chrom] = (
                np.memmap(path, dtype=np.uint8, mode="r", shape=(size,)) if size else np.zeros(0, np.uint8)
            )
        return self._open[chrom]

    def check_sizes(self) -> None:
        """Raise a DamagedCodesError if a file is missing or has another length, which is told without reading it."""
        for chrom in self.sizes:
            if problem := self._wrong_size(chrom):
                raise DamagedCodesError(problem, self.folder)

    def is_intact(self) -> bool:
        """Whether all files are what was written."""
        return not any(map(self._damage, self.sizes))

    def _damage(self, chrom: str) -> str:
        """What is wrong with the file of a chromosome, "" if nothing is."""
        path = self.folder / self._files[chrom]
        if problem := self._wrong_size(chrom):
            return problem
        return "" if checksum(path) == self._sums[chrom] else f"{path} is damaged: it is not what was written"

    def _wrong_size(self, chrom: str) -> str:
        path, size = self.folder / self._files[chrom], self.sizes[chrom]
        there = path.stat().st_size if path.is_file() else 0
        return "" if there == size else f"{path} is damaged: it holds {there} bases of {chrom}, which has {size}"

    def _make_anew(self, problem: str, source: Path) -> None:
        logger.warning("%s; the folder is made anew from %s", problem, source)
        set_aside(self.folder)
        folder = _encode(source, self.folder.parent)
        if folder != self.folder:
            raise ValueError(f"{problem}, and {source} is another genome now. Make the Genome again")
        self._read_index()

    def __reduce__(self) -> tuple[Callable[[Path, Path | None], "CachedCodes"], tuple[Path, Path | None]]:
        return _open_codes, (self.folder, self.source)


@lru_cache(maxsize=8)
def _open_codes(folder: Path, source: Path | None) -> CachedCodes:
    """Open a folder of codes; the same one gives the same arrays, so that what a device holds of them is found."""
    return CachedCodes(folder, source)


def write_codes(codes: Mapping[str, np.ndarray], folder: Path) -> CachedCodes:
    """Write codes that are in memory into a folder that is named after them, unless they are there, as they were."""
    try:
        if (found := CachedCodes(folder)).is_intact():
            return found
    except DamagedCodesError:
        pass  # nothing there, or not all of it
    rows = []
    for i, (name, array) in enumerate(codes.items()):
        with atomic_path(folder / f"{i}.codes") as temporary:
            array.tofile(temporary)
        rows.append(_row(i, name, array))
    with atomic_path(folder / _INDEX) as temporary:
        temporary.write_text(_index_of(folder.name, rows))
    return CachedCodes(folder)


def _row(i: int, name: str, codes: np.ndarray) -> dict[str, str | int]:
    known = int(np.count_nonzero(codes < UNKNOWN_BASE))
    digest = hashlib.sha256(np.ascontiguousarray(codes).data).hexdigest()
    return {"name": name, "size": len(codes), "known": known, "file": f"{i}.codes", "sha256": digest}


def _index_of(key: str, rows: list[dict[str, str | int]]) -> str:
    return json.dumps({"key": key, "chroms": rows, "rows": _checksum_of_rows(rows)})


def _checksum_of_rows(rows: Any) -> str:
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def encode_fasta(path: str | PathLike[str], cache_dir: str | PathLike[str] | None = None) -> CachedCodes:
    """Open the codes of a FASTA or 2bit file, encoding it on first sight, and anew where its folder is damaged.

    The cache is keyed by content; a small file beside it remembers which path, size, times, place on the disk and
    sample of bytes had which content, so that an unchanged file is not read again.
    """
    path = existing_file(path, "genome file")
    root = Path(cache_dir if cache_dir is not None else settings.cache_dir).expanduser() / "genomes"
    known = root / "seen" / _identity(path)
    if (folder := _folder_seen(known)) is not None:
        try:
            found = CachedCodes(folder, path.absolute())
            found.check_sizes()
            return found
        except DamagedCodesError as error:
            logger.warning("%s; the folder is made anew from %s", error.problem, path)
            set_aside(folder)
    logger.info("encoding %s into %s (once per genome)", path, root)
    folder = _encode(path, root)
    known.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(known) as temporary:
        temporary.write_text(f"{folder.name} {known.name}\n")
    return CachedCodes(folder, path.absolute())


def _identity(path: Path) -> str:
    """Digest of what tells a file from an earlier one under its name, without reading all of it."""
    stat = path.stat()
    facts = [_FORMAT, path.resolve(), stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]
    digest = hashlib.sha256(":".join(map(str, facts)).encode())
    with open(path, "rb") as handle:
        for place in np.linspace(0, max(0, stat.st_size - _SAMPLE), _SAMPLES).astype(np.int64).tolist():
            handle.seek(place)
            digest.update(handle.read(_SAMPLE))
    return digest.hexdigest()


def _folder_seen(known: Path) -> Path | None:
    """Folder of codes that a note names; None without one, or where it is damaged."""
    text = known.read_text(encoding="utf-8", errors="replace").split() if known.is_file() else []
    folder = known.parent.parent / text[0] if len(text) == 2 and text[1] == known.name else None
    return folder if folder is not None and folder.is_dir() else None


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
        (working / _INDEX).write_text(_index_of(key, rows))
        folder = root / key[:32]
        if folder.is_dir():
            try:
                CachedCodes(folder).check_sizes()
            except DamagedCodesError:
                set_aside(folder)
        publish_folder(working, folder)
    return folder
