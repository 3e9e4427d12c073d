"""Processes that are forked, disturbed at a chosen point, and told apart by how they end."""

import gc
import mmap
import os
import pickle
import resource
import select
import signal
import struct
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

_WRITING = os.O_WRONLY | os.O_RDWR
_CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.link", "os.symlink"}
_KINDS = (ValueError, KeyError, RuntimeError, OSError)
_SHORTEST = 30
"""Characters of the shortest message that can name the thing, what was found and what would do."""


class CommandError(Exception):
    """What the command line wrote to standard error before it ended with an exit code."""


@dataclass(frozen=True)
class Fault:
    """What disturbs a process; nothing by default.

    Attributes
    ----------
    kill_at
        Kill it before this file operation, counted from 1.
    kill_after
        Kill it after so many seconds.
    file_size
        Largest file, in bytes, that it may write.
    """

    kill_at: int = 0
    kill_after: float = 0.0
    file_size: int = 0


@dataclass(frozen=True)
class Ending:
    """How a process ended: ``done`` (with a value), ``error``, ``killed``, ``crashed`` or ``hung``."""

    how: str
    value: Any = None
    kind: str = ""
    text: str = ""
    raised_by_us: bool = False
    trace: str = ""
    operations: int = 0
    seconds: float = 0.0

    @property
    def is_clear(self) -> bool:
        """Whether it is an error that was raised on purpose, of a kind that users catch, with a message."""
        return self.how == "error" and self.raised_by_us and len(self.text) >= _SHORTEST

    def __str__(self) -> str:
        return f"{self.kind}: {self.text[:300]}" if self.how == "error" else self.how


class Process:
    """A call in a forked process and a session of its own, whose file operations below `watch` are counted."""

    def __init__(self, call: Callable[[], Any], *, watch: Path, fault: Fault | None = None) -> None:
        self._fault = fault or Fault()
        self._counter = mmap.mmap(-1, 8)  # shared with the processes that the call starts
        self._start = time.monotonic()
        gc.freeze()
        self._read, write = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(self._read)
            _run(call, watch, self._fault, self._counter, write)
        os.close(write)

    def wait(self, timeout: float = 120.0) -> Ending:
        """Wait for the end; what is left of the session is killed then."""
        limit = self._fault.kill_after or timeout
        data, status = b"", None
        while status is None and (left := self._start + limit - time.monotonic()) > 0:
            if select.select([self._read], [], [], min(left, 0.2))[0]:
                piece = os.read(self._read, 1 << 20)
                data += piece
                status = None if piece else os.waitpid(self._pid, 0)[1]
            elif (ended := os.waitpid(self._pid, os.WNOHANG))[0]:
                status = ended[1]
        seconds = time.monotonic() - self._start
        self._kill_session()
        if status is None:
            os.kill(self._pid, signal.SIGKILL)  # it may not have reached its session yet
            status = os.waitpid(self._pid, 0)[1]
            hung = not self._fault.kill_after
        else:
            hung = False
        os.close(self._read)
        told = {"operations": struct.unpack("q", self._counter[:8])[0], "seconds": seconds}
        if hung:
            return Ending("hung", **told)
        if os.WIFSIGNALED(status):
            number = os.WTERMSIG(status)
            wanted = number == signal.SIGKILL and (self._fault.kill_at or self._fault.kill_after)
            return Ending("killed" if wanted else "crashed", text=signal.Signals(number).name, **told)
        try:
            return Ending(**pickle.loads(data), **told)  # from our own child, through a pipe that nobody else has
        except (EOFError, pickle.UnpicklingError):
            return Ending("crashed", text=f"exit code {os.waitstatus_to_exitcode(status)}", **told)

    def _kill_session(self) -> None:
        try:
            os.killpg(self._pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def run(call: Callable[[], Any], *, watch: Path, fault: Fault | None = None, timeout: float = 120.0) -> Ending:
    """Run a call in a process of its own."""
    return Process(call, watch=watch, fault=fault).wait(timeout)


def _run(call: Callable[[], Any], watch: Path, fault: Fault, counter: mmap.mmap, pipe: int) -> None:
    """Run the call in the child, tell the parent how it ended, and leave without cleaning up."""
    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    with _Teller(watch, pipe) as teller:
        _count_operations(str(watch), fault.kill_at, counter)
        if fault.file_size:
            resource.setrlimit(resource.RLIMIT_FSIZE, (fault.file_size, fault.file_size))
        teller.value = call()


class _Teller:
    """Tells through a pipe how a block ended, whatever it raised, and ends the process."""

    def __init__(self, watch: Path, pipe: int) -> None:
        self.value: Any = None
        self._watch, self._pipe = watch, pipe

    def __enter__(self) -> "_Teller":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        try:
            told = {"how": "done", "value": self.value} if error is None else self._describe(error, where)
            with open(self._pipe, "wb", closefd=False) as handle:
                handle.write(pickle.dumps(told))
        finally:
            os._exit(0)

    def _describe(self, error: BaseException, where: TracebackType | None) -> dict[str, Any]:
        if isinstance(error, CommandError):  # the command line shows no more than the message
            raised_by_us = str(self._watch) in str(error)
        else:
            ours = "/scmaxatac/" in traceback.extract_tb(where)[-1].filename
            passed_on = isinstance(error, OSError) and error.errno and error.strerror == os.strerror(error.errno)
            raised_by_us = ours and isinstance(error, _KINDS) and not passed_on
        trace = "".join(traceback.format_exception(error))[-4000:]
        kind, text = type(error).__name__, str(error)
        return {"how": "error", "kind": kind, "text": text, "raised_by_us": raised_by_us, "trace": trace}


def _count_operations(watch: str, kill_at: int, counter: mmap.mmap) -> None:
    """Count what changes files below a folder, here and in processes forked from here, and kill all at the chosen one.

    Python announces these operations before it does them; writing by native code is announced by nobody.
    """

    def count() -> None:
        n = struct.unpack("q", counter[:8])[0] + 1
        counter[:8] = struct.pack("q", n)
        if n == kill_at:
            os.killpg(0, signal.SIGKILL)
            time.sleep(60)

    def is_watched(path: Any) -> bool:
        if isinstance(path, int):
            return False
        name = os.fsdecode(path)
        return name.startswith(watch) or not name.startswith("/")  # what is removed in a folder that is open

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            if isinstance(flags, int) and flags & _WRITING and is_watched(path):
                count()
        elif event in _CHANGES and is_watched(arguments[0]):
            count()

    sync = os.fsync

    def counted_sync(descriptor: Any) -> None:
        count()
        sync(descriptor)

    os.fsync = counted_sync
    sys.addaudithook(hook)
