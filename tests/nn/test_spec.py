import json
from dataclasses import replace

import numpy as np
import pytest
from _family import SPEC

from scmaxatac.models import Block, NetworkSpec
from scmaxatac.nn._spec import PUBLISHED, PlainNetwork, softened


def test_the_published_network_has_as_many_weights_as_the_original():
    """116,424 trainable ones, as Keras counts them, and the running means and variances."""
    sizes = dict.fromkeys(PUBLISHED.shapes, 1)
    for name, shape in PUBLISHED.shapes.items():
        for length in shape:
            sizes[name] *= length
    assert sum(size for name, size in sizes.items() if "running" not in name) == 116_424
    assert [layer.dilation for layer in PUBLISHED.layers] == [1, 1, 1, 1, 2, 2, 4, 4, 8, 8]
    assert [layer.pool for layer in PUBLISHED.layers] == [1, 2] * 5
    assert (PUBLISHED.grid.window, PUBLISHED.grid.bin, PUBLISHED.grid.bins_per_window) == (1024, 32, 32)
    assert PUBLISHED.grid.step == 256


def test_shapes_are_those_of_the_pytorch_network():
    pytest.importorskip("torch")
    from scmaxatac.nn._network import TFNetwork

    for spec in (PUBLISHED, SPEC):
        state = TFNetwork(spec).state_dict().items()
        assert {k: tuple(v.shape) for k, v in state if "num_batches" not in k} == spec.shapes


@pytest.mark.parametrize("spec", [PUBLISHED, SPEC])
def test_a_description_survives_json(spec):
    back = NetworkSpec.from_json(json.loads(json.dumps(spec.to_json())))
    assert back == spec
    assert hash(back) == hash(spec)


def test_what_a_description_leaves_out_is_as_published():
    assert NetworkSpec.from_json({"outputs": 7}) == NetworkSpec(outputs=7)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"window": 2000}, "window is 2000 bp, which is no multiple of the bin of 64 bp"),
        ({"bin": 32}, "bin is 32 bp, but the poolings of the blocks make bins of 64 bp"),
        ({"outputs": 0}, "outputs is 0; it has to be a positive integer"),
        ({"outputs": True}, "outputs is True"),
        ({"window": 2048.0}, r"window is 2048\.0"),
        ({"channels": 4}, "channels is 4; networks read 5: A, C, G, T"),
        ({"blocks": ()}, "1 to 1,000 convolutions"),
        ({"blocks": (Block(4, convolutions=1001, pool=64),)}, "1 to 1,000 convolutions"),
        ({"blocks": (Block(4, kernel=6, pool=64),)}, "kernel of block 0 is 6; it has to be odd"),
        ({"blocks": (Block(4, pool=32), Block(0, pool=2))}, "filters of block 1 is 0"),
        ({"epsilon": 0}, "epsilon is 0; it has to be a number between 0 and 1"),
        ({"epsilon": float("nan")}, "epsilon is nan"),
    ],
)
def test_a_geometry_that_cannot_be_is_refused_with_the_number(change, message):
    with pytest.raises(ValueError, match=message):
        replace(SPEC, **change)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ([], "description of a network is list"),
        ({"windows": 3}, "holds windows; known are window, bin, channels, outputs, blocks, epsilon"),
        ({"blocks": 5}, "blocks that are no list"),
        ({"blocks": [5]}, "description of a block is int"),
        ({"blocks": [{}]}, "block has no filters"),
        ({"blocks": [{"filters": 3, "width": 1}]}, "holds width; known are filters, dilation, kernel"),
        ({"window": "1024"}, "window is '1024'"),
    ],
)
def test_a_text_that_describes_no_network_is_refused(table, message):
    with pytest.raises(ValueError, match=message):
        NetworkSpec.from_json(table)


def test_softened_networks_have_their_logits_divided():
    weights = {name: np.random.default_rng(0).normal(size=shape) for name, shape in SPEC.shapes.items()}
    network = PlainNetwork(SPEC, {name: array.astype(np.float32) for name, array in weights.items()})
    assert softened(network, 1) is network
    changed = softened(network, 8)
    assert changed.spec is SPEC
    for name, array in network.weights.items():
        np.testing.assert_array_equal(changed.weights[name], array / np.float32(8 if name.startswith("head") else 1))
