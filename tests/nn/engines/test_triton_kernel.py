"""The kernel compiled for an H100, which needs no GPU: what the interpreter does not see. test_triton.py runs it."""

import re

import pytest
from _any_network import network_of

pytest.importorskip("torch")
pytest.importorskip("triton", reason="triton is not installed: pip install triton")

import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from scmaxatac.nn._spec import Block, NetworkSpec
from scmaxatac.nn.engines._triton import _TILES, pack
from scmaxatac.nn.engines._triton_kernel import score_windows

SPEC = NetworkSpec(window=256, bin=2, outputs=2, blocks=(Block(filters=40),))
MOST_SHARED = 227 * 1024
"""Bytes of shared memory that a program may have on an H100."""


@pytest.fixture(scope="module", params=["float32", "bfloat16"])
def compiled(request, tmp_path_factory):
    """Precision, the compiled kernel, and the number of its steps."""
    steps, _, _ = pack(network_of(SPEC, 0), _TILES[request.param])
    value = {"float32": "*fp32", "bfloat16": "*bf16"}[request.param]
    types = {"codes": "*u8", "signal": "*fp32", "scratch": value, "weights": value, "bounds": "*fp32"}
    constants = {"STEPS": steps, "SPACE": 256 * 48, "OUTPUTS": SPEC.outputs, "WIDEN": False}
    source = ASTSource(
        score_windows,
        types | {"scores": "*fp32", "n": "i32"} | dict.fromkeys(constants, "constexpr"),
        constexprs=constants,
        attrs={(i,): [["tt.divisibility", 16]] for i in range(6)},
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRITON_CACHE_DIR", str(tmp_path_factory.mktemp("kernels")))
        kernel = triton.compile(source, target=GPUTarget("cuda", 90, 32), options={"enable_fp_fusion": True})
    return request.param, kernel, len(steps)


def test_a_program_fits_the_shared_memory_of_an_h100(compiled):
    _, kernel, _ = compiled
    assert 0 < kernel.metadata.shared < MOST_SHARED / 2  # two programs a processor


def test_products_are_of_the_precision_asked_for(compiled):
    precision, kernel, _ = compiled
    products = set(re.findall(r"\b(?:wgmma\.mma_async|mma\.sync)\S*", kernel.asm["ptx"]))
    if precision == "float32":
        assert products == set()  # neither TF32 nor another type of the tensor cores
        assert "fma.rn.f32" in kernel.asm["ptx"]
    else:
        assert products
        assert all(".f32.bf16.bf16" in product for product in products)


def test_a_barrier_for_all_memory_follows_every_step(compiled):
    """In order: store, barrier, then the loads of the next step."""
    _, kernel, n_steps = compiled
    code = kernel.asm["ttgir"]
    order = re.findall(r"tt\.store|ttg\.barrier all|ttg\.async_copy_global_to_local|tt\.load", code)
    order = ["barrier" if "barrier" in found else "store" if "store" in found else "load" for found in order]
    assert order.count("store") == order.count("barrier") == n_steps
    assert re.fullmatch("(l+sb)+", "".join(found[0] for found in order))
