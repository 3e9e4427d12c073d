"""Locks that one process holds, and that go when it does."""

import fcntl
import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4
from weakref import WeakSet

from scmaxatac._logging import logger
from scmaxatac.io._disk import disk_errors

LOCK = ".scmaxatac.lock"
"""Name of the lock of a folder."""

SILENCE = 5.0
"""Seconds to wait for a lock before the log says who holds it."""

_IDENTITY = "identity "
"""What the second line of a lock's file begins with."""

_INTERVAL = 0.1
"""Seconds between two attempts at a lock."""


class Lock:
    """An exclusive lock, held until it is released or the process ends.

    It lies on an open file, which children of a fork close, so that it ends with this process and not with theirs. On
    NFS it holds where the server knows locks. Where the file system knows none, a line in the log says so and nobody
    is kept out. The first line of the file names the process that took it last; the second, which stays, tells the
    folder apart from others.

    Parameters
    ----------
    path
        File that is locked; made when it is missing.
    what
        File or folder that it stands for, for messages.
    wait
        Whether to wait for a process that holds it, with a line in the log after a few seconds.
    passing
        Whether the file is removed when the lock is released, and the identity with it.

    Raises
    ------
    RuntimeError
        If another process holds it and `wait` is off.
    ValueError
        If the user has a file under the name of the lock's.
    """

    def __init__(self, path: Path, what: Path, *, wait: bool = False, passing: bool = False) -> None:
        self._path, self._passing = path, passing
        with disk_errors(path):
            while not self._open(path, what, wait):
                pass
        _held.add(self)

    def _open(self, path: Path, what: Path, wait: bool) -> bool:
        """Lock the file; False if the one who held it removed it meanwhile, and there may be another one."""
        self._handle: Any = open(path, "r+", encoding="utf-8", errors="replace", opener=_open_or_make)
        try:
            text = _text(self._handle)
            if text and not text.startswith("process "):
                raise ValueError(f"{path} is in the way: scmaxatac did not write it. Move it")
            self._take(what, wait)
            if not self._is_there():
                self._handle.close()
                return False
            self.identity = _identity(_text(self._handle)) or uuid4().hex
            self._handle.seek(0)
            since = datetime.now().astimezone().isoformat(timespec="seconds")
            self._handle.write(
                f"process {os.getpid()} on {platform.node()} since {since}\n{_IDENTITY}{self.identity}\n"
            )
            self._handle.flush()
            self._handle.truncate()  # last, as a kill before must not cost the identity
        except BaseException:
            with suppress(OSError):  # what could not be written can't be flushed either
                self._handle.close()
            raise
        return True

    def _is_there(self) -> bool:
        """Whether the open file is the one that has the name, which all who ask for the lock open."""
        try:
            return os.path.samestat(os.fstat(self._handle.fileno()), os.stat(self._path))
        except FileNotFoundError:
            return False

    def _take(self, what: Path, wait: bool) -> None:
        began, told = time.monotonic(), False
        while True:
            try:
                fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                holder = _text(self._handle).partition("\n")[0] or "another process"
            except OSError as error:
                logger.warning("%s can't be locked (%s): don't write to it from two processes at once", what, error)
                return
            if not wait:
                raise RuntimeError(f"{what} is being written to by {holder}; wait for it, or choose another folder")
            if not told and time.monotonic() - began >= SILENCE:
                logger.warning("waiting for %s, which is writing to %s", holder, what)
                told = True
            time.sleep(_INTERVAL)

    def release(self) -> None:
        """Release the lock; a passing one's file is removed while it is held, so that nobody else's is."""
        _held.discard(self)
        if self._passing:
            with suppress(OSError):
                self._path.unlink()
        with suppress(OSError):  # of a file system without locks
            fcntl.flock(self._handle, fcntl.LOCK_UN)
        self._handle.close()

    def close_in_child(self) -> None:
        """Close the file without giving back the lock, which the parent holds."""
        self._handle.close()


@contextmanager
def locked(path: Path, what: Path, *, wait: bool = False, passing: bool = False) -> Iterator[None]:
    """Hold a :class:`Lock`, whose parameters and errors these are, for a block."""
    lock = Lock(path, what, wait=wait, passing=passing)
    try:
        yield
    finally:
        lock.release()


_held: WeakSet[Lock] = WeakSet()


def _close_locks() -> None:
    for lock in list(_held):
        lock.close_in_child()
    _held.clear()


os.register_at_fork(after_in_child=_close_locks)


def identity_of(path: Path) -> str:
    """Identity that the file of a lock holds, which moves with its folder; empty where there is none."""
    try:
        with open(path, encoding="utf-8", errors="replace") as handle:
            return _identity(_text(handle))
    except OSError:
        return ""


def _open_or_make(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CREAT, 0o666)


def _text(handle: Any) -> str:
    """Text in the file of a lock."""
    handle.seek(0)
    return str(handle.read(500)).strip()


def _identity(text: str) -> str:
    line = text.partition("\n")[2].partition("\n")[0]
    return line.removeprefix(_IDENTITY) if line.startswith(_IDENTITY) else ""
