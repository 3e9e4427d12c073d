"""Windows as the networks read them, made where they lie."""

from functools import lru_cache

import numpy as np
import torch

from scmaxatac._constants import UNKNOWN_BASE
from scmaxatac.genome._bases import one_hot
from scmaxatac.nn._spec import CHANNELS


def encode(
    codes: torch.Tensor, signal: torch.Tensor, *, channels: int = CHANNELS, dtype: torch.dtype = torch.float32
) -> torch.Tensor:
    """Encode windows on the device where they lie.

    Parameters
    ----------
    codes
        (n, window) uint8: 0 to 3 are A, C, G, T, everything else becomes all zero.
    signal
        (n, window), of any floating type.
    channels
        Channels of the result; those beyond A, C, G, T and signal are zero.
    dtype
        Type of the result.

    Returns
    -------
    (n, window, channels): the channels of a base lie beside each other.
    """
    table = _table(codes.device, channels, dtype)
    x = table.index_select(0, codes.int().view(-1)).view(*codes.shape, channels)
    x[..., UNKNOWN_BASE] = signal
    return x


@lru_cache
def _table(device: torch.device, channels: int, dtype: torch.dtype) -> torch.Tensor:
    """Encoding of every code; (256, channels)."""
    table = np.zeros((256, channels), dtype=np.float32)
    one_hot(np.arange(256, dtype=np.uint8), out=table.T)
    with torch.inference_mode(False):  # it also serves training
        return torch.from_numpy(table).to(device, dtype)
