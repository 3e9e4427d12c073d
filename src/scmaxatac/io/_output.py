"""Places that results are written to, checked before the work."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scmaxatac.io._temporary import temporary_name


@contextmanager
def write_errors(folder: Path, name: str = "folder") -> Iterator[None]:
    """Turn what a folder raises that can't be made or written to into a ValueError that says so."""
    try:
        yield
    except OSError as error:
        raise ValueError(f"{name} {folder} can't be written to ({error.strerror}); choose another folder") from error


def output_folder(path: str | os.PathLike[str], name: str = "out_dir") -> Path:
    """Make a folder for results, with its parents, and make sure that files can be written into it.

    Parameters
    ----------
    path
        The folder.
    name
        What the user calls it, for the message.

    Raises
    ------
    ValueError
        If the folder can't be made or written to.
    """
    folder = Path(path).expanduser()
    trial = folder / temporary_name("trial")
    with write_errors(folder, name):
        folder.mkdir(parents=True, exist_ok=True)
        trial.touch()
        trial.unlink()
    return folder


def output_file(path: str | os.PathLike[str]) -> Path:
    """Make the folder of a result, and make sure that the file can be written into it.

    Raises
    ------
    ValueError
        If the folder can't be made or written to, or the file is a folder.
    """
    file = output_folder(Path(path).expanduser().parent, "folder") / Path(path).name
    if file.is_dir():
        raise ValueError(f"{file} is a folder; name a file in it")
    return file
