import math
from functools import partial
from itertools import pairwise

import h5py
import numpy as np
import pytest

from scmaxatac.io import _keras
from scmaxatac.io._h5_heaps import check_heaps
from scmaxatac.io._keras import keras_shapes, read_keras_weights


def test_published_weights_have_the_shapes_of_the_network(data_dir):
    (path,) = (data_dir / "maxatac" / "models" / "CTCF").glob("*.h5")
    shapes = keras_shapes(path)
    kernels = [shapes[f"conv1d_{i}" if i else "conv1d", "kernel"] for i in range(11)]
    filters = [5, 15, 15, 22, 22, 33, 33, 50, 50, 75, 75]
    assert kernels[:10] == [(7, a, b) for a, b in pairwise(filters)]
    assert kernels[10] == (1, 75, 1)
    names = {weight for layer, weight in shapes if layer == "batch_normalization"}
    assert names == {"gamma", "beta", "moving_mean", "moving_variance"}
    assert sum(math.prod(shape) for (_, name), shape in shapes.items() if "moving" not in name) == 116_424


def test_layout_of_keras_3_and_saved_weights_are_read(tmp_path):
    path = tmp_path / "weights.h5"
    kernel = np.arange(6, dtype=np.float32).reshape(1, 2, 3)
    with h5py.File(path, "w") as handle:
        handle["conv1d/functional/conv1d/kernel"] = kernel
        handle.create_group("max_pooling1d")
        handle["optimizer_weights/adam/m/kernel:0"] = kernel
    assert keras_shapes(path) == {("conv1d", "kernel"): (1, 2, 3)}
    weights = read_keras_weights(path, [("conv1d", "kernel")])
    np.testing.assert_array_equal(weights["conv1d", "kernel"], kernel)


def test_what_holds_no_weights_is_a_clear_error(tmp_path):
    path = tmp_path / "weights.h5"
    with pytest.raises(FileNotFoundError, match="Keras weights file not found"):
        keras_shapes(path)
    path.write_text("<html>404</html>")
    with pytest.raises(ValueError, match="not a readable HDF5 file"):
        keras_shapes(path)
    with h5py.File(path, "w") as handle:
        handle["x"] = 1
    with pytest.raises(ValueError, match="holds no Keras weights"):
        keras_shapes(path)


def test_a_layer_whose_name_is_no_text_is_a_clear_error(tmp_path):
    path = tmp_path / "weights.h5"
    with h5py.File(path, "w") as handle:
        handle.create_group(b"conv\xff1d")
    with pytest.raises(ValueError, match=r"weights\.h5 is damaged: the name of a layer is no text \(b'conv\\xff1d'\)"):
        keras_shapes(path)


@pytest.mark.parametrize("content", ["text", None])
def test_a_weight_without_numbers_is_a_clear_error(tmp_path, content):
    path = tmp_path / "weights.h5"
    with h5py.File(path, "w") as handle:
        handle["conv1d/conv1d/kernel"] = h5py.Empty("f4") if content is None else content
    with pytest.raises(ValueError, match=r"weights\.h5 holds no numbers in conv1d/kernel"):
        keras_shapes(path)


def test_a_damaged_file_gives_no_other_error_than_one_with_its_name(tmp_path):
    """Whatever byte is wrong: in the signature, in the tree of names, in a header."""
    path = tmp_path / "weights.h5"
    with h5py.File(path, "w") as handle:
        for k in range(3):
            handle[f"model_weights/conv1d_{k}/conv1d_{k}/kernel:0"] = np.ones((7, 5, 4), np.float32)
    good = path.read_bytes()
    rng = np.random.default_rng(0)
    errors = []
    for _ in range(200):
        bad = bytearray(good)
        at = int(rng.integers(len(bad)))
        bad[at : at + 8] = rng.bytes(len(bad[at : at + 8]))
        path.write_bytes(bytes(bad))
        errors.append("")
        try:
            names = [name for name, shape in keras_shapes(path).items() if shape == (7, 5, 4)]
            read_keras_weights(path, names)
        except ValueError as error:
            errors[-1] = str(error)
    refused = [error for error in errors if error]
    assert len(refused) > 20
    assert all("weights.h5" in error for error in refused)


def test_a_heap_in_which_hdf5_would_never_end_is_an_error_before_anything_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(_keras, "check_heaps", partial(check_heaps, patience=1))
    path = tmp_path / "weights.h5"
    with h5py.File(path, "w") as handle:
        handle["model_weights/conv1d/conv1d/kernel:0"] = np.ones((7, 5, 4), np.float32)
        handle.attrs["backend"] = "tensorflow"  # a text of varying length
    data = path.read_bytes()
    first = data.index(b"GCOL\x01") + 16  # the first object of the heap that it lies in
    path.write_bytes(data[:first] + bytes(64) + data[first + 64 :])
    with pytest.raises(ValueError, match=r"weights\.h5 can't be read: HDF5 has not come to the end"):
        keras_shapes(path)
