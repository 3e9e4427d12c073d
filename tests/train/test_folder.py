"""Folders of training runs: what counts as finished, what can go on, and when something is deleted."""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("torch")
pytest.importorskip("pytorch_lightning")

from _small_disk import file_size_limit
from _tiny_training import TINY, make_codes, one_thread, write_table
from _workers import killed_while_writing

import scmaxatac as sma
from scmaxatac.io._disk import DiskFullError
from scmaxatac.nn._network import TFNetwork
from scmaxatac.train import _inputs, _new_model
from scmaxatac.train._folder import finished_model

CHECKPOINTS = ("last.ckpt", "previous.ckpt")
DICE = [0.1, 0.5, 0.2, 0.3]
REQUEST = {"tf": "CTCF", "cell_types": [{"name": "B"}, {"name": "NK"}], "options": {"jitter": 0}, "seed": 0}

# signals and peaks are random: there is nothing to learn
pytestmark = pytest.mark.filterwarnings("ignore:the model of CTCF learned:UserWarning")


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    with one_thread():
        yield


@pytest.fixture(scope="module")
def genome():
    return sma.Genome.from_codes(make_codes())


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    return write_table(tmp_path_factory.mktemp("inputs"))


@pytest.fixture(scope="module")
def trained(genome, table, tmp_path_factory):
    out_dir = tmp_path_factory.mktemp("trained") / "CTCF"
    return out_dir, sma.tl.train(table, "CTCF", genome=genome, out_dir=out_dir, **TINY)


@pytest.fixture
def again(genome, table):
    """Call train as for the finished run, but for some options."""

    def train(out_dir, table=table, **options):
        return sma.tl.train(table, "CTCF", genome=genome, out_dir=out_dir, **TINY | options)

    return train


def copied(trained, folder: Path, without=()) -> Path:
    shutil.copytree(trained[0], folder)
    for name in without:
        (folder / name).unlink()
    return folder


def state(folder: Path) -> dict:
    """Bytes and time of every file, and the time of the folder."""
    files = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}
    return files | {".": folder.stat().st_mtime_ns}


@pytest.fixture(scope="module")
def model():
    """A model of four epochs with hand-made Dice."""
    curve = {"epoch": [0, 1, 2, 3], "train_loss": [1.0] * 4, "val_loss": [1.0] * 4, "val_dice": DICE}
    return sma.models.TFModel("CTCF", TFNetwork().weights(), None, {"made_by": "scmaxatac.tl.train", "history": curve})


@pytest.fixture
def finished(model, tmp_path):
    """Its folder, without checkpoints."""
    model.save(tmp_path / "finished")
    (tmp_path / "finished" / "training.json").write_text(json.dumps(REQUEST))
    return tmp_path / "finished"


@pytest.mark.parametrize("gone", [(), CHECKPOINTS, CHECKPOINTS[:1], ("checkpoints.sha256",), ("scmaxatac.json",)])
def test_a_finished_model_is_given_at_once_and_nothing_is_written(gone, trained, again, tmp_path):
    folder = copied(trained, tmp_path / "copy", without=gone)
    before = state(folder)
    assert again(folder).sha256 == trained[1].sha256
    assert state(folder) == before


def test_the_copy_of_a_replaced_model_that_a_kill_left_goes_with_the_next_call(trained, again, tmp_path):
    folder = copied(trained, tmp_path / "copy")
    (folder / ".previous").mkdir()
    (folder / ".previous" / "model.safetensors").write_bytes(b"of the model before")
    marker = json.loads((folder / "scmaxatac.json").read_text())
    marker["files"][".previous/"] = ""
    (folder / "scmaxatac.json").write_text(json.dumps(marker))
    assert again(folder).sha256 == trained[1].sha256
    assert not (folder / ".previous").exists()
    assert (folder / "scmaxatac.json").read_text() == (trained[0] / "scmaxatac.json").read_text()


def test_half_a_file_that_a_kill_left_beside_a_finished_model_goes_with_the_next_call(trained, again, tmp_path):
    folder = copied(trained, tmp_path / "copy")
    killed_while_writing(folder / "scmaxatac.json")
    assert again(folder).sha256 == trained[1].sha256
    assert {path.name for path in folder.iterdir()} == {path.name for path in trained[0].iterdir()}


@pytest.mark.parametrize("gone", [CHECKPOINTS, ("checkpoints.sha256",)])
def test_without_checkpoints_a_model_cannot_go_on_and_is_kept(gone, trained, again, tmp_path):
    folder = copied(trained, tmp_path / "copy", without=gone)
    before = state(folder)
    with pytest.raises(ValueError, match=r"trained for 2 epochs, and epochs is 3: it can't go on.*init=.*resume=False"):
        again(folder, epochs=3)
    with pytest.raises(ValueError, match="has trained for 2 epochs, and epochs is 1"):
        again(folder, epochs=1)
    assert state(folder) == before


@pytest.mark.parametrize(("epochs", "patience"), [(4, None), (4, 9), (100, 2), (100, 1)])
def test_a_run_is_over_after_all_epochs_or_when_patience_is_at_an_end(epochs, patience, model, finished):
    found = finished_model(finished, REQUEST, epochs=epochs, patience=patience, resume=True)
    assert found.sha256 == model.sha256


@pytest.mark.parametrize("patience", [None, 3])
def test_with_more_patience_a_run_would_have_to_go_on(patience, finished):
    with pytest.raises(ValueError, match="trained for 4 epochs, and epochs is 100: it can't go on"):
        finished_model(finished, REQUEST, epochs=100, patience=patience, resume=True)


def test_folders_that_name_the_patience_as_an_option_are_the_same_run(model, finished):
    older = REQUEST | {"options": {"jitter": 0, "patience": 7}}
    (finished / "training.json").write_text(json.dumps(older))
    assert finished_model(finished, REQUEST, epochs=4, patience=None, resume=True).sha256 == model.sha256


def test_the_order_of_the_cell_types_counts(trained, again, table, tmp_path):
    rows = pd.read_csv(table, sep="\t").iloc[[1, 0, 2, 3]]
    rows.to_csv(table.with_name("reordered.tsv"), sep="\t", index=False)
    folder = copied(trained, tmp_path / "copy")
    message = r"started otherwise: cell_types was \['B', 'CD4/T', 'Mono'\] and is \['CD4/T', 'B', 'Mono'\]"
    with pytest.raises(ValueError, match=message):
        again(folder, table=table.with_name("reordered.tsv"), epochs=3)


WRONG = {
    "batch larger than the regions": ({"batch_size": 5_000}, "a batch needs 5000 different regions"),
    "precision": ({"precision": "float32"}, "float32"),
    "scaling": ({"signal_scaling": (1, float("inf"))}, "signal_scaling"),
    "devices": ({"devices": 3, "strategy": "ddp"}, "a batch of 8 can't be shared equally among 3 devices"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_call_that_cannot_train_deletes_nothing_and_leaves_nothing(name, trained, again, tmp_path):
    options, message = WRONG[name]
    folder = copied(trained, tmp_path / "copy")
    before = state(folder)
    with pytest.raises(ValueError, match=message):
        again(folder, resume=False, **options)
    assert {name: value for name, value in state(folder).items() if name != "."} == {
        name: value for name, value in before.items() if name != "."
    }
    with pytest.raises(ValueError, match=message):
        again(tmp_path / "new", **options)
    assert not list((tmp_path / "new").glob("*"))


def test_resume_false_trains_anew(trained, again, tmp_path):
    folder = copied(trained, tmp_path / "copy")
    assert again(folder, resume=False, seed=1, epochs=1).provenance["history"]["epoch"] == [0]
    assert json.loads((folder / "training.json").read_text())["seed"] == 1


def test_a_model_stays_until_the_one_that_is_trained_anew_is_complete(trained, again, tmp_path, monkeypatch):
    wanted = again(tmp_path / "new", seed=1)
    folder = copied(trained, tmp_path / "copy")
    with pytest.raises(RuntimeError, match="diverged in epoch 0"):
        again(folder, resume=False, learning_rate=1e30)
    assert sma.models.TFModel.read(folder).sha256 == trained[1].sha256
    with pytest.raises(ValueError, match=r"learning_rate was 1e\+30 and is 0\.001"):
        again(folder)

    def stop(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(_new_model, "measure_network", stop)
        with pytest.raises(KeyboardInterrupt):
            again(folder, resume=False, seed=1)
    assert sma.models.TFModel.read(folder).sha256 == trained[1].sha256
    model = again(folder, seed=1)
    assert (model.sha256, model.provenance["seed"]) == (wanted.sha256, 1)
    assert {path.name for path in folder.iterdir()} == {path.name for path in (tmp_path / "new").iterdir()}


def test_a_run_begun_anew_that_has_no_checkpoint_yet_is_begun_once_more(trained, again, tmp_path):
    folder = copied(trained, tmp_path / "copy", without=(*CHECKPOINTS, "checkpoints.sha256", "history.csv"))
    started = json.loads((folder / "training.json").read_text())
    (folder / "training.json").write_text(json.dumps(started | {"seed": 1}))
    marker = json.loads((folder / "scmaxatac.json").read_text())
    marker["files"] = dict.fromkeys(marker["files"], "")  # as a kill leaves it
    (folder / "scmaxatac.json").write_text(json.dumps(marker))
    assert again(folder, seed=1).provenance["seed"] == 1


def test_a_run_that_failed_in_its_first_epoch_does_not_bind_the_next_call(trained, again, tmp_path):
    with pytest.raises(RuntimeError, match="diverged in epoch 0"):
        again(tmp_path, learning_rate=1e30)
    assert json.loads((tmp_path / "training.json").read_text())["options"]["learning_rate"] == 1e30
    assert again(tmp_path).sha256 == trained[1].sha256
    assert json.loads((tmp_path / "training.json").read_text())["options"]["learning_rate"] == 1e-3


def test_a_run_goes_on_with_another_patience(trained, again, tmp_path):
    again(tmp_path, epochs=1, patience=5)
    model = again(tmp_path, epochs=np.int64(2), patience=np.int64(3))
    assert model.sha256 == trained[1].sha256
    assert {name: model.provenance["options"][name] for name in ("epochs", "patience")} == {"epochs": 2, "patience": 3}
    assert json.loads((tmp_path / "training.json").read_text()) == json.loads(
        (trained[0] / "training.json").read_text()
    )


@pytest.mark.parametrize("resume", [True, False])
def test_a_model_that_was_not_trained_there_is_left_alone(resume, model, again, tmp_path):
    model.save(tmp_path)
    before = state(tmp_path)
    with pytest.raises(ValueError, match="a model that was not trained there"):
        again(tmp_path, resume=resume)
    assert state(tmp_path) == before


@pytest.mark.parametrize("resume", [True, False])
@pytest.mark.parametrize(
    "name", [*CHECKPOINTS, "checkpoints.sha256", "history.csv", "training.json", "calibration.tsv"]
)
def test_files_of_the_users_are_an_error_before_any_work_and_stay(name, resume, again, tmp_path, monkeypatch):
    monkeypatch.setattr(_inputs, "read_inputs", None)
    (tmp_path / name).write_text("mine")
    before = state(tmp_path)
    with pytest.raises(ValueError, match=f"{name} is in the way|a model that was not trained"):
        again(tmp_path, resume=resume)
    assert state(tmp_path) == before


def test_home_may_be_written_as_a_tilde(again, tmp_path, monkeypatch):
    monkeypatch.setattr(_inputs, "read_inputs", None)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "history.csv").write_text("mine")
    with pytest.raises(ValueError, match=f"{tmp_path}/models/history.csv is in the way"):
        again("~/models")


@pytest.mark.parametrize("options", [{}, {"epochs": 3}, {"resume": False}], ids=["same", "further", "anew"])
@pytest.mark.parametrize("gone", [(), ("model.json",)], ids=["finished", "unfinished"])
@pytest.mark.parametrize("name", ["history.csv", "training.json", "calibration.tsv", "model.safetensors", "model.json"])
def test_files_that_the_user_changed_are_an_error_before_any_work_and_stay(
    name, gone, options, trained, again, tmp_path, monkeypatch
):
    folder = copied(trained, tmp_path / "copy", without=gone)
    (folder / name).write_text("mine")
    before = state(folder)
    monkeypatch.setattr(_inputs, "read_inputs", None)
    with pytest.raises(ValueError, match=f"{name} is in the way: it was changed since scmaxatac wrote it"):
        again(folder, **options)
    assert state(folder) == before


def test_damaged_checkpoints_go_where_a_run_begins_anew(trained, again, tmp_path):
    folder = copied(trained, tmp_path / "copy")
    for name in (*CHECKPOINTS, "checkpoints.sha256"):
        cut(folder / name)
    assert again(folder, resume=False).sha256 == trained[1].sha256


def test_starting_anew_removes_what_the_run_wrote_and_nothing_else(trained, again, tmp_path):
    folder = copied(trained, tmp_path / "copy")
    for name in ("best.ckpt", "notes.txt"):
        (folder / name).write_text("mine")
    again(folder, resume=False, epochs=1)
    assert {path.name for path in folder.iterdir()} == {
        *("best.ckpt", "notes.txt", "last.ckpt", "checkpoints.sha256", "history.csv", "training.json"),
        *("model.json", "model.safetensors", "calibration.tsv", "scmaxatac.json", ".scmaxatac.lock"),
    }
    assert (folder / "best.ckpt").read_text() == (folder / "notes.txt").read_text() == "mine"


def test_weights_of_another_run_do_not_get_into_a_model(trained, again, tmp_path):
    again(tmp_path / "other", seed=1)
    folder = copied(trained, tmp_path / "copy")
    for name in ("last.ckpt", "checkpoints.sha256"):
        shutil.copy(tmp_path / "other" / name, folder / name)
    (folder / "model.json").unlink()
    with pytest.raises(ValueError, match="is of a run with other inputs or options"):
        again(folder)
    assert not (folder / "model.json").exists()


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def test_a_run_goes_on_from_the_checkpoint_before_if_the_last_one_is_cut(trained, again, tmp_path, caplog):
    whole = again(tmp_path / "whole", epochs=3)
    folder = copied(trained, tmp_path / "copy")
    cut(folder / "last.ckpt")
    with caplog.at_level("WARNING", "scmaxatac"):
        assert again(folder, epochs=3).sha256 == whole.sha256
    assert "last.ckpt is damaged or cut off: training goes on after epoch 0, from previous.ckpt" in caplog.text
    for name in ("history.csv", "model.json", "calibration.tsv"):
        assert (folder / name).read_text() == (tmp_path / "whole" / name).read_text()


def test_the_learning_curve_ends_where_the_checkpoint_does(trained, again, tmp_path):
    folder = copied(trained, tmp_path / "copy", without=("model.json",))
    cut(folder / "last.ckpt")
    assert again(folder, epochs=1).provenance["history"]["epoch"] == [0]
    assert len(pd.read_csv(folder / "history.csv")) == 1


def test_a_run_without_a_usable_checkpoint_starts_from_the_beginning(trained, again, tmp_path, caplog):
    folder = copied(trained, tmp_path / "copy", without=("model.json",))
    for name in CHECKPOINTS:
        cut(folder / name)
    with caplog.at_level("WARNING", "scmaxatac"):
        assert again(folder).sha256 == trained[1].sha256
    assert "last.ckpt is damaged or cut off: training starts from the beginning" in caplog.text


def test_checkpoints_are_written_in_their_folder_alone(trained, again, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    assert again(tmp_path / "out").sha256 == trained[1].sha256


def test_a_full_disk_is_an_error_and_the_run_goes_on_when_there_is_room(trained, again, tmp_path):
    again(tmp_path, epochs=1)
    with file_size_limit(500_000), pytest.raises(DiskFullError, match=r"last\.ckpt can't be written"):
        again(tmp_path)
    assert again(tmp_path).sha256 == trained[1].sha256


TRAIN_LONG = """
import sys

sys.path[:0] = {paths!r}
import scmaxatac as sma
from _small_disk import file_size_limit
from _tiny_training import TINY, make_codes

genome = sma.Genome.from_codes(make_codes())
sma.tl.train({table!r}, "CTCF", genome=genome, out_dir={out_dir!r}, **TINY | {{"epochs": 100_000}})
"""


@pytest.mark.parametrize("resume", [True, False])
def test_a_folder_is_trained_in_by_one_process_at_a_time(resume, again, table, tmp_path):
    paths = [str(Path(__file__).parents[1])]
    script = TRAIN_LONG.format(paths=paths, table=str(table), out_dir=str(tmp_path))
    process = subprocess.Popen([sys.executable, "-c", script])
    try:
        while process.poll() is None and not (tmp_path / "last.ckpt").exists():
            time.sleep(0.01)
        with pytest.raises(RuntimeError, match=f"is being written to by process {process.pid}"):
            again(tmp_path, epochs=100_001, resume=resume)
    finally:
        process.kill()
        process.wait()
