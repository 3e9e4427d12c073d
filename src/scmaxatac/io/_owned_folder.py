"""Folders that hold files of ours alone: a marker lists them, and one process at a time writes."""

import fcntl
import json
import os
import platform
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from weakref import WeakSet

from scmaxatac._logging import logger
from scmaxatac.io._files import atomic_path
from scmaxatac.io._temporary import remove_leftovers

MARKER = "scmaxatac.json"
"""File that makes a folder ours and lists what we wrote there."""

LOCK = ".scmaxatac.lock"

_FORMAT = "scmaxatac-folder"
_VERSION = 1
_NOTICE = "scmaxatac wrote the files listed here and may replace them; files that are not listed it leaves alone"


class OwnedFolder:
    """A folder whose files scmaxatac wrote, held by one process while it writes.

    A context manager that holds the lock of the folder; the lock goes with the process, however that ends. Files are
    named in the marker *before* they are written, and only named files are ever replaced or removed: what else lies in
    the folder is the user's. Readers need no lock and don't use this class.

    Parameters
    ----------
    path
        The folder; made when it is missing.
    kind
        What the folder holds, such as ``"prediction"``; a folder of another kind is refused.
    made_from
        What its files are made from, where they may replace earlier ones of the same origin only.

    Raises
    ------
    ValueError
        If the folder can't be made or written to, or its marker is damaged, of another kind or another origin.
    RuntimeError
        If another process is writing to the folder.
    """

    def __init__(self, path: str | os.PathLike[str], kind: str, *, made_from: str = "") -> None:
        self.path = Path(path).expanduser()
        self.kind = kind
        self.made_from = made_from
        self._listed: set[str] = set()
        self._lock: _Lock | None = None

    def __enter__(self) -> Self:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock = _Lock(self.path / LOCK, self.path)
        except OSError as error:
            raise ValueError(
                f"folder {self.path} can't be written to ({error.strerror}); choose another one"
            ) from error
        try:
            self._listed = read_marker(self.path, self.kind, made_from=self.made_from)
            remove_leftovers(self.path)
        except BaseException:
            self._lock.release()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._lock is not None:
            self._lock.release()

    def announce(self, names: Iterable[str]) -> None:
        """List files that are about to be written.

        Parameters
        ----------
        names
            Paths relative to the folder, with ``/``; one that ends with ``/`` is a folder that is ours as a whole.

        Raises
        ------
        ValueError
            If something that we did not write is in the way; nothing is listed then.
        """
        new = sorted(set(names) - self._listed)
        for name in new:
            if self.lists(name):
                continue
            if os.path.lexists(self.path / name):
                raise ValueError(
                    f"{self.path / name} is in the way: scmaxatac did not write it, and does not touch it. Move it, or "
                    "choose another folder"
                )
        if new:
            self._write(self._listed | set(new))

    def lists(self, name: str) -> bool:
        """Whether a path relative to the folder is listed as ours, by itself or with the folder that it lies in."""
        parts = name.split("/")
        return name in self._listed or any("/".join(parts[:i]) + "/" in self._listed for i in range(1, len(parts)))

    def remove(self, names: Iterable[str]) -> None:
        """Remove listed files and folders, as far as they exist, and strike them off the list.

        Names that are not listed are left alone.
        """
        ours = self._listed & set(names)
        for name in ours:
            path = self.path / name
            if name.endswith("/"):
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        if ours:
            self._write(self._listed - ours)

    def check_free(self, names: Iterable[str]) -> None:
        """Raise what :meth:`announce` would, before the work and without listing anything yet."""
        for name in names:
            if not self.lists(name) and os.path.lexists(self.path / name):
                raise ValueError(
                    f"{self.path / name} is in the way: scmaxatac did not write it, and does not touch it. Move it, or "
                    "choose another folder"
                )

    @property
    def listed(self) -> frozenset[str]:
        """Files and folders that are ours, relative to the folder."""
        return frozenset(self._listed)

    def _write(self, listed: set[str]) -> None:
        content: dict[str, Any] = {
            "format": _FORMAT,
            "version": _VERSION,
            "kind": self.kind,
            "made_from": self.made_from,
        }
        content |= {"notice": _NOTICE, "files": sorted(listed)}
        with atomic_path(self.path / MARKER) as temporary:
            temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        self._listed = listed


def read_marker(folder: Path, kind: str, *, made_from: str = "") -> set[str]:
    """Names that the marker of a folder lists; none where there is no marker.

    Raises
    ------
    ValueError
        If the marker is damaged, of a later version, or of a folder of another kind or origin.
    """
    path = folder / MARKER
    if not path.is_file():
        return set()
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        form = content["format"], content["version"]
        found, origin, names = content["kind"], content["made_from"], content["files"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is damaged, or not of scmaxatac; move it, or choose another folder") from error
    if form != (_FORMAT, _VERSION) or not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
        raise ValueError(f"{path} was not written by this version of scmaxatac; choose another folder")
    if found != kind:
        raise ValueError(f"{folder} holds a {found}, where a {kind} is to be written; choose another folder")
    if origin != made_from:
        raise ValueError(
            f"{folder} holds files made from {origin or 'something else'}, which those made from "
            f"{made_from or 'something else'} would replace; choose another folder"
        )
    return set(names)


class _Lock:
    """An exclusive lock of a folder or file, held until it is released or the process ends.

    It lies on an open file, which children of a fork close, so that it ends with this process and not with theirs.
    Where the file system knows no locks, a line in the log says so and nobody is kept out.
    """

    def __init__(self, path: Path, what: Path) -> None:
        self._handle: Any = open(path, "a+", encoding="utf-8")
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _holder(self._handle)
            self._handle.close()
            raise RuntimeError(
                f"{what} is being written to by {holder}; wait for it, or choose another folder"
            ) from None
        except OSError as error:
            logger.warning("%s can't be locked (%s): don't write to it from two processes at once", what, error)
        self._handle.seek(0)
        self._handle.truncate()
        since = datetime.now().astimezone().isoformat(timespec="seconds")
        self._handle.write(f"process {os.getpid()} on {platform.node()} since {since}\n")
        self._handle.flush()
        _held.add(self)

    def release(self) -> None:
        """Give the lock back; the file stays, as removing it would let two processes hold two files of one name."""
        _held.discard(self)
        with suppress(OSError):  # of a file system without locks
            fcntl.flock(self._handle, fcntl.LOCK_UN)
        self._handle.close()

    def close_in_child(self) -> None:
        """Close the file without giving back the lock, which the parent holds."""
        self._handle.close()


_held: WeakSet[_Lock] = WeakSet()


def _close_locks() -> None:
    for lock in list(_held):
        lock.close_in_child()
    _held.clear()


os.register_at_fork(after_in_child=_close_locks)


def _holder(handle: Any) -> str:
    handle.seek(0)
    return handle.read(200).strip() or "another process"


@contextmanager
def own_file(folder: OwnedFolder, name: str) -> Iterator[Path]:
    """Temporary path that becomes a file of the folder, listed before, when the block ends without an exception."""
    folder.announce([name])
    with atomic_path(folder.path / name) as temporary:
        yield temporary


@contextmanager
def locked_file(path: Path) -> Iterator[None]:
    """Lock a single file while it is written; what is locked is a hidden file beside it, which stays.

    Raises
    ------
    RuntimeError
        If another process holds the lock.
    """
    lock = _Lock(path.with_name(f".{path.name}.lock"), path)
    try:
        yield
    finally:
        lock.release()
