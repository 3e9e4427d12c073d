"""Names of files and folders that are not complete yet, and what killed processes leave under them."""

import hashlib
import os
import platform
import re
import shutil
import time
from contextlib import suppress
from functools import cache, lru_cache
from pathlib import Path
from uuid import uuid4

_NAME = re.compile(r"\.[0-9a-f]{8}\.(?P<machine>[0-9a-f]{8})\.(?P<process>\d+)\..+")
_ABANDONED = 24 * 3600
"""Seconds after which nobody writes any more to what another machine began, whose processes can't be asked."""

_PATIENCE = 40
"""Attempts at removing a folder that others may be writing into."""

_CLOCKS = 60.0
"""Seconds by which the clocks of a file server and of this machine may differ."""


def temporary_name(name: str) -> str:
    """Hidden name, distinct at every call, that says which process of which machine uses it."""
    return f".{uuid4().hex[:8]}.{_machine()}.{os.getpid()}.{name}"


def remove_leftovers(folder: Path) -> None:
    """Remove the files and folders in a folder that killed processes left under temporary names.

    One goes if its name is one of :func:`temporary_name` and the process that it names is no longer alive, or, where
    that is one of another machine, if it has not changed for a day. Others may be in use. Everything else is left
    alone.
    """
    try:
        with os.scandir(folder) as entries:
            found = [(Path(entry.path), match) for entry in entries if (match := _NAME.fullmatch(entry.name))]
    except OSError:  # no such folder, or none that we may list
        return
    for path, match in found:
        with suppress(OSError):  # another process may have been faster, or it is not ours to remove
            changed = _last_change(path)
            if match["machine"] == _machine():
                dead = not _may_have_written(int(match["process"]), changed)
            else:
                dead = time.time() - changed > _ABANDONED
            if dead:
                remove(path)


@lru_cache(maxsize=4096)
def remove_leftovers_once(folder: Path) -> None:
    """Do what :func:`remove_leftovers` does, at the first call for a folder in this process."""
    remove_leftovers(folder)


def remove(path: Path) -> None:
    """Remove a file or a folder with all that it holds, if it is there."""
    if path.is_dir() and not path.is_symlink():
        for _ in range(_PATIENCE):  # zarr's threads may still be writing into it after an error
            shutil.rmtree(path, ignore_errors=True)
            time.sleep(0.05)
            if not path.exists():
                return
    else:
        path.unlink(missing_ok=True)


def _last_change(path: Path) -> float:
    """Time of the last change of a file, or of anything in a folder."""
    inside = list(path.rglob("*")) if path.is_dir() and not path.is_symlink() else []
    return max(one.lstat().st_mtime for one in (path, *inside))


@cache
def _machine() -> str:
    """Identify this machine, and containers of one machine that don't see each other's processes."""
    facts = [platform.node()]
    with suppress(OSError):  # Linux only
        facts.append(Path("/proc/sys/kernel/random/boot_id").read_text())
        facts.append(os.readlink("/proc/self/ns/pid"))
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:8]


def _may_have_written(process: int, changed: float) -> bool:
    """Whether a process can still write, and is not a later one that got the number of a dead one."""
    return _is_alive(process) and not _has_ended(process) and _started(process) < changed + _CLOCKS


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


def _has_ended(process: int) -> bool:
    """Whether a process is dead though its number is still taken, until its parent asks how it ended."""
    with suppress(OSError, IndexError):  # Linux only
        return _status(process)[0] in ("Z", "X")
    return False


def _started(process: int) -> float:
    """Time at which a process began; 0 where it can't be told."""
    try:
        after_boot = int(_status(process)[19])
        boot = re.search(r"^btime (\d+)", Path("/proc/stat").read_text(), re.MULTILINE)
        return int(boot[1]) + after_boot / os.sysconf("SC_CLK_TCK") if boot else 0.0
    except (OSError, ValueError, IndexError):  # Linux only
        return 0.0


def _status(process: int) -> list[str]:
    """Return what the kernel says about a process, from its state on; the fields before may hold spaces."""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
