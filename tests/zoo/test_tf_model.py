import dataclasses
import hashlib
import json
import pickle

import numpy as np
import pytest

from scmaxatac.models import TFModel


def test_a_saved_model_is_read_back_unchanged(make_model, tmp_path):
    model = make_model("TOYA")
    folder = model.save(tmp_path / "models" / "TOYA")
    names = {path.name for path in folder.iterdir()}
    assert names == {"calibration.tsv", "model.json", "model.safetensors", "scmaxatac.json", ".scmaxatac.lock"}
    read = TFModel.read(folder)
    assert (read.tf, read.id, read.sha256, read.provenance) == ("TOYA", "file:TOYA", model.sha256, {"source": "test"})
    assert list(read.weights) == list(model.weights)
    for name, array in model.weights.items():
        np.testing.assert_array_equal(read.weights[name], array)
    assert read.threshold(("precision", 0.8)) == model.threshold(("precision", 0.8)) == 0.75


def test_sha256_is_that_of_the_weights_file(make_model, tmp_path):
    model = make_model()
    folder = model.save(tmp_path)
    assert hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest() == model.sha256


def test_sha256_depends_on_the_weights_alone(make_model):
    model = make_model("TOYA")
    shuffled = {name: model.weights[name] for name in reversed(model.weights)}
    assert TFModel("OTHER", shuffled).sha256 == model.sha256
    assert make_model("TOYA", seed=1).sha256 != model.sha256


def test_weights_are_copied(weights):
    model = TFModel("TOYA", weights)
    weights["head.bias"][:] = 100
    assert model.weights["head.bias"][0] != 100


def test_saving_again_replaces_the_model_and_keeps_other_files(make_model, tmp_path):
    make_model(seed=0).save(tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    make_model(seed=1, best=None).save(tmp_path)
    read = TFModel.read(tmp_path)
    assert read.sha256 == make_model(seed=1).sha256
    assert read.calibration is None
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_provenance_that_json_cannot_hold_is_an_error_before_anything_is_written(make_model, tmp_path):
    model = dataclasses.replace(make_model(), provenance={"when": object()})
    with pytest.raises(ValueError, match="can't be written as JSON"):
        model.save(tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_without_calibration_only_numbers_are_thresholds(make_model):
    model = make_model(best=None)
    assert model.threshold(0.3) == 0.3
    with pytest.raises(ValueError, match=r"model file:TOYA: no calibration table, which threshold='f1' needs"):
        model.threshold("f1")


def test_a_threshold_that_cannot_be_reached_names_the_model(make_model):
    with pytest.raises(ValueError, match=r"model file:TOYA: no threshold reaches a log2fc of 9"):
        make_model().threshold(("log2fc", 9))


@pytest.mark.parametrize("name", ["convs.3.weight", "norms.9.running_var", "head.weight"])
def test_a_weight_of_another_shape_is_an_error_with_both_shapes(weights, name):
    expected = weights[name].shape
    weights[name] = np.zeros((*expected, 2), np.float32)
    with pytest.raises(ValueError, match="the network needs") as error:
        TFModel("TOYA", weights)
    assert name in str(error.value)
    assert str(expected) in str(error.value)


def test_missing_and_unknown_weights_are_named(weights):
    weights["convs.10.weight"] = weights.pop("convs.9.weight")
    with pytest.raises(ValueError, match=r"Missing: \['convs.9.weight'\]; unknown: \['convs.10.weight'\]"):
        TFModel("TOYA", weights)


def test_weights_that_are_not_finite_are_an_error(weights):
    weights["norms.0.bias"][3] = np.nan
    with pytest.raises(ValueError, match=r"norms\.0\.bias holds values that are not finite"):
        TFModel("TOYA", weights)


def test_a_model_needs_a_name(weights):
    with pytest.raises(ValueError, match="name of its transcription factor"):
        TFModel(" ", weights)


def test_changed_weights_are_refused(make_model, tmp_path):
    folder = make_model().save(tmp_path)
    data = bytearray((folder / "model.safetensors").read_bytes())
    data[-1] ^= 1
    (folder / "model.safetensors").write_bytes(data)
    with pytest.raises(ValueError, match="damaged or was changed"):
        TFModel.read(folder)


def test_a_pickle_under_the_weights_name_is_refused(make_model, tmp_path):
    folder = make_model().save(tmp_path)
    data = pickle.dumps({"weights": 1})
    (folder / "model.safetensors").write_bytes(data)
    card = json.loads((folder / "model.json").read_text())
    card["sha256"] = hashlib.sha256(data).hexdigest()
    (folder / "model.json").write_text(json.dumps(card))
    with pytest.raises(ValueError, match="not a safetensors file"):
        TFModel.read(folder)


@pytest.mark.parametrize("name", ["model.json", "model.safetensors"])
def test_an_incomplete_folder_is_refused(make_model, tmp_path, name):
    folder = make_model().save(tmp_path)
    (folder / name).unlink()
    with pytest.raises(FileNotFoundError, match=name):
        TFModel.read(folder)


@pytest.mark.parametrize(
    ("card", "message"),
    [
        ("{", "damaged"),
        ("[]", "does not describe a model"),
        ('{"format": "other"}', "does not describe a model"),
        ('{"format": "scmaxatac-model", "version": 2}', "has version 2"),
        ('{"format": "scmaxatac-model", "version": 1, "tf": "A"}', "lacks"),
    ],
)
def test_a_description_that_is_none_is_refused(make_model, tmp_path, card, message):
    folder = make_model().save(tmp_path)
    (folder / "model.json").write_text(card)
    with pytest.raises(ValueError, match=message):
        TFModel.read(folder)


def test_the_network_has_the_weights_and_is_in_evaluation_mode(make_model):
    pytest.importorskip("torch")
    model = make_model()
    network = model.network()
    assert not network.training
    for name, array in network.weights().items():
        np.testing.assert_array_equal(array, model.weights[name])


def test_a_model_can_go_to_another_process(make_model):
    model = make_model()
    there = pickle.loads(pickle.dumps(model))
    assert there.sha256 == model.sha256
    assert there.threshold("f1") == model.threshold("f1")
