"""The h5ad and h5mu files, and the folders of runs, that commands read."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from scmaxatac.containers._mudata import columns_not_pulled
from scmaxatac.io._files import existing_file
from scmaxatac.io._h5_heaps import check_heaps
from scmaxatac.io._h5_probe import check_readable
from scmaxatac.tl import open_run

if TYPE_CHECKING:
    from anndata import AnnData
    from mudata import MuData


def existing_data(path: Path) -> Path:
    """Return the path of a file with predictions or of a folder; a FileNotFoundError if there is neither."""
    return path if path.is_dir() else existing_file(path, "data")


def read_predicted(path: Path) -> "AnnData | MuData":
    """Read a file with predictions, or open the folder of a run, as :func:`scmaxatac.tl.open_run` does.

    Parameters
    ----------
    path
        The file, as in :func:`read_data`; or the run's folder, or the one that it lies in.

    Raises
    ------
    FileNotFoundError
        If there is neither, no run in the folder, or a file of the run is missing.
    ValueError
        If the file can't be read; or the folder holds several runs, or one that was not finished, renamed or changed.
    """
    return open_run(path) if path.is_dir() else read_data(path)


def read_data(path: Path) -> "AnnData | MuData":
    """Read an h5ad or h5mu file.

    Parameters
    ----------
    path
        The file; its name says which of the two it is.

    Raises
    ------
    FileNotFoundError
        If there is none.
    ValueError
        If its name ends otherwise, or it can't be read: it is damaged, truncated or locked by a process that writes it.
    """
    path = existing_file(path, "data")
    if path.suffix not in (".h5ad", ".h5mu"):
        raise ValueError(f"{path} is neither .h5ad nor .h5mu")
    with suppress(ImportError):
        import hdf5plugin  # noqa: F401  (SnapATAC2 compresses its files with filters that come with it)
    check_heaps(path)
    check_readable(path)
    with _reading(path):
        if path.suffix == ".h5mu":
            import mudata

            with columns_not_pulled():
                return mudata.read_h5mu(path)
        import anndata

        return anndata.read_h5ad(path)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # of HDF5, h5py, anndata and what they use: a damaged file raises any
        raise ValueError(
            f"{path} can't be read ({type(error).__name__}: {str(error)[:200]}). Is it complete, and not open for "
            "writing elsewhere? Copy or make it again"
        ) from error
