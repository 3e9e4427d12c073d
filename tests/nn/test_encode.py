import numpy as np
import pytest
from _networks import encoded, random_windows

pytest.importorskip("torch")

import torch

from scmaxatac.nn._encode import encode


def test_encoding_has_a_channel_a_base_and_one_for_the_signal():
    codes = np.full((2, 1024), 4, dtype=np.uint8)
    codes[0, :6] = [0, 1, 2, 3, 4, 200]
    signal = np.zeros((2, 1024), dtype=np.float32)
    signal[1, 7] = 2.5
    x = encode(torch.from_numpy(codes), torch.from_numpy(signal))
    assert x.dtype == torch.float32
    expected = np.zeros((2, 1024, 5), dtype=np.float32)
    expected[0, [0, 1, 2, 3], [0, 1, 2, 3]] = 1
    expected[1, 7, 4] = 2.5
    np.testing.assert_array_equal(x.numpy(), expected)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_further_channels_are_zero(dtype):
    codes, signal = random_windows(3, seed=0)
    x = encode(torch.from_numpy(codes), torch.from_numpy(signal), channels=8, dtype=dtype)
    assert x.dtype == dtype
    assert x.shape == (3, 1024, 8)
    assert not x[..., 5:].any()
    expected = torch.from_numpy(encoded(codes, signal)).to(dtype).transpose(1, 2)
    torch.testing.assert_close(x[..., :5], expected, rtol=0, atol=0)


def test_no_windows_encode_to_nothing():
    codes = torch.zeros((0, 64), dtype=torch.uint8)
    assert encode(codes, torch.zeros((0, 64))).shape == (0, 64, 5)


def test_what_was_encoded_for_prediction_serves_training():
    """The table of codes is made once, perhaps where no gradient is kept."""
    codes, signal = (torch.from_numpy(array) for array in random_windows(1, seed=0))
    with torch.inference_mode():
        encode(codes, signal, channels=7)
    weight = torch.ones(7, requires_grad=True)
    (encode(codes, signal, channels=7) @ weight).sum().backward()
    assert weight.grad is not None
