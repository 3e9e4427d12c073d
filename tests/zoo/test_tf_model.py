import dataclasses
import hashlib
import json
import pickle

import numpy as np
import pytest
from _family import TFS, family_model

from scmaxatac.models import NetworkSpec, TFModel


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


def test_home_may_be_written_as_a_tilde(make_model, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert make_model("TOYA").save("~/models/TOYA") == tmp_path / "models" / "TOYA"
    assert (tmp_path / "models" / "TOYA" / "model.json").is_file()
    assert TFModel.read("~/models/TOYA").tf == "TOYA"


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


@pytest.mark.parametrize("name", ["FOS/JUN", "A\\B", "_index", ".", "..", " . ", "", "  ", "CTCF\n", 5])
def test_names_that_cannot_be_keys_are_refused(weights, name):
    with pytest.raises(ValueError, match=r"name of (its|a) transcription factor"):
        TFModel(name, weights)


@pytest.mark.parametrize("name", ["FOS/JUN", "_index", "."])
def test_folders_that_name_such_factors_are_refused(make_model, tmp_path, name):
    folder = make_model().save(tmp_path)
    card = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps(card | {"tf": name}))
    with pytest.raises(ValueError, match=r"model\.json can't be used: .*can't be the name of a transcription factor"):
        TFModel.read(folder)


@pytest.mark.parametrize("name", ["FOS-JUN", "FOS::JUN", "NKX2.1", "HNF1A_2", "p.300"])
def test_other_names_are_kept(weights, name):
    assert TFModel(name, weights).tfs == (name,)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("norms.3.running_var", -0.5, "a value of -0.5, and a variance can't be negative"),
        ("convs.2.weight", 1e20, r"a value of 1e\+20, and no trained network has one beyond 1e\+06"),
        ("norms.0.weight", -2e6, r"a value of -2e\+06, and no"),
        ("head.bias", np.inf, "values that are not finite"),
    ],
)
def test_senseless_weights_are_refused_by_name_wherever_they_come_from(
    weights, make_model, keras_file, tmp_path, name, value, message
):
    from safetensors.numpy import save

    from scmaxatac.models import from_keras

    weights[name].flat[0] = value
    with pytest.raises(ValueError, match=f"model file:TOYA: {name} holds {message}"):
        TFModel("TOYA", weights)
    with pytest.raises(ValueError, match=f"{name} holds {message}"):
        from_keras(keras_file(tmp_path / "TF.h5", weights))
    folder = make_model().save(tmp_path / "model")
    (folder / "model.safetensors").write_bytes(save(weights))
    card = json.loads((folder / "model.json").read_text())
    card["sha256"] = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    (folder / "model.json").write_text(json.dumps(card))
    with pytest.raises(ValueError, match=f"{name} holds {message}"):
        TFModel.read(folder)


def test_a_folder_without_a_geometry_holds_a_published_network(make_model, tmp_path):
    model = make_model()
    folder = model.save(tmp_path)
    card = json.loads((folder / "model.json").read_text())
    assert card["network"] == NetworkSpec().to_json()
    assert card["assembly"] == ""
    del card["network"], card["assembly"]
    (folder / "model.json").write_text(json.dumps(card))
    read = TFModel.read(folder)
    assert (read.spec, read.assembly, read.sha256) == (NetworkSpec(), "", model.sha256)
    (folder / "model.json").write_text(json.dumps(card | {"id": "maxatac:TOYA"}))
    assert TFModel.read(folder).assembly == "hg38"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"network": {"window": 1000}}, r"model\.json can't be used: window is 1000 bp, which is no multiple"),
        ({"network": {"outputs": 2}}, r"names 1 factors \(TOYA\), and has 2 outputs"),
        ({"network": [1]}, r"model\.json can't be used: the description of a network is list"),
        ({"assembly": 38}, "names an assembly that is no text: 38"),
        ({"tfs": "TOYA"}, "lacks a list of factors"),
        ({"tfs": []}, "there is none"),
        ({"tfs": ["A", "A"]}, "names 'A' twice"),
        ({"tfs": ["A", 3]}, "not 3"),
    ],
)
def test_a_description_of_no_network_is_refused(make_model, tmp_path, change, message):
    folder = make_model().save(tmp_path)
    card = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps(card | change))
    with pytest.raises(ValueError, match=message):
        TFModel.read(folder)


def test_a_model_of_several_factors_is_read_back_unchanged(tmp_path):
    model = family_model()
    read = TFModel.read(model.save(tmp_path / "family"))
    assert (read.tfs, read.spec, read.sha256, read.id) == (TFS, model.spec, model.sha256, model.id)
    for tf in TFS:
        assert read.calibrations[tf].frame.equals(model.calibrations[tf].frame)
    some = family_model(calibrated=False)
    tables = {"DDD": model.calibrations["DDD"]}
    some = dataclasses.replace(some, calibrations=tables)
    read = TFModel.read(some.save(tmp_path / "family"))
    assert [tf for tf, table in read.calibrations.items() if table is not None] == ["DDD"]
    with pytest.raises(ValueError, match=r"scores 3 factors: AAA, BBB::CCC, DDD; see tfs"):
        _ = read.tf


def test_a_factor_of_several_is_that_row_of_the_head():
    model = family_model()
    one = model.restrict_to(["DDD", "AAA"])
    assert one.tfs == ("AAA", "DDD")
    np.testing.assert_array_equal(one.weights["head.weight"], model.weights["head.weight"][[0, 2]])
    np.testing.assert_array_equal(one.weights["head.bias"], model.weights["head.bias"][[0, 2]])
    assert one.threshold(tf="DDD") == model.threshold(tf="DDD")
    assert one.sha256 != model.sha256
    assert model.restrict_to(TFS) is model
    with pytest.raises(KeyError, match="does not score EEE; it scores AAA"):
        model.restrict_to("EEE")


def test_other_names_keep_everything_else():
    model = family_model()
    other = model.renamed(["X", "Y", "Z"])
    assert other.sha256 == model.sha256
    assert other.threshold(tf="Y") == model.threshold(tf="BBB::CCC")
    with pytest.raises(ValueError, match=r"scores 3 factors .* and 1 names were given: X"):
        model.renamed("X")


def test_a_calibration_has_to_say_which_factor_it_is_of():
    model = family_model()
    with pytest.raises(ValueError, match="one calibration was given for 3 factors"):
        dataclasses.replace(model, calibrations=model.calibrations["AAA"])
    with pytest.raises(ValueError, match="calibrations of EEE were given, and the model scores AAA"):
        dataclasses.replace(model, calibrations={"EEE": None})


@pytest.mark.parametrize(
    ("old", "new", "message"), [("tf\t", "name\t", "no column 'tf'"), ("DDD", "EEE", "rows of EEE")]
)
def test_calibration_tables_of_other_factors_are_refused(tmp_path, old, new, message):
    folder = family_model().save(tmp_path)
    path = folder / "calibration.tsv"
    path.write_text(path.read_text().replace(old, new))
    card = json.loads((folder / "model.json").read_text())
    card["calibration_sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (folder / "model.json").write_text(json.dumps(card))
    with pytest.raises(ValueError, match=message):
        TFModel.read(folder)
