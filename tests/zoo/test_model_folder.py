"""Folders of models: what is replaced, what is left alone, and what a reader finds at any time."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from scmaxatac.io._owned_folder import LOCK, MARKER, OwnedFolder
from scmaxatac.models import TFModel, list_models, load

NAMES = ["calibration.tsv", "model.json", "model.safetensors"]

KILLED = """
import json, os, sys
from pathlib import Path

sys.path[:0] = {paths!r}
from _kills import kills
from _model_fixtures import calibration_frame, random_weights
from scmaxatac.io._files import sha256_of
from scmaxatac.models import Calibration, TFModel


def make(seed, best):
    calibration = None if best is None else Calibration(calibration_frame(best))
    return TFModel("TOYA", random_weights(seed), calibration, {{"seed": seed, "best": best}})


def facts(folder):
    model = TFModel.read(folder)
    return model.sha256, model.calibration and model.calibration.best_f1, model.provenance


def save_as_before(model, folder):
    model.save(folder)
    card = json.loads((folder / "model.json").read_text())
    del card["calibration_sha256"]
    (folder / "model.json").write_text(json.dumps(card))
    marker = json.loads((folder / "scmaxatac.json").read_text())
    marker["files"]["model.json"] = sha256_of(folder / "model.json")
    (folder / "scmaxatac.json").write_text(json.dumps(marker))


cases = [
    (make(0, 0.5), make(1, None), TFModel.save),
    (make(0, None), make(1, 0.6), TFModel.save),
    (make(0, 0.5), make(0, 0.5), TFModel.save),
    (make(0, 0.5), make(0, 0.6), save_as_before),
]
for old, new, save in cases:
    expected = [(m.sha256, m.calibration and m.calibration.best_f1, m.provenance) for m in (old, new)]
    for folder in kills(lambda folder: save(old, folder), new.save):
        assert facts(folder) in expected
        new.save(folder)
        assert facts(folder) == expected[1]
        names = {{"model.json", "model.safetensors", "scmaxatac.json", ".scmaxatac.lock"}}
        assert set(os.listdir(folder)) == names | ({{"calibration.tsv"}} if new.calibration else set())
"""


def test_a_kill_at_any_operation_leaves_the_old_or_the_new_model_and_saving_again_leaves_nothing_else():
    here = Path(__file__).parent
    script = KILLED.format(paths=[str(here), str(here.parent)])
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", [*NAMES, MARKER])
def test_files_of_the_users_are_an_error_and_stay(name, make_model, tmp_path):
    (tmp_path / name).write_text("mine")
    with pytest.raises(ValueError, match=name):
        make_model().save(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {name, LOCK}
    assert (tmp_path / name).read_text() == "mine"


def test_other_files_are_left_alone_and_no_error(make_model, tmp_path):
    (tmp_path / "history.csv").write_text("mine")
    make_model(seed=0).save(tmp_path)
    make_model(seed=1).save(tmp_path)
    assert (tmp_path / "history.csv").read_text() == "mine"
    assert json.loads((tmp_path / MARKER).read_text())["files"].keys() == set(NAMES)


def test_a_calibration_table_that_the_user_adds_to_a_model_without_one_is_never_removed(make_model, tmp_path):
    make_model(best=None).save(tmp_path)
    (tmp_path / "calibration.tsv").write_text("mine")
    with pytest.raises(ValueError, match=r"calibration\.tsv is in the way"):
        make_model(best=None).save(tmp_path)
    assert (tmp_path / "calibration.tsv").read_text() == "mine"


@pytest.mark.parametrize("name", NAMES)
def test_a_file_of_a_model_that_the_user_changed_is_an_error_and_stays(name, make_model, tmp_path):
    make_model().save(tmp_path)
    (tmp_path / name).write_bytes(b"mine")
    with pytest.raises(ValueError, match=f"{name} is in the way: it was changed since"):
        make_model(seed=1).save(tmp_path)
    assert (tmp_path / name).read_bytes() == b"mine"


def test_two_models_at_once_are_an_error_for_the_second(make_model, tmp_path):
    with OwnedFolder(tmp_path, "model"), pytest.raises(RuntimeError, match="is being written to by process"):
        make_model().save(tmp_path)
    assert not (tmp_path / "model.json").exists()


def test_a_calibration_table_that_was_cut_or_is_gone_is_an_error(make_model, tmp_path):
    path = make_model().save(tmp_path) / "calibration.tsv"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:4]))
    with pytest.raises(ValueError, match=r"calibration\.tsv is damaged or was changed"):
        load(tmp_path)
    path.unlink()
    with pytest.raises(FileNotFoundError, match=r"no calibration\.tsv: the model is incomplete"):
        load(tmp_path)


def test_a_model_saved_before_its_table_had_a_checksum_is_read(make_model, tmp_path):
    model = make_model()
    card = json.loads((model.save(tmp_path) / "model.json").read_text())
    del card["calibration_sha256"]
    (tmp_path / "model.json").write_text(json.dumps(card))
    assert TFModel.read(tmp_path).threshold("f1") == model.threshold("f1")


def test_a_table_without_a_checksum_that_was_cut_is_told(make_model, tmp_path):
    folder = make_model().save(tmp_path)
    card = json.loads((folder / "model.json").read_text())
    del card["calibration_sha256"]
    (folder / "model.json").write_text(json.dumps(card))
    path = folder / "calibration.tsv"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:4]))
    with pytest.warns(UserWarning, match=r"calibration\.tsv seems to be cut: its thresholds end at 0\.5") as told:
        TFModel.read(folder)
    assert len(told) == 1
    path.write_text("".join(lines[:5]).rstrip("\n"))
    with pytest.warns(UserWarning, match=r"calibration\.tsv seems to be cut: its last line, .*, has no end"):
        TFModel.read(folder)


def test_demo_models_name_the_checksum_of_their_table():
    table = list_models().query("source == 'demo'")
    assert len(table) == 3
    for folder in map(Path, table["path"]):
        card = json.loads((folder / "model.json").read_text())
        expected = subprocess.run(["sha256sum", folder / "calibration.tsv"], capture_output=True, text=True, check=True)
        assert card["calibration_sha256"] == expected.stdout.split()[0]


def test_a_folder_is_named_where_its_files_do_not_fit_each_other(make_model, tmp_path):
    card = json.loads((make_model().save(tmp_path) / "model.json").read_text())
    card["network"]["outputs"] = 2
    (tmp_path / "model.json").write_text(json.dumps(card))
    with pytest.raises(ValueError, match=rf"the model in {tmp_path} can't be used: .* and has 2 outputs"):
        TFModel.read(tmp_path)
