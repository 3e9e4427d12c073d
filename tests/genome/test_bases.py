import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from scmaxatac.genome._bases import COMPLEMENT, one_hot, reverse_complement


@given(st.lists(st.integers(0, 4), min_size=1, max_size=50))
def test_reverse_complement_flips_positions_and_swaps_bases(codes):
    window = np.array([codes], dtype=np.uint8)
    flipped = reverse_complement(window)
    assert flipped.dtype == np.uint8
    swap = dict(zip("ACGTN", "TGCAN", strict=True))
    assert "".join("ACGTN"[c] for c in flipped[0]) == "".join(swap["ACGTN"[c]] for c in reversed(codes))
    np.testing.assert_array_equal(reverse_complement(flipped), window)


def test_every_code_that_is_no_base_stays_what_it_is():
    assert COMPLEMENT[4:].tolist() == list(range(4, 256))


@given(arrays(np.uint8, array_shapes(min_dims=1, max_dims=3, max_side=6), elements=st.integers(0, 255)))
def test_each_base_has_a_channel_and_others_have_none(codes):
    expected = np.zeros((*codes.shape[:-1], 4, codes.shape[-1]), dtype=np.float32)
    for place in np.ndindex(codes.shape):
        if codes[place] < 4:
            expected[(*place[:-1], codes[place], place[-1])] = 1
    np.testing.assert_array_equal(one_hot(codes), expected)


@pytest.mark.parametrize("dtype", [np.int8, np.float32, bool])
def test_an_array_that_is_given_is_filled_and_its_other_channels_stay(dtype):
    codes = np.array([[0, 1, 4, 3]], dtype=np.uint8)
    out = np.full((1, 6, 4), 1, dtype=dtype)
    assert one_hot(codes, out=out) is out
    assert out[0, :4].astype(int).tolist() == [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1]]
    assert out[0, 4:].all()
