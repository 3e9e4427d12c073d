"""Opening, hashing, naming and safely replacing files."""

import gzip
import hashlib
import os
import re
import unicodedata
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, cast
from uuid import uuid4

from scmaxatac.io._temporary import temporary_name

_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_SLUG_LENGTH = 60


@contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary name beside `path` that becomes `path` when the block ends without an exception.

    The temporary file is removed when the block raises, so a reader never sees half a file. The temporary name ends as
    `path` does, because some writers choose the format by the suffix.

    Parameters
    ----------
    path
        File to write. Its folder is created when missing.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(temporary_name(path.name))
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


def output_folder(path: str | os.PathLike[str]) -> Path:
    """Make a folder for results, with its parents, and make sure that files can be written into it.

    Raises
    ------
    ValueError
        If the folder can't be made or written to.
    """
    folder = Path(path).expanduser()
    trial = folder / f".{uuid4().hex[:8]}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        trial.touch()
        trial.unlink()
    except OSError as error:
        raise ValueError(f"out_dir {folder} can't be written to ({error.strerror}); choose another folder") from error
    return folder


def sha256_of(path: str | os.PathLike[str]) -> str:
    """Hexadecimal sha256 of a file's bytes."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def slug(text: str) -> str:
    """Turn any text into a piece of a file name: ASCII letters, digits, ``.``, ``_``, ``+`` and ``-``.

    Different texts can give the same slug, so files carry an index as well.
    """
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    safe = re.sub(r"[^A-Za-z0-9._+-]+", "_", ascii_text).strip("._")
    return safe[:_SLUG_LENGTH] or "unnamed"


def existing_file(path: str | os.PathLike[str], what: str) -> Path:
    """Give `path` back as a Path, or raise a FileNotFoundError that says `what` is missing."""
    path = Path(path).expanduser()
    if path.is_dir():
        raise FileNotFoundError(f"{what}: {path} is a folder, not a file")
    if not path.is_file():
        raise FileNotFoundError(f"{what} not found: {path}")
    return path


def open_binary(path: str | os.PathLike[str]) -> BinaryIO:
    """Open a file for reading bytes, decompressed where it is gzip, bgzip or zstd, whatever its name.

    The optional package ``isal`` is used for gzip when it is installed; it is two to three times as fast.
    """
    with open(path, "rb") as handle:
        magic = handle.read(4)
    if magic == _ZSTD_MAGIC:
        import pyarrow as pa

        return cast(BinaryIO, pa.input_stream(str(path), compression="zstd"))
    if magic[:2] != _GZIP_MAGIC:
        return open(path, "rb")
    try:
        from isal import igzip
    except ImportError:
        return cast(BinaryIO, gzip.open(path, "rb"))
    return cast(BinaryIO, igzip.open(path, "rb"))


@contextmanager
def decompression_errors(path: str | os.PathLike[str]) -> Iterator[None]:
    """Turn what a damaged compressed file raises while it is read into a ValueError that names the file."""
    try:
        yield
    except EOFError as error:
        raise ValueError(f"{path} is truncated: its data end too early. Copy or download it again.") from error
    except _damage() as error:
        raise ValueError(f"{path} is damaged: its compressed data can't be read ({error}).") from error
    except OSError as error:
        if error.errno is not None:  # a real input/output error
            raise
        raise ValueError(f"{path} is damaged: its compressed data can't be read ({error}).") from error


def _damage() -> tuple[Any, ...]:
    try:
        from isal.isal_zlib import error as isal_error
    except ImportError:
        return zlib.error, gzip.BadGzipFile
    return zlib.error, gzip.BadGzipFile, isal_error


def read_lines(path: str | os.PathLike[str], what: str) -> list[str]:
    """All lines of a small text file, plain or gzip, without line ends (Windows ones too).

    Parameters
    ----------
    path
        The file.
    what
        What it is, for messages.
    """
    path = existing_file(path, what)
    with decompression_errors(path), open_binary(path) as handle:
        data = handle.read()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not a text file, so it can't be a {what}") from None
    return text.replace("\r\n", "\n").split("\n")
