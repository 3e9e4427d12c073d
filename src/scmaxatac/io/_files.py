"""Opening, hashing, naming and safely replacing files."""

import errno
import gzip
import hashlib
import os
import re
import unicodedata
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, cast

from scmaxatac._logging import warn
from scmaxatac.io._disk import disk_errors
from scmaxatac.io._temporary import remove, remove_leftovers_once, temporary_name

_GZIP_MAGIC = b"\x1f\x8b"
_BGZF_SUBFIELD = b"BC"
_BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_SLUG_LENGTH = 60


@contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Temporary name beside `path` that becomes `path` when the block ends without an exception.

    The file is on the disk before it gets its name, and what was there under it stays until then, so that neither a
    kill nor a power failure leaves half a file. The temporary file is removed when the block raises; what killed
    processes left in the folder is removed at this process's first call for it. The temporary name ends as `path`
    does, because some writers choose the format by the suffix.

    Parameters
    ----------
    path
        File to write. Its folder is created when missing.

    Raises
    ------
    DiskFullError
        If the disk is full, a quota is used up or the file would be larger than the limit on the size of files.
    """
    path = Path(path).expanduser()
    temporary = path.with_name(temporary_name(path.name))
    try:
        with disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            remove_leftovers_once(path.parent.absolute())
            yield temporary
            sync(temporary)
            os.replace(temporary, path)
            sync(path.parent)
    finally:
        remove(temporary)


@contextmanager
def atomic_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Make a folder beside `path` that gets the name `path` when the block ends without an exception.

    As :func:`atomic_path`, but a folder can't be replaced in one step: see :func:`publish_folder`.

    Parameters
    ----------
    path
        Folder to write. The one above it is created when missing.

    Raises
    ------
    DiskFullError
        As :func:`atomic_path`.
    """
    with temporary_folder(path) as temporary:
        yield temporary
        publish_folder(temporary, path)


@contextmanager
def temporary_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Make a folder beside `path` that is removed at the end, unless :func:`publish_folder` has given it a name.

    Parameters
    ----------
    path
        What the folder is to become; the one above it is created when missing.
    """
    path = Path(path)
    temporary = path.with_name(temporary_name(path.name))
    try:
        with disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            remove_leftovers_once(path.parent.absolute())
            temporary.mkdir()
            yield temporary
    finally:
        remove(temporary)


def publish_folder(temporary: Path, path: str | os.PathLike[str]) -> None:
    """Rename a complete folder to its own name.

    If there is a folder of this name, it stays and the new one does not get it. So the name has to say what the folder
    holds, a digest for example.

    Parameters
    ----------
    temporary
        A folder of :func:`temporary_folder`.
    path
        Its name, on the same file system.
    """
    path = Path(path)
    for part in (*temporary.rglob("*"), temporary):
        sync(part)
    try:
        temporary.rename(path)
    except OSError:
        if not path.is_dir():  # no other process was faster
            raise
    sync(path.parent)


def set_aside(folder: Path) -> None:
    """Remove a folder of ours, in one step for those who look for it; nothing where another process was faster."""
    aside = folder.with_name(temporary_name(folder.name))
    try:
        folder.rename(aside)
    except FileNotFoundError:
        return
    remove(aside)


def sync(path: Path) -> None:
    """Wait until a file's bytes, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):  # a file system without fsync
            raise
    finally:
        os.close(handle)


def sha256_of(path: str | os.PathLike[str]) -> str:
    """Hexadecimal sha256 of a file's bytes."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def verify_sha256(path: str | os.PathLike[str], expected: str, *, remedy: str = "Make or copy it again") -> None:
    """Compare a file's content with the checksum that was noted when it was written.

    A file is read once; it is read again only where its size, time of modification or place on the disk has changed.

    Parameters
    ----------
    path
        The file.
    expected
        Hexadecimal sha256 of its bytes.
    remedy
        What to do if it is another one, for the message.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the content is another one.
    """
    path = existing_file(path, "file")
    found = checksum(path)
    if found != expected.lower():
        raise ValueError(
            f"{path} is damaged or was changed: its sha256 begins with {found[:12]}, and {expected[:12]} was noted "
            f"when it was written. {remedy}"
        )


def checksum(path: Path) -> str:
    """Hexadecimal sha256 of a file's bytes, read once a process for as long as the file stays as it is."""
    stat = path.stat()
    return _sha256_of(path.absolute(), stat.st_size, stat.st_mtime_ns, stat.st_ino)


@lru_cache(maxsize=1 << 16)
def _sha256_of(path: Path, size: int, modified: int, inode: int) -> str:
    return sha256_of(path)


def slug(text: str) -> str:
    """Turn any text into a piece of a file name: ASCII letters, digits, ``.``, ``_``, ``+`` and ``-``.

    Different texts can give the same slug, so files carry an index as well.
    """
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    safe = re.sub(r"[^A-Za-z0-9._+-]+", "_", ascii_text).strip("._")
    return safe[:_SLUG_LENGTH] or "unnamed"


def existing_file(path: str | os.PathLike[str], what: str) -> Path:
    """Return `path` as a Path, or raise a FileNotFoundError that says `what` is missing."""
    if not isinstance(path, str | os.PathLike):
        raise ValueError(f"{what}: found a {type(path).__name__}; give the path of one file")
    if path == "" or "://" in str(path):
        raise FileNotFoundError(f"{what}: {str(path)!r} is no path; download an address, and give the file's path")
    path = Path(os.path.expanduser(path))  # unlike pathlib's, it leaves an unknown user's home as it is
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


def warn_without_end_marker(path: Path) -> None:
    """Warn of a bgzip file that was cut between two blocks, which plain gzip readers can't notice."""
    with open(path, "rb") as handle:
        head = handle.read(14)
        is_bgzip = head.startswith(_GZIP_MAGIC) and head[12:] == _BGZF_SUBFIELD
        handle.seek(max(0, path.stat().st_size - len(_BGZF_END)))
        if is_bgzip and handle.read() != _BGZF_END:
            warn(f"{path} lacks bgzip's end marker: it may be truncated")


def _damage() -> tuple[Any, ...]:
    try:
        from isal.isal_zlib import error as isal_error
    except ImportError:
        return zlib.error, gzip.BadGzipFile
    return zlib.error, gzip.BadGzipFile, isal_error
