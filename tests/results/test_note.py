"""What a prediction notes in its run's folder."""

import json

import numpy as np
import pandas as pd
import pytest

from scmaxatac.results._note import NOTE, read_note, write_note


@pytest.fixture
def slots():
    qc = pd.DataFrame(
        {"n_cells": [3, 0], "p99": [2.0, np.nan], "warnings": ["", 'skipped: "few" ü']},
        index=pd.Index(["CD4/T", "7"], name="group"),
    )
    tf_qc = pd.DataFrame({"group": ["CD4/T"], "tf": ["CTCF"], "n_called": [np.nan], "n_expected": [2.5]})
    files = pd.DataFrame([("", "", "store", "run-1", "")], columns=["group", "tf", "kind", "path", "sha256"])
    return {"params": {"tfs": ["CTCF"], "max_fragments": None}, "qc": qc, "tf_qc": tf_qc, "files": files, "sites": "-"}


def test_it_is_read_as_it_was_written(tmp_path, slots):
    write_note(tmp_path, "abc", slots)
    note = read_note(tmp_path, "abc")
    assert note.params == slots["params"]
    pd.testing.assert_frame_equal(note.qc, slots["qc"])
    pd.testing.assert_frame_equal(note.tf_qc, slots["tf_qc"])
    pd.testing.assert_frame_equal(note.files, slots["files"])


def test_the_later_of_two_counts(tmp_path, slots):
    write_note(tmp_path, "abc", slots)
    write_note(tmp_path, "abc", slots | {"params": {"tfs": ["SPI1"]}})
    assert read_note(tmp_path, "abc").params == {"tfs": ["SPI1"]}


@pytest.mark.parametrize("change", [
    lambda text: text[:-5],
    lambda text: text.replace("CTCF", "CTCX"),
    lambda text: json.dumps([1]),
    lambda text: json.dumps({"run": "abc", "sha256": "", "content": 3}),
    lambda text: text.replace('"abc"', '"abd"'),
])  # fmt: skip
def test_damage_is_an_error_that_names_the_file(tmp_path, slots, change):
    write_note(tmp_path, "abc", slots)
    path = tmp_path / NOTE
    path.write_text(change(path.read_text()))
    with pytest.raises(ValueError, match=f"{path} is damaged"):
        read_note(tmp_path, "abc")


def test_without_a_note(tmp_path):
    with pytest.raises(FileNotFoundError, match=f"{tmp_path / NOTE} is missing"):
        read_note(tmp_path, "abc")


@pytest.mark.parametrize("outside", ["/etc/hostname", "../other", "run-1/../../other", ""])
def test_a_path_out_of_the_runs_folder_is_refused(tmp_path, slots, outside):
    slots["files"].loc[0, "path"] = outside
    write_note(tmp_path, "abc", slots)
    with pytest.raises(ValueError, match=rf"{NOTE} has the path '{outside}', which does not lie in the run's folder"):
        read_note(tmp_path, "abc")


def test_numbers_of_numpy_stay_numbers_and_other_types_are_refused(tmp_path, slots):
    params = {"n": np.int64(3), "share": np.float32(0.5), "whether": np.bool_(True), "many": [np.int32(1)]}
    write_note(tmp_path, "abc", slots | {"params": params})
    found = read_note(tmp_path, "abc").params
    assert found == {"n": 3, "share": 0.5, "whether": True, "many": [1]}
    assert [type(value) for value in found.values()] == [int, float, bool, list]
    for wrong in (tmp_path, {1}, np.array([1])):
        with pytest.raises(TypeError, match=f"can't note .*, a {type(wrong).__name__}: JSON has no such type"):
            write_note(tmp_path, "abc", slots | {"params": {"x": wrong}})
    assert read_note(tmp_path, "abc").params == found, "what was there stays"
