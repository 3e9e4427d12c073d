"""Graphs of networks of any geometry, whole and cut, against plain numpy."""

import numpy as np
import pytest
from _any_network import encode, network_of, run_blocks, run_stem, score, some_pieces, stems
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("openvino")

import openvino as ov

from scmaxatac.nn.engines._openvino_graph import stem_graph, trunk_graph, whole_graph


def run(graph, x: np.ndarray) -> np.ndarray:
    """What a graph gives in float32."""
    compiled = ov.Core().compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1})
    return compiled(x.astype(np.float32))[0]


@settings(max_examples=8, deadline=None)
@given(stem=stems(), seed=st.integers(0, 99))
def test_graphs_compute_what_the_network_is(stem, seed):
    network = network_of(stem.spec, seed)
    x = encode(*some_pieces(stem, 2, seed))
    np.testing.assert_allclose(run(stem_graph(network, stem, 2), x), run_stem(network, stem, x), rtol=0, atol=1e-4)
    rng = np.random.default_rng(seed)
    codes, signal = rng.integers(0, 5, (3, stem.spec.window)), rng.random((3, stem.spec.window))
    expected = score(network, codes, signal).swapaxes(0, 1)
    np.testing.assert_allclose(run(whole_graph(network, 3), encode(codes, signal)), expected, rtol=0, atol=1e-5)
    given_ = run_blocks(network, encode(codes, signal), stem.n_blocks).swapaxes(1, 2)
    np.testing.assert_allclose(run(trunk_graph(network, stem, 3), given_), expected, rtol=0, atol=1e-5)
