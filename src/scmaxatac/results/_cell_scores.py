"""The slots that hold scores of cells."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

import pandas as pd

from scmaxatac import _keys
from scmaxatac._text import abbreviate
from scmaxatac.results._slots import decode_params


def read_cell_scores(adata: Any, tf: str | Iterable[str] | None, *, z: bool, key: str) -> pd.DataFrame:
    """Scores of an object's cells, cells x TFs, by names of cells and factors.

    Parameters
    ----------
    adata
        AnnData or SnapATAC2's backed AnnData.
    tf
        One TF or several; ``None`` stands for all.
    z
        Read z-scores.
    key
        Name under which the scores were stored.

    Raises
    ------
    KeyError
        If there are none, or no such TF among them.
    """
    slot, own = _keys.z_slot(key) if z else _keys.score_slot(key), _keys.score_slot(key)
    if slot not in adata.obsm:
        first, others = _keys.score_slot(""), [str(name) for name in adata.obsm.keys()]
        keys = [name[len(first) :] for name in others if name.startswith(first) and _keys.z_slot("") not in name]
        hint = f"scores exist under {abbreviate(map(repr, keys))}" if keys else "call scmaxatac.tl.score_cells first"
        raise KeyError(f"no scores of cells in obsm[{slot!r}]: {hint}")
    stored = adata.obsm[slot]
    if not isinstance(stored, pd.DataFrame):  # SnapATAC2's backed objects hold arrays
        stored = pd.DataFrame(stored, index=list(adata.obs_names), columns=decode_params(adata.uns[own])["tfs"])
    if tf is None:
        return stored
    known = [str(name) for name in stored.columns]
    wanted = list(dict.fromkeys([tf] if isinstance(tf, str) else map(str, tf)))
    for name in wanted:
        if name not in known:
            near = get_close_matches(name.upper(), [other.upper() for other in known], n=3)
            close = [other for other in known if other.upper() in near]
            hint = (
                f"did you mean {abbreviate(map(repr, close))}?"
                if close
                else f"there are {abbreviate(map(repr, known), 8)}"
            )
            raise KeyError(f"no TF {name!r} in obsm[{slot!r}]; {hint}")
    return stored[wanted]
