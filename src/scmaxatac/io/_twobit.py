"""2bit files, read chromosome by chromosome."""

import os
from collections.abc import Iterator
from typing import Any

from scmaxatac.io._files import existing_file


def read_twobit(path: str | os.PathLike[str]) -> Iterator[tuple[str, bytes]]:
    """Read a 2bit file, one sequence at a time.

    Parameters
    ----------
    path
        The 2bit file.

    Yields
    ------
    Name and letters of each sequence; lower case (soft-masked) letters are kept.

    Raises
    ------
    ImportError
        If ``py2bit`` is not installed.
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is not a 2bit file.
    """
    handle = _open(path)
    try:
        for name in handle.chroms():
            yield name, handle.sequence(name).encode()
    finally:
        handle.close()


def _open(path: str | os.PathLike[str]) -> Any:
    path = existing_file(path, "2bit file")
    try:
        import py2bit
    except ImportError:
        raise ImportError(f"reading {path} needs py2bit: pip install 'scmaxatac[twobit]'") from None
    try:
        return py2bit.open(str(path), True)
    except RuntimeError:
        raise ValueError(f"{path} is not a 2bit file") from None
