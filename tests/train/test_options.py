"""Options of training, checked before any work."""

import json

import numpy as np
import pytest

from scmaxatac.train._options import Lengths, training_options

GOOD = {
    "epochs": 3,
    "patience": None,
    "seed": 1,
    "pan_cell": 1,
    "random_ratio": 0,
    "reverse_complement": True,
    "jitter": np.int64(5),
    "signal_scaling": (np.float32(0.5), 2),
    "batch_size": 8,
    "batches_per_epoch": 2,
    "max_validation": 10,
    "learning_rate": np.float64(0.1),
    "decay": 0,
    "precision": "32-true",
}


def test_numbers_of_numpy_become_what_json_can_hold():
    options, lengths, seed = training_options("CTCF", **GOOD)
    assert (lengths, seed) == (Lengths(3, None), 1)
    assert json.loads(json.dumps(options)) == options
    assert options["pan_cell"] is True
    assert options["signal_scaling"] == [0.5, 2.0]
    assert {"epochs", "patience", "seed"}.isdisjoint(options)


BAD = {
    "a truth value": ({"epochs": True}, "epochs is True"),
    "half an epoch": ({"patience": 1.5}, r"patience is 1\.5 \(float\); it has to be a whole number"),
    "no epoch": ({"epochs": 0}, "epochs is 0; it has to be at least 1"),
    "no batch": ({"batch_size": 0}, "batch_size is 0"),
    "text": ({"learning_rate": "0.1"}, r"learning_rate is '0\.1' \(str\); it has to be a number"),
    "no rate": ({"learning_rate": 0}, "learning_rate is 0.0; it has to be positive"),
    "growing rate": ({"decay": -1}, "decay is -1.0; it can't be negative"),
    "seed below zero": ({"seed": -1}, "seed is -1"),
    "text in a range": ({"signal_scaling": ("1", 2)}, "signal_scaling is '1'"),
}


@pytest.mark.parametrize("name", BAD)
def test_the_first_that_is_out_of_range_is_named(name):
    changed, message = BAD[name]
    with pytest.raises(ValueError, match=message):
        training_options("CTCF", **GOOD | changed)


@pytest.mark.parametrize("tf", ["", "  ", None])
def test_a_factor_has_a_name(tf):
    with pytest.raises(ValueError, match="it has to be the name of a transcription factor"):
        training_options(tf, **GOOD)


@pytest.mark.parametrize("tf", ["FOS/JUN", "FOS\\JUN", "_index"])
def test_a_name_that_can_be_no_key_is_refused_before_the_training(tf):
    with pytest.raises(ValueError, match=r"can't be the name of a transcription factor"):
        training_options(tf, **GOOD)
