"""The files that ``scmaxatac predict`` and ``scmaxatac demo`` make of an object with results."""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

import scmaxatac as sma
from scmaxatac import _keys
from scmaxatac.containers._modality import modality_of
from scmaxatac.containers._objects import is_mudata, unwrap
from scmaxatac.io._bed import write_bed
from scmaxatac.io._h5_copy import check_copy, copy_with
from scmaxatac.io._owned_folder import OwnedFolder, own_file
from scmaxatac.results._run_folder import run_folder

if TYPE_CHECKING:
    from anndata import AnnData
    from mudata import MuData

SITES = "sites.bed"


class InputFile:
    """A file that is read at the start of a run and copied at its end, and must be the same then.

    Parameters
    ----------
    path
        The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._state = self._look()

    @property
    def size(self) -> int:
        """Bytes that it had when it was first looked at."""
        return self._state[0]

    def check_unchanged(self) -> None:
        """Raise a ValueError if the file is not what it was at the start."""
        if self._look() != self._state:
            raise ValueError(f"{self.path} was changed meanwhile")

    def _look(self) -> tuple[int, int]:
        state = os.stat(self.path)
        return state.st_size, state.st_mtime_ns


@contextmanager
def results_folder(path: Path, source: InputFile, inputs: Iterable[Path]) -> Iterator[OwnedFolder]:
    """Hold the folder of a run's results, once it is certain that nothing of the user's is replaced there.

    Parameters
    ----------
    path
        The folder; made when it is missing.
    source
        The data; the result has its name.
    inputs
        The other files that are read.

    Raises
    ------
    RuntimeError
        If another process writes to the folder.
    ValueError
        If it can't be written to, lacks space for the result, or holds one of the inputs, the results of another
        input or a file of the user's under the name of a result.
    """
    names = [source.path.name, SITES]
    for target in (path / name for name in names):
        for file in (source.path, *inputs):
            if target.exists() and file.exists() and target.samefile(file):
                raise ValueError(f"the result would replace {file} itself; choose another folder with --out-dir")
    with OwnedFolder(path, "command-line result", made_from=str(source.path.resolve()), strict=True) as folder:
        folder.check_free(names)
        if (free := shutil.disk_usage(path).free) < source.size:
            raise ValueError(
                f"{path} has {free / 1e9:,.1f} GB free, and the copy of {source.path} with the results needs "
                f"{source.size / 1e9:,.1f} GB; make room, or choose another folder with --out-dir"
            )
        yield folder


def check_results(
    folder: OwnedFolder, source: InputFile, data: "AnnData | MuData", *, key: str = _keys.KEY_ADDED, mod: str = "atac"
) -> None:
    """Raise an error before the work if :func:`write_results`, which takes the same, could not write the copy.

    Parameters
    ----------
    folder
        Folder of the results.
    source
        File that the data were read from.
    data
        The object, without results yet.
    key
        Name of the results in the object.
    mod
        Modality of a MuData.

    Raises
    ------
    KeyError
        If there is no such modality.
    ValueError
        If the file is of an old format, or no HDF5 file can be written to the folder.
    """
    check_copy(source.path, folder.path / source.path.name, _entries(data, key, mod))


def _entries(data: "AnnData | MuData", key: str, mod: str) -> dict[str, tuple[str, str]]:
    """Where results stand in a file, and their slots and names in the object."""
    above = f"mod/{modality_of(data.mod, mod)}/" if is_mudata(data) else ""
    return {f"{above}{slot}/{name}": (slot, name) for slot, name in (("uns", key), ("obsm", _keys.activity_obsm(key)))}


def write_results(
    folder: OwnedFolder, source: InputFile, data: "AnnData | MuData", *, key: str = _keys.KEY_ADDED, mod: str = "atac"
) -> None:
    """Write the sites as BED, and a copy of the data with the results; the first though the second fails.

    Parameters
    ----------
    folder
        Folder of the results.
    source
        File that the data were read from.
    data
        The object with the results.
    key
        Name of the results in the object.
    mod
        Modality of a MuData.

    Raises
    ------
    RuntimeError
        If a file can't be written; the message says what is kept.
    """

    def write_copy(path: Path) -> None:
        adata = unwrap(data, mod)
        source.check_unchanged()
        entries = {where: getattr(adata, slot)[name] for where, (slot, name) in _entries(data, key, mod).items()}
        copy_with(source.path, path, entries)

    writers: dict[str, Callable[[Path], None]] = {
        SITES: lambda path: write_sites(data, path, key=key, mod=mod),
        source.path.name: write_copy,
    }
    failed: dict[str, Exception] = {}
    for name, write in writers.items():
        try:
            with own_file(folder, name) as temporary:
                write(temporary)
        except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
            failed[name] = error
    if failed:
        kept = [str(folder.path / name) for name in writers if name not in failed]
        kept.append(f"the scores in {run_folder(sma.get.params(data, key=key, mod=mod))}")
        raise RuntimeError(
            f"{'; '.join(f'{folder.path / name} could not be written ({error})' for name, error in failed.items())}. "
            f"Kept: {' and '.join(kept)}. The same command writes what is missing without predicting again"
        ) from next(iter(failed.values()))


def write_sites(data: "AnnData | MuData", path: Path, *, key: str = _keys.KEY_ADDED, mod: str = "atac") -> None:
    """Write the sites of all groups and factors to one BED file, sorted by position, named ``factor|group``.

    Parameters
    ----------
    data
        The object with the results.
    path
        The file.
    key
        Name of the results in the object.
    mod
        Modality of a MuData.
    """
    write_bed(path, sites_as_bed(sma.get.sites(data, key=key, mod=mod)))


def sites_as_bed(sites: pd.DataFrame) -> pd.DataFrame:
    """Table of sites as the columns of a BED file, sorted by position: chrom, start, end, name, score.

    Parameters
    ----------
    sites
        What :func:`scmaxatac.get.sites` gives. A name is ``factor|group``, a score that of the site, 0 to 1.
    """
    sites = sites.sort_values(["chrom", "start", "end"], kind="stable")
    names = sites["tf"].astype(str) + "|" + sites["group"].astype(str)
    return sites[["chrom", "start", "end"]].assign(name=names, score=sites["score"])
