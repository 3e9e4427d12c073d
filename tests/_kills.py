"""Actions that are killed at every operation on the file system, each time in a process of its own.

For scripts of a process without other threads, as processes are forked.
"""

import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

_OPERATIONS = ("fsync", "link", "mkdir", "remove", "rename", "replace", "rmdir", "unlink")

_MEMORY = "/dev/shm"
"""File system that is kept in memory, where waiting for the disk takes no time."""


def kills(prepare: Callable[[Path], object], action: Callable[[Path], object]) -> Iterator[Path]:
    """Folders that were prepared and then acted on by a process that was killed before its 1st, 2nd, ... operation.

    The last folder is that of the action that ended without a kill.
    """
    for n in count(1):
        with tempfile.TemporaryDirectory(dir=_MEMORY if Path(_MEMORY).is_dir() else None) as name:
            folder = Path(name)
            prepare(folder)
            child = os.fork()
            if not child:
                _kill_at(n)
                action(folder)
                os._exit(0)
            _, status = os.waitpid(child, 0)
            assert status in (0, signal.SIGKILL), f"operation {n}"
            yield folder
            if not status:
                assert n > 3
                return


def _kill_at(n: int) -> None:
    """Kill this process at its n-th operation, half of a file's content written where it writes one."""
    operations = count(1)

    def at_operation(function):
        def operate(*args, **kwargs):
            if next(operations) == n:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*args, **kwargs)

        return operate

    for name in _OPERATIONS:
        setattr(os, name, at_operation(getattr(os, name)))
    write = Path.write_bytes

    def write_bytes(path, data):
        if next(operations) == n:
            write(path, bytes(data)[: len(data) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        return write(path, data)

    Path.write_bytes = write_bytes
