"""Copies of h5ad and h5mu files with something added."""

import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from scmaxatac.io._temporary import temporary_name


def check_copy(source: str | os.PathLike[str], target: str | os.PathLike[str], entries: Iterable[str]) -> None:
    """Raise a ValueError where :func:`copy_with` would fail: old file formats, file systems that HDF5 can't work on.

    Parameters
    ----------
    source
        The file that will be copied.
    target
        The copy; nothing is written under this name yet.
    entries
        Names of what will be put in.
    """
    import h5py

    with h5py.File(source) as file:
        for folder in {path.rpartition("/")[0] for path in entries}:
            if folder in file and not isinstance(file[folder], h5py.Group):
                raise ValueError(
                    f"{source} is of an old format, whose {folder} can't be added to; read it with anndata and write "
                    "it again"
                )
    trial = Path(target).with_name(temporary_name(Path(target).name))
    try:
        for mode in ("w", "r+"):
            h5py.File(trial, mode).close()
    except OSError as error:
        raise ValueError(f"no HDF5 file can be written as {target} ({error}); choose another folder") from error
    finally:
        trial.unlink(missing_ok=True)


def copy_with(source: str | os.PathLike[str], target: str | os.PathLike[str], entries: Mapping[str, Any]) -> None:
    """Copy an h5ad or h5mu file and put entries into the copy.

    All else is copied byte by byte, so that nothing in it has to be understood or could be refused by a writer: tables
    with nullable strings, odd entries of ``uns``, compression by filters.

    Parameters
    ----------
    source
        The file, left as it is.
    target
        The copy; replaced when it exists.
    entries
        ``{"uns/name": value}``, in an h5mu file ``{"mod/atac/uns/name": value}``; entries that are there are replaced.
        Tables' strings are written as plain ones, which every version of anndata reads, names of cells in ``obsm`` as
        they are in ``obs``. The rows of such tables are the file's cells.
    """
    import h5py
    from anndata.io import write_elem

    shutil.copyfile(source, target)
    with h5py.File(target, "r+") as file:
        for path, value in entries.items():
            folder, _, name = path.rpartition("/")
            if folder not in file:
                write_elem(file, folder, {})
            write_elem(file[folder], name, _plain(value))
            obs = file.get(f"{folder.removesuffix('obsm')}obs") if folder.endswith("obsm") else None
            if isinstance(value, pd.DataFrame) and isinstance(obs, h5py.Group):
                _copy_index(obs, file[path])


def _copy_index(obs: Any, table: Any) -> None:
    """Copy the names of cells as they are stored: readers compare their types as well."""
    name = table.attrs["_index"]
    del table[name]
    obs.copy(obs.attrs["_index"], table, name=name)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    if not isinstance(value, pd.DataFrame):
        return value
    frame = value.set_axis(_plain_strings(value.index), axis="index")
    for name, column in frame.items():
        if isinstance(column.dtype, pd.CategoricalDtype):
            frame[name] = column.cat.rename_categories(_plain_strings(column.cat.categories))
        elif isinstance(column.dtype, pd.StringDtype):
            frame[name] = column.astype(object)
    return frame


def _plain_strings(index: pd.Index) -> pd.Index:
    return index.astype(object) if isinstance(index.dtype, pd.StringDtype) else index
