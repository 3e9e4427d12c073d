"""The slots of a prediction, read: found, compared with schema and object, and turned into tables, arrays and paths."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scmaxatac import _keys
from scmaxatac._logging import settled, warn_once
from scmaxatac._text import abbreviate, choose_names
from scmaxatac.containers._cells import column_of
from scmaxatac.containers._objects import GroupLabels, group_labels, is_mudata, split_objects, unwrap
from scmaxatac.containers._prediction_entry import is_prediction
from scmaxatac.containers._tables import to_pandas
from scmaxatac.io._files import verify_sha256
from scmaxatac.results._complete import complete_run
from scmaxatac.results._composition import composition, difference
from scmaxatac.results._entry import ENTRIES
from scmaxatac.results._inside import check_inside
from scmaxatac.results._parameters import decode_parameters
from scmaxatac.results._run_folder import find_run, read_spec, run_folder, store_of
from scmaxatac.results._schema import IN_UNS
from scmaxatac.results._score_store import ScoreStore
from scmaxatac.results._slot import Slot

_AGAIN = "call scmaxatac.tl.predict_tfbs again, which writes the entry anew"

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
        return self.parameters(_keys.PARAMS)

    def parameters(self, name: str) -> dict[str, Any]:
        """Decode a slot of parameters; a ValueError if it is damaged or lacks one of them."""
        slot = IN_UNS[name]
        decoded = decode_parameters(self._slot(name), self._path(name), f"scmaxatac.{slot.written_by}")
        self._check_names(slot, decoded, "value of")
        return decoded

    def table(self, name: str) -> pd.DataFrame:
        """Return a slot as a table that may be changed; where its rows have names, these are the index.

        Parameters
        ----------
        name
            Name of the slot, as in :data:`~scmaxatac.results._schema.IN_UNS`.

        Raises
        ------
        KeyError
            If there is no such slot.
        ValueError
            If it is no table, or lacks a column.
        """
        slot = IN_UNS[name]
        try:
            frame = to_pandas(self._slot(name))
        except TypeError as error:
            raise ValueError(f"{self._path(name)}: {error}, as it should be; {_AGAIN}") from None
        if slot.index and frame.index.name != slot.index:  # polars' tables have no index
            if slot.index not in frame:
                raise ValueError(f"{self._path(name)} lacks the column {slot.index!r}; {_AGAIN}")
            frame = frame.set_index(slot.index)
        self._check_names(slot, frame.columns, "column")
        return frame

    def array(self, name: str) -> np.ndarray:
        """Return a slot as an array, with the dimensions that the schema gives; raises as :meth:`table` does."""
        slot, found = IN_UNS[name], np.asarray(self._slot(name))
        if found.ndim != len(slot.shape) or found.dtype.kind not in "fiu":
            raise ValueError(
                f"{self._path(name)} is no array of numbers ({', '.join(slot.shape)}), as it should be; {_AGAIN}"
            )
        return found

    @cached_property
    def groups(self) -> list[str]:
        """Groups that were predicted, in the order of the slots."""
        return [str(group) for group in self.table(_keys.ACTIVITY).index]

    @cached_property
    def tfs(self) -> list[str]:
        """TFs that were predicted, in the order of the slots."""
        return [str(tf) for tf in self.table(_keys.ACTIVITY).columns]

    def pick_tfs(self, wanted: object) -> list[str]:
        """Check the name of a TF, or names of several; ``None`` stands for all of them."""
        return choose_names(wanted, self.tfs, "TF")

    def pick_groups(self, wanted: object) -> list[str]:
        """Check the name of a group, or names of several; ``None`` stands for all that were predicted."""
        qc = self.table(_keys.QC)
        for name in choose_names(wanted, list(dict.fromkeys([*self.groups, *map(str, qc.index)])), "group"):
            if wanted is not None and name not in self.groups:
                raise KeyError(f"group {name!r} was not predicted: {qc.loc[name, 'warnings'] or 'it was skipped'}")
        return choose_names(wanted, self.groups, "group")

    @property
    def out_dir(self) -> Path:
        """Folder that the table of files is relative to."""
        return Path(self.params["out_dir"])

    @cached_property
    def store(self) -> ScoreStore:
        """Store that the run kept its bins in; a FileNotFoundError says where it was if it is gone."""
        path = self.file("store")
        if path is None:
            raise FileNotFoundError(
                f"the bins of this run were written to {self.out_dir}, and are not there any more; if they were moved, "
                "say where they are with scmaxatac.tl.relocate, else call scmaxatac.tl.predict_tfbs again, with "
                "out_dir= to keep them in a folder of yours"
            )
        path = find_run(path)
        return store_of(path, read_spec(path))

    def file(
        self, kind: str, group: str = "", tf: str = "", *, whole: bool = False, noted: bool = False
    ) -> Path | None:
        """Path of a file of the run if it was written and is still there; a ValueError if it was changed.

        A large file is compared with its checksum only where all of it is to be read (`whole`): the parts of a bigWig
        have checksums of their own. What others will read has to be what the run wrote, whatever its size: with `noted`
        a file without a checksum is a ValueError too, and so is, always, one outside the folder.
        """
        files = self.table(_keys.FILES)
        if files.empty or complete_run(run_folder(self.params)) != self.params["run"]:
            return None
        rows = files[(files["kind"] == kind) & (files["group"] == group) & (files["tf"] == tf)]
        check_inside(rows["path"], self._path(_keys.FILES))
        for name, expected in zip(rows["path"], rows["sha256"], strict=True):
            path = Path(self.out_dir, name)
            if not path.exists():
                continue
            if noted and not expected:
                raise ValueError(
                    f"{path} has no checksum in {self._path(_keys.FILES)}, so it may be any file; {_AGAIN}"
                )
            if expected and (whole or noted or path.stat().st_size <= _SMALL):
                verify_sha256(path, expected, remedy="Call scmaxatac.tl.predict_tfbs again, which writes it anew")
            return path
        return None

    def _slot(self, name: str) -> Any:
        if name not in self.slots:
            held = abbreviate(map(repr, self.slots), 8) or "nothing"
            raise KeyError(f"uns[{self.key!r}] has no {name!r}; it holds {held}: {_AGAIN}")
        return self.slots[name]

    def _check_names(self, slot: Slot, names: Any, what: str) -> None:
        if missing := slot.missing(map(str, names)):
            raise ValueError(f"{self._path(slot.name)} lacks the {what} {abbreviate(map(repr, missing))}; {_AGAIN}")

    def _path(self, name: str) -> str:
        return f"uns[{self.key!r}][{name!r}]"


def find_results(data: Any, key: str, mod: str) -> Results:
    """Find the slots of a run and warn, once, if they no longer fit the object.

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
        If there are no results under `key`, or one of the slots that every prediction has is missing.
    TypeError
        If `data` is no such object; several are for functions that only read (:func:`read_results`).
    ValueError
        If the parameters in the entry can't be read.
    """
    adata = unwrap(data, mod)
    if key not in adata.uns:  # SnapATAC2's `uns` has keys, but can't be iterated
        others = [name for name in adata.uns.keys() if is_prediction(adata.uns[name])]
        held = abbreviate(map(repr, others), 8)
        hint = f"results exist under {held}" if others else _elsewhere(data, key, adata)
        raise KeyError(f"no results under uns[{key!r}]: {hint}")
    slots = adata.uns[key]
    if not is_prediction(slots):
        other = next((f", but by {entry.made_by}" for entry in ENTRIES if entry.is_in(slots)), "")
        raise KeyError(f"uns[{key!r}] was not written by scmaxatac.tl.predict_tfbs{other}; key= names a prediction")
    results = Results(adata, key, slots)
    for slot in IN_UNS.values():
        if slot.always:
            results._slot(slot.name)
    place = f"uns[{key!r}]"
    if problem := _misfit(data, results, mod):
        warn_once(adata, place, f"{place} no longer fits the object: {problem}; call scmaxatac.tl.predict_tfbs again")
    else:
        settled(adata, place)
    return results


def read_results(data: Any, key: str, mod: str) -> Results:
    """Find what a run left in an object, or in several that were predicted together, to read it.

    Parameters
    ----------
    data
        What :func:`find_results` takes, or a list or ``{sample: object}`` of such objects.
    key, mod
        As in :func:`find_results`.

    Raises
    ------
    ValueError
        If the objects don't hold the same results; beside it as :func:`find_results`.
    """
    found = [(sample, find_results(member, key, mod)) for sample, member in split_objects(data)]
    first = found[0][1]
    for i, (sample, results) in enumerate(found):
        if results.params != first.params:
            names = sorted(name for name in first.params if results.params.get(name) != first.params[name])
            raise ValueError(
                f"object {i if sample is None else repr(sample)} holds other results under uns[{key!r}] than the first "
                f"({abbreviate(names)} differ); name one object, or predict them together again"
            )
    return first


def row_labels(data: Any, params: Mapping[str, Any], mod: str) -> GroupLabels:
    """Group of each row of an object: that of a cell, or the row itself where pseudobulks were predicted.

    Raises what :func:`~scmaxatac.containers._objects.group_labels` raises.
    """
    if params["rows"] != "groups":
        return group_labels(data, params["groupby"], mod)
    names = [str(name) for name in unwrap(data, mod).obs_names]
    return GroupLabels(np.arange(len(names), dtype=np.int32), names)


def _elsewhere(data: Any, key: str, adata: Any) -> str:
    """What to do where an object has no results: name another modality that has, or predict."""
    for name, member in data.mod.items() if is_mudata(data) else ():
        if member is not adata and is_prediction(member.uns.get(key)):
            return f"modality {name!r} has them: give mod={name!r}"
    return "call scmaxatac.tl.predict_tfbs first"


def _misfit(data: Any, results: Results, mod: str) -> str:
    """How the object's groups differ from the ones that were predicted; "" if they don't."""
    params = results.params
    try:
        labels = row_labels(data, params, mod)
    except KeyError:
        return ""  # without the column there is nothing to compare
    except ValueError as error:
        return f"its groups can't be told any more ({error})"
    now = composition(results.adata.obs_names, labels.codes, labels.names)
    if params["rows"] == "groups":
        return _other_rows(params["cells"], now)
    return difference(params["cells"], now, column_of(params["groupby"]))


def _other_rows(recorded: Sequence[Mapping[str, Any]], now: Mapping[str, Any]) -> str:
    """How rows that are groups differ from those that were predicted; "" if they don't."""
    known = [set(one) for one in recorded]
    if not known or set(now) in known:
        return ""
    there = set().union(*known)
    lost, new = ([name for name in one if name not in other] for one, other in ((sorted(there), now), (now, there)))
    texts = (f"{word} {abbreviate(map(repr, names), 8)}" for word, names in (("lost", lost), ("got", new)) if names)
    return f"its rows, the groups, {' and '.join(texts)}"
