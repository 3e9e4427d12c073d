"""The slots that hold scores of cells, written and read."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from scmaxatac._text import abbreviate, choose_names
from scmaxatac.containers._objects import is_snapatac2
from scmaxatac.results._provenance import fits_origin
from scmaxatac.results._schema import CELL_SCORES, CELL_Z, SCORE_PARAMS
from scmaxatac.results._slots import write_cells


def check_score_key(objects: Sequence[Any], key: str) -> None:
    """Raise a ValueError if ``uns`` holds something else under the name of the scores' parameters."""
    name = SCORE_PARAMS.name_with(key)
    for adata in objects:
        if name in adata.uns and _params(adata.uns[name]) is None:
            raise ValueError(f"uns[{name!r}] holds something else than parameters of scores; choose another key_added")


def write_cell_scores(adata: Any, scores: np.ndarray, z: np.ndarray, params: Mapping[str, Any], key: str) -> None:
    """Write the scores of an object's cells.

    Parameters
    ----------
    adata
        AnnData or SnapATAC2's backed AnnData.
    scores, z
        (n_obs, TFs) float32.
    params
        What the slot of parameters declares; ``params["tfs"]`` names the columns.
    key
        Name under which they are stored.
    """
    for slot, values in ((CELL_SCORES, scores), (CELL_Z, z)):
        write_cells(adata, slot, values, params["tfs"], key)
    if wrong := [*SCORE_PARAMS.missing(params), *SCORE_PARAMS.undeclared(params)]:
        raise ValueError(f"parameters of scores are not as results/_schema.py declares: {', '.join(wrong)}")
    adata.uns[SCORE_PARAMS.name_with(key)] = json.dumps(params, sort_keys=True)


def read_cell_scores(adata: Any, tfs: object, *, z: bool, key: str) -> pd.DataFrame:
    """Scores of an object's cells, cells x TFs, by names of cells and factors.

    Warns once if the prediction whose sites were scored is no longer the one that the object holds.

    Parameters
    ----------
    adata
        AnnData or SnapATAC2's backed AnnData.
    tfs
        One TF or several; ``None`` stands for all.
    z
        Read z-scores.
    key
        Name under which the scores were stored.

    Raises
    ------
    KeyError
        If there are none, or no such TF among them.
    ValueError
        If the factors of a SnapATAC2 object's columns are not known: its parameters are damaged.
    """
    name = (CELL_Z if z else CELL_SCORES).name_with(key)
    if name not in adata.obsm:
        first, first_z = CELL_SCORES.name_with(""), CELL_Z.name_with("")
        others = [str(other) for other in adata.obsm.keys()]
        keys = [other[len(first) :] for other in others if other.startswith(first) and not other.startswith(first_z)]
        hint = f"scores exist under {abbreviate(map(repr, keys))}" if keys else "call scmaxatac.tl.score_cells first"
        raise KeyError(f"no scores of cells in obsm[{name!r}]: {hint}")
    scores_fit(adata, key)
    stored = adata.obsm[name]
    if is_snapatac2(adata):  # which holds arrays
        stored = pd.DataFrame(stored, index=list(adata.obs_names), columns=_tfs_of_columns(adata, key, stored.shape[1]))
    known = [str(column) for column in stored.columns]
    return pd.DataFrame(stored)[choose_names(tfs, known, "TF", source=f"obsm[{name!r}] has")]


def scores_fit(adata: Any, key: str) -> bool:
    """Whether the sites that were scored are still those of the object's prediction; warn once where they are not."""
    name = SCORE_PARAMS.name_with(key)
    params = _params(adata.uns[name]) if name in adata.uns else None
    origin = params.get("made_from") if params else None
    return fits_origin(adata, origin, f"obsm[{CELL_SCORES.name_with(key)!r}]", "scmaxatac.tl.score_cells")


def _tfs_of_columns(adata: Any, key: str, n_columns: int) -> list[str]:
    """Factors of the columns of scores, as the parameters name them."""
    name = SCORE_PARAMS.name_with(key)
    tfs = (_params(adata.uns[name]) or {}).get("tfs") if name in adata.uns else None
    if not isinstance(tfs, list) or len(tfs) != n_columns:
        raise ValueError(
            f"uns[{name!r}] does not name the factors of the {n_columns} columns of "
            f"obsm[{CELL_SCORES.name_with(key)!r}], as scmaxatac writes it; call scmaxatac.tl.score_cells again"
        )
    return tfs


def _params(stored: Any) -> dict[str, Any] | None:
    """Parameters of scores; None if it is something else."""
    try:
        decoded = json.loads(str(stored))
    except ValueError:
        return None
    return decoded if isinstance(decoded, dict) and {"tfs", "n_regions"} <= set(decoded) else None
