"""Names of files that are not complete yet, and what processes that were killed leave under them."""

import hashlib
import os
import platform
import re
import time
from contextlib import suppress
from functools import cache
from pathlib import Path
from uuid import uuid4

_NAME = re.compile(r"\.[0-9a-f]{8}\.(?P<machine>[0-9a-f]{8})\.(?P<process>\d+)\..+")
_ABANDONED = 24 * 3600
"""Seconds after which nobody writes any more to a file that has not changed, whatever machine it was begun on."""


def temporary_name(name: str) -> str:
    """Give a hidden name, distinct at every call, that says which process of which machine uses it."""
    return f".{uuid4().hex[:8]}.{_machine()}.{os.getpid()}.{name}"


def remove_leftovers(folder: Path) -> None:
    """Remove the files in a folder that killed processes left under temporary names.

    A file goes if its name is one of :func:`temporary_name` and the process that it names, one of this machine, is no
    longer alive, or if it has not changed for a day. Others may be in use. Subfolders are left alone.
    """
    for path in folder.glob(".*"):
        found = _NAME.fullmatch(path.name)
        if found and path.is_file():
            with suppress(FileNotFoundError):  # another process may have been faster
                dead = found["machine"] == _machine() and not _is_alive(int(found["process"]))
                if dead or time.time() - path.stat().st_mtime > _ABANDONED:
                    path.unlink()


@cache
def _machine() -> str:
    """Tell machines apart, and containers of one machine that don't see each other's processes."""
    facts = [platform.node()]
    with suppress(OSError):  # Linux only
        facts.append(Path("/proc/sys/kernel/random/boot_id").read_text())
        facts.append(os.readlink("/proc/self/ns/pid"))
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:8]


def _is_alive(process: int) -> bool:
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
