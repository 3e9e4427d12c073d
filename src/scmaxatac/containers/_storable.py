"""Whether objects can hold results, found out before the work whose results they are to hold."""

import fcntl
import os
import re
from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd

from scmaxatac.containers._objects import is_snapatac2, split_objects, unwrap

_SET_OF_FILES = re.compile(r"backed at '(?P<path>.*)'")


def check_storable(data: Any, key: str, *, mod: str = "atac", obsm: str | None = None) -> None:
    """Raise an error unless results can be stored in every object, which stays as it is.

    Parameters
    ----------
    data
        AnnData, MuData, SnapATAC2's AnnData, or a list or ``{sample: object}`` of them.
    key
        Name of the results in ``uns``.
    mod
        Modality of a MuData that will hold them.
    obsm
        Name in ``obsm``, where each cell gets something too. An entry of that name without results in ``uns`` is
        somebody else's and would be lost.

    Raises
    ------
    ValueError
        If an object is opened read-only, a view that can't be written into, or holds something else under `obsm`; the
        message says which one of several it is.
    """
    members = split_objects(data)
    for i, (sample, member) in enumerate(members):
        adata = unwrap(member, mod)
        if obstacle := _obstacle(member, adata) or _entry_in_the_way(adata, key, obsm) or _trial(adata):
            which = "the object" if len(members) == 1 else f"object {i + 1 if sample is None else repr(sample)}"
            raise ValueError(f"no results can be stored: {which} {obstacle}")


def _obstacle(member: Any, adata: Any) -> str:
    """Why nothing can be written into an object, "" where nothing is known to prevent it, as in what follows."""
    if is_snapatac2(adata):
        if _is_read_only(adata):
            return "is opened read-only; open it with snapatac2.read(file, backed='r+')"
        return ""
    if getattr(member, "is_view", False) and member is not adata:
        return "is a view of a MuData, whose copies would lack the results; give mdata[...].copy()"
    if adata.is_view and adata.isbacked:
        return "is a view of an AnnData that lies on disk; give adata[...].to_memory(), or the whole object"
    return ""


def _entry_in_the_way(adata: Any, key: str, obsm: str | None) -> str:
    """Whether an embedding, such as ``X_umap`` under the key "umap", would be replaced."""
    if obsm is None or key in adata.uns or obsm not in adata.obsm:
        return ""
    if not is_snapatac2(adata) and isinstance(adata.obsm[obsm], pd.DataFrame):  # ours, in an object that lost its uns
        return ""
    return f"holds something else in obsm[{obsm!r}]; choose another key_added, or remove it"


def _trial(adata: Any) -> str:
    """Try what will be done, under a name that nothing has, and undo it; not in views, which writing would copy."""
    if is_snapatac2(adata) or adata.is_view:
        return ""
    name = "scmaxatac_trial"
    try:
        adata.uns[name] = {}
        adata.obsm[name] = pd.DataFrame({"0": np.zeros(adata.n_obs, np.float32)}, index=adata.obs_names)
    except (ValueError, TypeError, KeyError, RuntimeError, OSError) as error:
        return f"can't be written to ({error})"
    finally:
        for slot in (adata.uns, adata.obsm):
            with suppress(KeyError):
                del slot[name]
    return ""


def _is_read_only(adata: Any) -> bool:
    """Whether the file of a SnapATAC2 object is open for reading only.

    These objects don't say how they were opened, and an entry written to find out could not be removed again. So this
    looks at how the process has opened the file; False where that can't be told.
    """
    path = getattr(adata, "filename", None)
    if path is None and (found := _SET_OF_FILES.search(repr(adata))):
        path = found["path"]
    modes = set()
    with suppress(OSError):
        file = os.stat(str(path))
        for entry in os.listdir("/dev/fd"):
            with suppress(OSError):  # the folder's own number is closed by now
                opened = os.fstat(int(entry))
                if os.path.samestat(file, opened):
                    modes.add(fcntl.fcntl(int(entry), fcntl.F_GETFL) & os.O_ACCMODE)
    return modes == {os.O_RDONLY}
