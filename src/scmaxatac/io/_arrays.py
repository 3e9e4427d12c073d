"""Files of arrays: numpy's npz format, the same bytes for the same arrays."""

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from scmaxatac.io._files import atomic_path

_BEGINNING = (1980, 1, 1, 0, 0, 0)
"""Time that parts of a zip file carry: numpy's own function writes that of the call."""


def write_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    """Write arrays by name, without pickling, to a file that ``np.load`` reads.

    Parameters
    ----------
    path
        The file.
    arrays
        Arrays, or what becomes one; no Python objects.
    """
    with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name, array in arrays.items():
            part = zipfile.ZipInfo(f"{name}.npy", date_time=_BEGINNING)
            with archive.open(part, "w", force_zip64=True) as handle:
                np.lib.format.write_array(handle, np.asanyarray(array), allow_pickle=False)
