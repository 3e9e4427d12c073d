import h5py
import numpy as np
import pytest

from scmaxatac.models import Calibration, from_keras


@pytest.mark.parametrize("first", [0, 7, 95])
def test_layers_are_taken_in_the_order_of_their_numbers(tmp_path, weights, keras_file, first):
    model = from_keras(keras_file(tmp_path / "TF_1.h5", weights, first=first))
    for name, array in weights.items():
        np.testing.assert_array_equal(model.weights[name], array)


def test_the_name_is_the_given_one_or_the_beginning_of_the_files(tmp_path, weights, keras_file):
    path = keras_file(tmp_path / "MYTF_epoch_20.h5", weights)
    assert from_keras(path).tf == "MYTF"
    assert from_keras(path).id == "file:MYTF_epoch_20.h5"
    assert from_keras(path, tf="NFKB").tf == "NFKB"


def test_the_calibration_is_the_given_one_or_the_table_beside_the_file(tmp_path, weights, keras_file, original_table):
    path = keras_file(tmp_path / "TF.h5", weights)
    assert from_keras(path).calibration is None
    beside = original_table(tmp_path / "TF_thresholdCalibration.tsv", best=0.6)
    other = original_table(tmp_path / "other.tsv", best=0.4)
    assert from_keras(path).calibration.best_f1 == 0.6
    assert from_keras(path, calibration=other).calibration.best_f1 == 0.4
    assert from_keras(path, calibration=Calibration.read(other)).calibration.best_f1 == 0.4
    assert from_keras(path).provenance["calibration_file"] == beside.name


def test_several_calibration_tables_are_an_error_that_names_them(tmp_path, weights, keras_file, original_table):
    path = keras_file(tmp_path / "TF.h5", weights)
    names = [original_table(tmp_path / f"{name}_threshold.tsv").name for name in "ab"]
    with pytest.raises(ValueError, match="several calibration tables") as error:
        from_keras(path)
    assert all(name in str(error.value) for name in names)
    assert from_keras(path, calibration=tmp_path / names[0]).calibration is not None


def test_another_network_is_an_error(tmp_path, weights, keras_file):
    path = keras_file(tmp_path / "TF.h5", weights)
    with h5py.File(path, "a") as handle:
        handle["model_weights/conv1d_11/conv1d_11/kernel:0"] = np.zeros((1, 1, 1))
    with pytest.raises(ValueError, match="another network: 12 convolutions and 10 normalisations"):
        from_keras(path)


def test_a_layer_without_one_of_its_weights_is_an_error(tmp_path, weights, keras_file):
    path = keras_file(tmp_path / "TF.h5", weights)
    with h5py.File(path, "a") as handle:
        del handle["model_weights/batch_normalization_4/batch_normalization_4/moving_mean:0"]
    with pytest.raises(ValueError, match=r"layer batch_normalization_4 has .* but no moving_mean"):
        from_keras(path)


def test_other_filters_are_an_error(tmp_path, weights, keras_file):
    weights["convs.2.weight"] = weights["convs.2.weight"][:, :, :5]
    with pytest.raises(ValueError, match=r"convs\.2\.weight has the shape \(22, 15, 5\)"):
        from_keras(keras_file(tmp_path / "TF.h5", weights))


def test_a_missing_or_broken_file_is_an_error_with_its_name(tmp_path, weights, keras_file):
    with pytest.raises(FileNotFoundError, match=r"none\.h5"):
        from_keras(tmp_path / "none.h5")
    path = keras_file(tmp_path / "TF.h5", weights)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ValueError, match=r"TF\.h5"):
        from_keras(path)


def test_a_published_file_is_recognised_by_its_content_whatever_its_name(tmp_path, published):
    path = tmp_path / "renamed.h5"
    path.write_bytes(published.files["models/TOYA/TOYA_binary_1.h5"])
    model = from_keras(path)
    assert (model.tf, model.id, model.assembly) == ("TOYA", "maxatac:TOYA", "hg38")
    assert model.provenance["file_sha256"] == published.registry["TOYA"].weights.sha256


def test_a_published_name_with_another_content_is_an_error(tmp_path, published, weights, keras_file):
    weights["head.bias"] += 1
    path = keras_file(tmp_path / "TOYA_binary_1.h5", weights)
    with pytest.raises(ValueError, match="damaged or was changed: it is named as the published model of TOYA"):
        from_keras(path)


def test_a_changed_published_table_is_an_error(tmp_path, published):
    folder = published.write(tmp_path) / "models" / "TOYA"
    table = folder / "TOYA_thresholdCalibration.tsv"
    table.write_text(table.read_text().replace("0.9", "0.8"))
    with pytest.raises(ValueError, match=r"TOYA_thresholdCalibration\.tsv is damaged or was changed"):
        from_keras(folder / "TOYA_binary_1.h5")


def test_of_several_tables_the_published_one_is_taken(tmp_path, published, original_table):
    folder = published.write(tmp_path) / "models" / "TOYA"
    original_table(folder / "mine_threshold.tsv", best=0.2)
    assert from_keras(folder / "TOYA_binary_1.h5").calibration.best_f1 == 0.6


def test_real_weights_give_the_scores_of_the_original(data_dir):
    torch = pytest.importorskip("torch")
    inputs = np.load(data_dir / "golden" / "forward" / "forward_inputs.npz")
    outputs = np.load(data_dir / "golden" / "forward" / "forward_outputs.npz")
    x = np.zeros((256, 5, 1024), np.float32)
    for base in range(4):
        x[:, base] = inputs["codes"] == base
    x[:, 4] = inputs["signal"]
    assert len(outputs) == 10
    for tf in outputs:
        model = from_keras(next((data_dir / "maxatac" / "models" / tf).glob("*.h5")))
        assert model.id == f"maxatac:{tf}"
        with torch.inference_mode():
            scores = model.network()(torch.from_numpy(x))[:, 0].numpy()
        np.testing.assert_allclose(scores, outputs[tf], rtol=0, atol=1e-5)


def test_shapes_are_checked_before_anything_is_read(tmp_path, weights, keras_file, monkeypatch):
    """A file of a few kilobytes can claim datasets of terabytes, whose reading would allocate them."""
    path = keras_file(tmp_path / "TF.h5", weights)
    with h5py.File(path, "a") as handle:
        for k in range(1, 10):
            name = f"model_weights/conv1d_{k}/conv1d_{k}/kernel:0"
            del handle[name]
            handle.create_dataset(name, shape=(7, 10_000, 10_000_000), dtype="f4", chunks=(7, 16, 16))
    assert path.stat().st_size < 2_000_000
    monkeypatch.setattr("scmaxatac.zoo._from_keras.read_keras_weights", None)
    with pytest.raises(ValueError, match=r"convs\.1\.weight has the shape \(10000000, 10000, 7\), the network needs"):
        from_keras(path)


def test_datasets_that_the_network_does_not_have_are_not_read(tmp_path, weights, keras_file):
    path = keras_file(tmp_path / "TF.h5", weights)
    with h5py.File(path, "a") as handle:
        for k in range(50):
            handle.create_dataset(f"model_weights/huge_{k}/w:0", shape=(10**6, 10**6), dtype="f4", chunks=(64, 64))
    model = from_keras(path)
    np.testing.assert_array_equal(model.weights["convs.3.bias"], weights["convs.3.bias"])
