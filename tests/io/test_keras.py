from itertools import pairwise

import h5py
import numpy as np
import pytest

from scmaxatac.io._keras import read_keras_weights


def test_published_weights_have_the_shapes_of_the_network(data_dir):
    (path,) = (data_dir / "maxatac" / "models" / "CTCF").glob("*.h5")
    weights = read_keras_weights(path)
    kernels = [weights[f"conv1d_{i}" if i else "conv1d"]["kernel"].shape for i in range(11)]
    filters = [5, 15, 15, 22, 22, 33, 33, 50, 50, 75, 75]
    assert kernels[:10] == [(7, a, b) for a, b in pairwise(filters)]
    assert kernels[10] == (1, 75, 1)
    assert set(weights["batch_normalization"]) == {"gamma", "beta", "moving_mean", "moving_variance"}
    trainable = sum(w.size for layer in weights.values() for name, w in layer.items() if "moving" not in name)
    assert trainable == 116_424


def test_layout_of_keras_3_and_saved_weights_are_read(tmp_path):
    path = tmp_path / "weights.h5"
    kernel = np.arange(6, dtype=np.float32).reshape(1, 2, 3)
    with h5py.File(path, "w") as handle:
        handle["conv1d/functional/conv1d/kernel"] = kernel
        handle.create_group("max_pooling1d")
        handle["optimizer_weights/adam/m/kernel:0"] = kernel
    weights = read_keras_weights(path)
    assert list(weights) == ["conv1d"]
    np.testing.assert_array_equal(weights["conv1d"]["kernel"], kernel)


def test_what_holds_no_weights_is_a_clear_error(tmp_path):
    path = tmp_path / "weights.h5"
    with pytest.raises(FileNotFoundError, match="Keras weights file not found"):
        read_keras_weights(path)
    path.write_text("<html>404</html>")
    with pytest.raises(ValueError, match="not a readable HDF5 file"):
        read_keras_weights(path)
    with h5py.File(path, "w") as handle:
        handle["x"] = 1
    with pytest.raises(ValueError, match="holds no Keras weights"):
        read_keras_weights(path)
