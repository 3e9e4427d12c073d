"""The dilated convolutional network of maxATAC in PyTorch."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import nn

from scmaxatac._constants import NORM_MOMENTUM
from scmaxatac.nn._spec import PUBLISHED, NetworkSpec


class TFNetwork(nn.Module):
    """Network that reads windows of DNA and ATAC signal and scores their bins for transcription factors.

    Blocks of [convolution with zero padding, ReLU, batch normalisation] and a max-pooling, then a convolution of width
    1 and a sigmoid (Cazares et al. 2023). Input is (n, 5, window): A, C, G, T, signal; output is (n, outputs, bins).

    Parameters
    ----------
    spec
        Its geometry; by default that of the published models.
    """

    def __init__(self, spec: NetworkSpec = PUBLISHED) -> None:
        super().__init__()
        self.spec = spec
        self.convs = nn.ModuleList(
            nn.Conv1d(layer.n_in, layer.filters, layer.kernel, padding="same", dilation=layer.dilation)
            for layer in spec.layers
        )
        self.norms = nn.ModuleList(
            nn.BatchNorm1d(layer.filters, eps=spec.epsilon, momentum=NORM_MOMENTUM) for layer in spec.layers
        )
        # modules without weights, one a place: DeepLIFT hooks them, and tells those apart that are called once
        self.activations = nn.ModuleList(nn.ReLU() for _ in spec.layers)
        self.pools = nn.ModuleList(
            nn.MaxPool1d(layer.pool) if layer.pool > 1 else nn.Identity() for layer in spec.layers
        )
        self.head = nn.Conv1d(spec.layers[-1].filters, spec.outputs, 1)

    def logits(self, x: torch.Tensor) -> torch.Tensor:
        """Score the bins before the sigmoid; (n, 5, window) to (n, outputs, bins)."""
        for conv, activation, norm, pool in zip(self.convs, self.activations, self.norms, self.pools, strict=True):
            x = pool(norm(activation(conv(x))))
        scores: torch.Tensor = self.head(x)
        return scores

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Score the bins from 0 to 1; (n, 5, window) to (n, outputs, bins)."""
        return torch.sigmoid(self.logits(x))

    @classmethod
    def from_weights(cls, weights: Mapping[str, np.ndarray], spec: NetworkSpec = PUBLISHED) -> "TFNetwork":
        """Build a network in evaluation mode from float arrays named as in the state dict."""
        network = cls(spec)
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
