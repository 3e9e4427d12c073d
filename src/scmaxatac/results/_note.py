"""What a prediction notes in its run's folder, so that it can be opened without its object."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from scmaxatac import _keys
from scmaxatac.io._files import atomic_path
from scmaxatac.results._inside import check_inside
from scmaxatac.results._schema import IN_UNS

NOTE = "prediction.json"
"""File with parameters, QC and files of the last prediction that ended in a run."""


class Note(NamedTuple):
    """What :func:`write_note` kept: the slots of these names."""

    params: dict[str, Any]
    qc: pd.DataFrame
    tf_qc: pd.DataFrame
    files: pd.DataFrame


def write_note(folder: Path, run: str, slots: Mapping[str, Any]) -> None:
    """Note slots of a prediction in the folder of its run, in place of those of an earlier one.

    Parameters
    ----------
    folder
        The folder, held by this process.
    run
        Fingerprint of the run.
    slots
        The slots, with the parameters as a dictionary.

    Raises
    ------
    TypeError
        If a value is neither a number nor a text, and no list or dictionary of these.
    """
    content = {
        _keys.PARAMS: slots[_keys.PARAMS],
        _keys.QC: slots[_keys.QC].reset_index().to_dict("list"),
        _keys.TF_QC: slots[_keys.TF_QC].to_dict("list"),
        _keys.FILES: slots[_keys.FILES].to_dict("list"),
    }
    text = json.dumps(content, default=_plain)
    with atomic_path(folder / NOTE) as temporary:
        temporary.write_text(json.dumps({"run": run, "sha256": _digest(text), "content": text}), encoding="utf-8")


def read_note(folder: Path, run: str) -> Note:
    """Read what :func:`write_note` wrote.

    Raises
    ------
    FileNotFoundError
        If nothing was noted.
    ValueError
        If the note is damaged, of another run, or names files outside the run's folder.
    """
    path = folder / NOTE
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} is missing, which says what the groups are: call scmaxatac.tl.predict_tfbs with the same inputs "
            "and out_dir, which computes nothing again and writes it"
        )
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        text = found["content"]
        if found["run"] != run or found["sha256"] != _digest(text):
            raise ValueError("it does not fit its checksum or the run")
        content = json.loads(text)
        qc, tf_qc, files = (pd.DataFrame(content[name]) for name in (_keys.QC, _keys.TF_QC, _keys.FILES))
        paths = list(files["path"])
        note = Note(content[_keys.PARAMS], qc.set_index(IN_UNS[_keys.QC].index), tf_qc, files)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{path} is damaged ({error}): copy the folder again, or call scmaxatac.tl.predict_tfbs with the same "
            "inputs and out_dir, which writes it anew"
        ) from None
    check_inside(paths, str(path))
    return note


def _plain(value: Any) -> Any:
    """A number of numpy as one of Python; a TypeError for what JSON has no form for."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"a prediction can't note {value!r}, a {type(value).__name__}: JSON has no such type")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
