"""Errors of a full disk, a used-up quota and a limit on the size of files, in words that help."""

import errno
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

_WORDS = re.compile(
    r"errno = (?P<errno>\d+)"  # HDF5
    r"|(?P<unknown>\d+ requested and \d+ written"  # numpy's tofile
    r"|PytorchStreamWriter failed writing|unexpected pos \d+ vs)"  # torch.save
)


class DiskFullError(OSError):
    """A file can't be written because its file system is full, a quota is used up or a file would get too large."""


@contextmanager
def disk_errors(path: str | os.PathLike[str]) -> Iterator[None]:
    """Turn what writers raise on a full disk into an error that says which disk is full and what to do.

    Parameters
    ----------
    path
        File or folder that is written in the block, under the name that it is to have in the end.

    Raises
    ------
    DiskFullError
        In place of an error of a full disk, with its ``errno``; other errors pass.
    """
    try:
        yield
    except DiskFullError:
        raise
    except Exception as error:
        number = _errno(error, Path(path))
        if number is None:
            raise
        raise DiskFullError(number, _message(number, Path(path))) from error


def _errno(error: BaseException | None, path: Path) -> int | None:
    """Which of the errors of a full disk stands behind an exception; None if none does."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _FULL:
            return error.errno
        found = _WORDS.search(str(error)) if isinstance(error, (OSError, RuntimeError)) else None
        if found and found["errno"] and int(found["errno"]) in _FULL:
            return int(found["errno"])
        if found and found["unknown"]:  # the writer kept no number: a little space left means a limit
            limit = _size_limit()
            return errno.EFBIG if limit is not None and _usage(path).free > limit else errno.ENOSPC
        error = error.__cause__ or error.__context__
    return None


def _message(number: int, path: Path) -> str:
    usage, limit = _usage(path), _size_limit()
    folder = _existing(path)
    if number == errno.EFBIG:
        most = "" if limit is None else f" of {_amount(limit)} (ulimit -f)"
        what = f"{path} can't be written: it would be larger than the limit on the size of a file{most}"
        remedy = "Raise the limit"
    elif number == errno.EDQUOT:
        what = f"{path} can't be written: your quota on the file system of {folder} is used up"
        remedy = "Make room or choose another folder"
    else:
        what = (
            f"{path} can't be written: the disk is full. The file system of {folder}, mounted at "
            f"{_mount_point(folder)}, has {_amount(usage.free)} of {_amount(usage.total)} free"
        )
        remedy = "Make room or choose another folder"
    return f"{what}. {remedy}, then call again: what is complete is kept"


def _size_limit() -> int | None:
    """Limit on the size of a file in bytes that this process has to keep; None without one."""
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    return None if soft == resource.RLIM_INFINITY else soft


def _usage(path: Path) -> shutil._ntuple_diskusage:
    return shutil.disk_usage(_existing(path))


def _existing(path: Path) -> Path:
    """Find the path's folder, or the nearest above it that is there."""
    return next(folder for folder in path.absolute().parents if folder.is_dir())


def _mount_point(folder: Path) -> Path:
    folder = folder.resolve()
    return next(one for one in (folder, *folder.parents) if one.is_mount())


def _amount(n_bytes: int) -> str:
    """Write a number of bytes in the unit that fits."""
    size = float(n_bytes)
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} TB"
