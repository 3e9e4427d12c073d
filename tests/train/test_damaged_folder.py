"""Folders of training runs without a list of their files, in which what says how a model was made is damaged."""

import json

import pytest

pytest.importorskip("torch")
pytest.importorskip("pytorch_lightning")

from scmaxatac.io._owned_folder import MARKER
from scmaxatac.train._folder import MADE_BY, TRAINING_FILE, finished_model
from scmaxatac.zoo._model_folder import CARD_FILE

REQUEST = {"tf": "CTCF", "cell_types": [{"name": "B"}, {"name": "NK"}], "options": {"jitter": 0}, "seed": 0}
CURVE = {"epoch": [0, 1], "train_loss": [1.0] * 2, "val_loss": [1.0] * 2, "val_dice": [0.1, 0.5]}


@pytest.fixture
def folder(make_model, tmp_path):
    """Folder of a finished run of two epochs, with training.json but without the marker."""
    folder = make_model("CTCF").save(tmp_path / "model")
    (folder / MARKER).unlink()
    rewrite_card(folder, {"made_by": MADE_BY, "history": CURVE} | REQUEST)
    (folder / TRAINING_FILE).write_text(json.dumps(REQUEST))
    return folder


def rewrite_card(folder, provenance) -> None:
    card = json.loads((folder / CARD_FILE).read_text())
    (folder / CARD_FILE).write_text(json.dumps(card | {"provenance": provenance}))


def read(folder):
    return finished_model(folder, REQUEST, epochs=2, patience=1, resume=True)


def test_without_damage_the_model_is_read(folder, make_model):
    assert read(folder).sha256 == make_model("CTCF").sha256


@pytest.mark.parametrize(
    "content", [b"", b"mine", b"\xff", b"[1]", b'"tf"', b'{"tf": "CTCF"', b'{"cell_types": [{"role": "train"}]}']
)
def test_what_the_run_was_started_with_is_an_error_that_names_the_file(folder, content):
    (folder / TRAINING_FILE).write_bytes(content)
    with pytest.raises(ValueError, match=r"model/training\.json is damaged: what the run was started with"):
        read(folder)
    assert (folder / TRAINING_FILE).read_bytes() == content


@pytest.mark.parametrize(
    "damage",
    [
        {"history": None},
        {"history": [1]},
        {"history": {"epoch": 3}},
        {"history": CURVE | {"epoch": [0]}},
        {"history": {"epoch": [0, 1]}},
        {"history": CURVE | {"val_dice": ["a", "b"]}},
        {"cell_types": [{"role": "train"}]},
    ],
)
def test_what_a_model_says_of_its_training_is_an_error_that_names_the_file(folder, damage):
    rewrite_card(folder, {"made_by": MADE_BY, "history": CURVE} | REQUEST | damage)
    with pytest.raises(ValueError, match=r"model/model\.json is damaged: what it says of its training can't be read"):
        read(folder)


def test_a_model_without_its_learning_curve_is_damaged(folder):
    rewrite_card(folder, {"made_by": MADE_BY} | REQUEST)
    with pytest.raises(ValueError, match=r"model/model\.json is damaged.*KeyError\('history'\)"):
        read(folder)
