"""HDF5 files that would end or hold up the process that reads them: another one tries first.

Run as a script, with a file as its argument, this is that other process; it imports nothing but what it needs.
"""

import os
import signal
import subprocess  # nosec B404
import sys
from contextlib import suppress
from typing import Any

_ERRORS = (OSError, RuntimeError, KeyError, ValueError, TypeError, MemoryError)
_PATIENCE = 300.0
_SLOWEST = 10e6
"""Seconds, and bytes a second, after which a file is given up."""


def check_readable(path: str | os.PathLike[str], *, patience: float = _PATIENCE) -> None:
    """Raise a ValueError if HDF5 crashes or hangs over a file's attributes or texts.

    Both are read in a process of its own, because a damaged type or heap ends the process or never comes back; numbers
    are not, of which that was never seen. Errors that HDF5 raises are left to whoever reads the file.

    Parameters
    ----------
    path
        The file.
    patience
        Seconds to wait, beside those that a slow disk takes for the size of the file.
    """
    command = [sys.executable, "-P", __file__, os.fspath(path)]
    limit = patience + os.stat(path).st_size / _SLOWEST
    try:
        # our own file, by the interpreter that runs, without a shell
        done = subprocess.run(command, capture_output=True, timeout=limit, check=False)  # nosec B603
    except subprocess.TimeoutExpired:
        raise ValueError(
            f"{path} can't be read: HDF5 has not come to the end of its attributes and texts after {limit:,.0f} s. Is "
            "it damaged? Copy or make it again"
        ) from None
    if done.returncode == -signal.SIGKILL:
        raise ValueError(
            f"{path} can't be read: what read its attributes and texts was killed, as where memory runs out. Give it "
            "more memory; if that is not it, copy or make the file again"
        )
    if done.returncode < 0:
        raise ValueError(
            f"{path} is damaged: HDF5 crashes over its attributes or texts (signal {-done.returncode}). Copy or make "
            "it again"
        )


def read_texts(path: str) -> None:
    """Read all attributes, and all data that are no plain numbers."""
    import h5py

    with suppress(ImportError):
        import hdf5plugin  # noqa: F401  (texts may be compressed by its filters)

    def visit(_name: str, item: Any) -> None:
        names: list[str] = []
        with suppress(*_ERRORS):
            names += item.attrs
        for name in names:  # one that can't be read does not hide the next
            with suppress(*_ERRORS):
                item.attrs[name]
        with suppress(*_ERRORS):
            if isinstance(item, h5py.Dataset) and item.dtype.hasobject:
                item[()]

    with h5py.File(path, "r") as file:
        visit("", file)
        file.visititems(visit)


if __name__ == "__main__":
    read_texts(sys.argv[1])
