"""What of Lightning can be brought to a training: loggers, callbacks, the progress bar."""

import logging

import pandas as pd
import pytest

pytest.importorskip("torch")
pytest.importorskip("pytorch_lightning")

from _tiny_training import TINY, make_codes, one_thread, write_table
from pytorch_lightning.callbacks import Callback, EarlyStopping, ModelCheckpoint, TQDMProgressBar
from pytorch_lightning.loggers import CSVLogger

import scmaxatac as sma

# signals and peaks are random: there is nothing to learn
pytestmark = pytest.mark.filterwarnings("ignore:the model of CTCF learned:UserWarning")


class Counter(Callback):
    """Counts epochs, and remembers the count in the checkpoint."""

    def __init__(self, state=0):
        self.count, self.shown = state, {}

    def state_dict(self):
        return {"count": self.count}

    def load_state_dict(self, state):
        self.count = state["count"]

    def on_train_epoch_end(self, trainer, module):
        self.count += 1
        self.shown = dict(trainer.progress_bar_metrics)


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    with one_thread():
        yield


@pytest.fixture(scope="module")
def train(tmp_path_factory):
    table, genome = write_table(tmp_path_factory.mktemp("inputs")), sma.Genome.from_codes(make_codes())

    def call(out_dir, **options):
        return sma.tl.train(table, "CTCF", genome=genome, out_dir=out_dir, **TINY | options)

    return call


def test_loggers_get_the_learning_curve_and_the_bar_shows_loss_and_dice(train, tmp_path):
    counter = Counter()
    loggers = [CSVLogger(tmp_path / "logs", name="one"), CSVLogger(tmp_path / "logs", name="two")]
    model = train(tmp_path / "a", logger=loggers, callbacks=[counter])
    assert counter.count == 2
    assert set(counter.shown) == {"loss", "val_loss", "val_dice"}
    for name in ("one", "two"):
        logged = pd.read_csv(tmp_path / "logs" / name / "version_0" / "metrics.csv").groupby("epoch").first()
        for column in ("train_loss", "val_loss", "val_dice"):
            assert logged[column].tolist() == pytest.approx(model.provenance["history"][column], abs=1e-6)
    assert model.sha256 == train(tmp_path / "b").sha256
    assert model.sha256 == train(tmp_path / "c", logger=CSVLogger(tmp_path / "logs", name="three")).sha256


def test_a_run_that_goes_on_has_the_state_of_its_callbacks_and_says_where_it_is(train, tmp_path, caplog):
    train(tmp_path, callbacks=[Counter()])
    counter = Counter()
    with caplog.at_level(logging.INFO, logger="scmaxatac"):
        model = train(tmp_path, epochs=3, callbacks=[counter])
    assert counter.count == 3
    assert len(model.provenance["history"]["epoch"]) == 3
    assert "training goes on after 2 epochs, to 3 in all" in caplog.text
    caplog.clear()
    with caplog.at_level(logging.INFO, logger="scmaxatac"):
        train(tmp_path, epochs=3)
    assert "holds the finished model; a larger epochs than 3 goes on" in caplog.text


def test_what_patience_ended_says_that_a_larger_one_goes_on(train, tmp_path, caplog):
    options = {"epochs": 12, "patience": 1, "learning_rate": 0.05}
    n = len(train(tmp_path, **options).provenance["history"]["epoch"])
    with caplog.at_level(logging.INFO, logger="scmaxatac"):
        train(tmp_path, **options)
    assert f"it stopped after {n} of 12 epochs with patience=1: a larger patience goes on" in caplog.text


def test_a_callback_can_end_the_run_which_goes_on_without_it(train, tmp_path):
    stop = EarlyStopping("val_dice", mode="max", stopping_threshold=0.0)
    assert len(train(tmp_path, epochs=3, callbacks=[stop]).provenance["history"]["epoch"]) == 1
    assert len(train(tmp_path, epochs=3).provenance["history"]["epoch"]) == 3


def test_a_bar_of_the_users_own_is_shown_even_without_progress(train, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sma.settings, "progress", False)
    train(tmp_path / "a")
    assert "val_dice" not in capsys.readouterr().out
    train(tmp_path / "b", callbacks=[TQDMProgressBar(leave=True)])
    assert "val_dice=" in capsys.readouterr().out


BAD = {
    "a path": ({"logger": "logs"}, r"logger is or holds 'logs'; it has to be a logger of pytorch_lightning"),
    "true": ({"logger": True}, "logger is or holds True"),
    "one of a list": ({"logger": [CSVLogger, None]}, r"the class pytorch_lightning\.loggers\..*CSVLogger itself"),
    "no callback": ({"callbacks": [print]}, "callbacks holds a builtins.builtin_function_or_method; each has to be"),
    "a class": ({"callbacks": [Counter]}, "callbacks holds the class .*Counter itself"),
    "checkpoints": ({"callbacks": ModelCheckpoint()}, "a ModelCheckpoint: tl.train keeps checkpoints of its own"),
    "a module": ({"callbacks": [Counter(logging)]}, "a state .* read back safely .*cannot pickle"),
    "unsafe": ({"callbacks": [Counter(pd.Timestamp(0))]}, "callbacks holds a Counter, and a state .* read back safely"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_of_no_use_to_lightning_is_told_before_anything_is_written(name, train, tmp_path):
    options, message = BAD[name]
    with pytest.raises(ValueError, match=message):
        train(tmp_path / "out", **options)
    assert not (tmp_path / "out" / "training.json").exists()
