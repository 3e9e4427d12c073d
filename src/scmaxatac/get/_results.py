"""The slots of one run of predict_tfbs: found, checked against the object, and turned into tables and paths."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scmaxatac import _keys
from scmaxatac._logging import warn
from scmaxatac._text import abbreviate
from scmaxatac.containers._objects import group_labels, unwrap

if TYPE_CHECKING:
    from scmaxatac.results._score_store import ScoreStore


_SMALL = 1 << 26
"""Bytes of a file that is read whole in no time, to compare it with its checksum."""


@dataclass(frozen=True)
class Results:
    """What a run left in an object. Made by :func:`find_results`.

    Attributes
    ----------
    adata
        The object that holds the slots (of a MuData, its ATAC modality).
    key
        Name of the run's entry in ``uns``.
    slots
        That entry.
    """

    adata: Any
    key: str
    slots: Mapping[str, Any]

    @cached_property
    def params(self) -> dict[str, Any]:
        """The run's parameters, decoded."""
        params: dict[str, Any] = json.loads(str(self.slots[_keys.PARAMS]))
        return params

    def slot(self, name: str) -> Any:
        """Return one slot, or raise a KeyError that names it."""
        if name not in self.slots:
            raise KeyError(f"uns[{self.key!r}] has no {name!r}; it holds {_quoted(self.slots)}")
        return self.slots[name]

    def table(self, name: str) -> pd.DataFrame:
        """Return a slot as a table that may be changed; tables of groups are indexed by group."""
        stored = self.slot(name)
        if isinstance(stored, pd.DataFrame):
            return stored.copy()
        frame = stored.to_pandas()  # polars, in SnapATAC2's backed objects
        # they keep no index: there the groups are the first column
        return frame.set_index(frame.columns[0]) if name in (_keys.QC, _keys.ACTIVITY) else frame

    @cached_property
    def groups(self) -> list[str]:
        """Groups that were predicted, in the order of the slots."""
        return [str(name) for name in self.table(_keys.ACTIVITY).index]

    @cached_property
    def tfs(self) -> list[str]:
        """TFs that were predicted, in the order of the slots."""
        return [str(name) for name in self.table(_keys.ACTIVITY).columns]

    def pick_tfs(self, wanted: str | Iterable[str] | None) -> list[str]:
        """Check names of TFs; ``None`` stands for all of them."""
        return _pick("TF", wanted, self.tfs)

    def pick_groups(self, wanted: str | Iterable[str] | None) -> list[str]:
        """Check names of groups; ``None`` stands for all that were predicted."""
        for name in _names(wanted):
            if name not in self.groups and name in (qc := self.table(_keys.QC)).index:
                raise KeyError(f"group {name!r} was not predicted: {qc.loc[name, 'warnings'] or 'it was skipped'}")
        return _pick("group", wanted, self.groups)

    @property
    def folder(self) -> Path:
        """Folder that the table of files is relative to."""
        return Path(self.params["out_dir"])

    @cached_property
    def store(self) -> "ScoreStore":
        """Store that the run kept its bins in; a FileNotFoundError says where it was if it is gone."""
        from scmaxatac.predict._run import Run

        path = self.file("store")
        if path is None:
            raise FileNotFoundError(
                f"the bins of this run were written to {self.folder}, and are not there any more; call "
                "scmaxatac.tl.predict_tfbs again, with out_dir= to keep them in a folder of yours"
            )
        return Run.open(path).store

    def file(self, kind: str, group: str = "", tf: str = "", *, whole: bool = False) -> Path | None:
        """Path of a file of the run if it was written and is still there; a ValueError if it was changed.

        A large file is compared with its checksum only where all of it is to be read (`whole`): the parts of a bigWig
        have checksums of their own.
        """
        from scmaxatac.io._files import verify_sha256
        from scmaxatac.predict._prediction import run_folder
        from scmaxatac.results._complete import complete_run

        files = self.table(_keys.FILES)
        if files.empty or complete_run(run_folder(self.params)) != self.params.get("run"):
            return None
        rows = files[(files["kind"] == kind) & (files["group"] == group) & (files["tf"] == tf)]
        for name, expected in zip(rows["path"], rows["sha256"], strict=True):
            path: Path = self.folder / name
            if not path.exists():
                continue
            if expected and (whole or path.stat().st_size <= _SMALL):
                verify_sha256(path, expected, remedy="Call scmaxatac.tl.predict_tfbs again, which writes it anew")
            return path
        return None


def find_results(data: Any, key: str, mod: str) -> Results:
    """Find the slots of a run and warn if they no longer fit the object.

    Parameters
    ----------
    data
        AnnData, MuData or SnapATAC2's backed AnnData.
    key
        Name of the run's entry in ``uns``.
    mod
        Modality of a MuData that holds the ATAC data.

    Raises
    ------
    KeyError
        If there are no results under `key`.
    TypeError
        If `data` is no such object; of a list any member will do, as all hold the same results.
    """
    adata = unwrap(data, mod)
    if key not in adata.uns:  # SnapATAC2's `uns` has keys, but can't be iterated
        others = [name for name in adata.uns.keys() if _is_run(adata.uns[name])]
        hint = f"results exist under {_quoted(others)}" if others else "call scmaxatac.tl.predict_tfbs first"
        raise KeyError(f"no results under uns[{key!r}]: {hint}")
    slots = adata.uns[key]
    if not _is_run(slots):
        raise KeyError(f"uns[{key!r}] was not written by scmaxatac.tl.predict_tfbs")
    results = Results(adata, key, slots)
    if problem := _misfit(data, results, mod):
        warn(
            f"uns[{key!r}] no longer fits the object: {problem}. The results are those of the object that was "
            "predicted; call scmaxatac.tl.predict_tfbs again for this one"
        )
    return results


def _is_run(entry: Any) -> bool:
    return isinstance(entry, Mapping) and _keys.PARAMS in entry and _keys.QC in entry


def _misfit(data: Any, results: Results, mod: str) -> str:
    """How the object's groups differ from the ones that were predicted; "" if they don't."""
    try:
        codes, names = group_labels(data, results.params["groupby"], mod)
    except (KeyError, ValueError):
        return ""  # without the column there is nothing to compare
    cells = dict(zip(names, np.bincount(codes[codes >= 0], minlength=len(names)), strict=True))
    predicted = results.table(_keys.QC)["n_cells"]
    new = [name for name in names if cells[name] and name not in predicted.index]
    if new:
        return f"its {results.params['groupby']!r} holds {_quoted(new)}, which the results don't know"
    if results.params.get("n_objects", 1) > 1:
        return ""  # each object of a list holds a part of the cells
    for name, n_cells in predicted.items():
        if cells.get(str(name), 0) < n_cells:
            return f"group {name!r} had {int(n_cells):,} cells and now has {cells.get(str(name), 0):,}"
    return ""


def _names(wanted: str | Iterable[str] | None) -> list[str]:
    return [] if wanted is None else [wanted] if isinstance(wanted, str) else [str(name) for name in wanted]


def _pick(kind: str, wanted: str | Iterable[str] | None, known: list[str]) -> list[str]:
    if wanted is None:
        return list(known)
    for name in _names(wanted):
        if name not in known:
            by_lower = {other.lower(): other for other in known}
            near = [by_lower[match] for match in get_close_matches(name.lower(), list(by_lower), n=3)]
            hint = f"did you mean {_quoted(near)}?" if near else f"the results hold {_quoted(known)}"
            raise KeyError(f"no {kind} {name!r}; {hint}")
    return list(dict.fromkeys(_names(wanted)))


def _quoted(names: Iterable[object]) -> str:
    return abbreviate((repr(str(name)) for name in names), 8) or "nothing"
