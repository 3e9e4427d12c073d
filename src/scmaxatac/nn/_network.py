"""The dilated convolutional network of maxATAC in PyTorch."""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import torch
from torch import nn

from scmaxatac._constants import (
    DILATIONS,
    FILTERS,
    KERNEL,
    NORM_EPSILON,
    NORM_MOMENTUM,
    UNKNOWN_BASE,
    WINDOW,
)

IN_CHANNELS = 5
"""A, C, G, T and the ATAC signal."""


class TFNetwork(nn.Module):
    """Network that reads a window of DNA and ATAC signal and scores its 32-bp bins for one transcription factor.

    Five blocks of twice [convolution of width 7 with zero padding, ReLU, batch normalisation] and a max-pooling of 2,
    then a convolution of width 1 and a sigmoid (Cazares et al. 2023). Input is (n, 5, 1024): A, C, G, T, signal;
    output is (n, 32).
    """

    def __init__(self) -> None:
        super().__init__()
        widths = [IN_CHANNELS] + [filters for filters in FILTERS for _ in range(2)]
        self.convs = nn.ModuleList(
            nn.Conv1d(n_in, n_out, KERNEL, padding="same", dilation=DILATIONS[i // 2])
            for i, (n_in, n_out) in enumerate(pairwise(widths))
        )
        self.norms = nn.ModuleList(
            nn.BatchNorm1d(width, eps=NORM_EPSILON, momentum=NORM_MOMENTUM) for width in widths[1:]
        )
        self.head = nn.Conv1d(widths[-1], 1, 1)

    def logits(self, x: torch.Tensor) -> torch.Tensor:
        """Score the bins before the sigmoid; (n, 5, 1024) to (n, 32)."""
        for i, (conv, norm) in enumerate(zip(self.convs, self.norms, strict=True)):
            x = norm(torch.relu(conv(x)))
            if i % 2:
                x = nn.functional.max_pool1d(x, 2)
        scores: torch.Tensor = self.head(x)
        return scores.squeeze(1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Score the bins from 0 to 1; (n, 5, 1024) to (n, 32)."""
        return torch.sigmoid(self.logits(x))

    @classmethod
    def from_weights(cls, weights: Mapping[str, np.ndarray]) -> "TFNetwork":
        """Build a network in evaluation mode from float arrays named as in the state dict."""
        network = cls()
        state = {name: torch.from_numpy(np.array(array, dtype=np.float32)) for name, array in weights.items()}
        missing, unexpected = network.load_state_dict(state, strict=False)
        missing = [name for name in missing if not name.endswith("num_batches_tracked")]
        if missing or unexpected:
            raise ValueError(f"weights do not fit the network: missing {missing}, unexpected {unexpected}")
        return network.eval()

    def weights(self) -> dict[str, np.ndarray]:
        """Return the weights as float32 arrays, without the counters of batch normalisation."""
        state = self.state_dict().items()
        return {k: v.detach().cpu().numpy().copy() for k, v in state if not k.endswith("num_batches_tracked")}


def encode(codes: np.ndarray, signal: np.ndarray) -> torch.Tensor:
    """One-hot encode windows and add the signal.

    Parameters
    ----------
    codes
        (n, 1024) uint8: 0 to 3 are A, C, G, T, everything else becomes all zero.
    signal
        (n, 1024) float32.

    Returns
    -------
    (n, 5, 1024) float32.
    """
    out = np.empty((len(codes), IN_CHANNELS, WINDOW), dtype=np.float32)
    for base in range(UNKNOWN_BASE):
        np.equal(codes, base, out=out[:, base])
    out[:, UNKNOWN_BASE] = signal
    return torch.from_numpy(out)
