"""DeepLIFT contributions by tangermeme: each base against shuffled sequences, with the signal held."""

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from scmaxatac._constants import UNKNOWN_BASE
from scmaxatac._types import Float32s, Float64s
from scmaxatac.genome._bases import one_hot
from scmaxatac.nn.engines._options import Strand
from scmaxatac.nn.engines._protocol import Network
from scmaxatac.sequence._site_windows import SiteWindows, turned

if TYPE_CHECKING:
    import torch

N_SHUFFLES = 20
"""Dinucleotide shuffles that a sequence is compared with."""

LARGEST_DELTA = 1e-3
"""Largest share of the difference in logit that the contributions may fail to add up to."""

_SITES_PER_BLOCK = 16
_PAIRS_PER_BATCH = 32
"""Windows that go through the network with their shuffles at once."""


class DeepLift(NamedTuple):
    """Contributions and how well they add up."""

    hypothetical: Float32s
    """(n, 4, width) float32, hypothetical contributions to the logit."""

    delta: Float64s
    """(n,) float64, what the contributions of the whole window fail to add up to, mean over the shuffles (and strands),
    as a share of the mean difference in logit; 0 where there is no difference."""


def check_installed() -> None:
    """Raise an ImportError that says how to install tangermeme, where it is missing."""
    try:
        import tangermeme  # noqa: F401  (only to tell early whether it is there)
    except ImportError as error:
        raise ImportError(
            "method='deeplift' needs tangermeme: pip install 'scmaxatac[interpret]', or take method='mutagenesis'"
        ) from error


def deeplift(
    network: Network,
    output: int,
    sites: SiteWindows,
    *,
    strand: Strand = "forward",
    device: str = "auto",
    seed: int = 0,
    progress: Callable[[int], object] | None = None,
) -> DeepLift:
    """Hypothetical contributions of the bases to the logit of each site's bin, by DeepLIFT's rescale rule.

    References are 20 dinucleotide shuffles of each window's sequence, in which an unknown base is a letter of its own;
    the mean over them is given. The signal is the same in window and references, so nothing is attributed to it. The
    hypothetical contribution of a base is what it would have if it were there, with the multipliers of the sequence
    that is.

    Parameters
    ----------
    network
        The network.
    output
        Which of its outputs is explained.
    sites
        The windows.
    strand
        ``"forward"``, or ``"mean"`` with the reverse complements of windows and references.
    device
        Where torch computes.
    seed
        Seed of the shuffles; each site's are the same whatever other sites there are.
    progress
        Called with numbers of sites that are finished.

    References
    ----------
    Shrikumar et al. 2017, PMLR 70:3145 (DeepLIFT); Lundberg and Lee 2017, NeurIPS 30 (mean over references);
    Schreiber 2025, bioRxiv 2025.08.08.669296 (tangermeme).
    """
    import torch

    from scmaxatac.nn.engines._torch import exact_convolutions, resolve_device

    where = resolve_device(device)
    logits: list[torch.Tensor] = []
    model = _bin_logit(network, output, logits)
    n, grid = len(sites.codes), network.spec.grid
    found = DeepLift(np.zeros((n, 4, sites.width), dtype=np.float32), np.zeros(n))
    for lo in range(0, n, _SITES_PER_BLOCK):
        block = slice(lo, lo + _SITES_PER_BLOCK)
        part = sites.of(block)
        bases = torch.from_numpy(one_hot(part.codes))
        # one at a time, because several that are all the same, as of a run of one base, are refused
        shuffles = [_shuffled(bases, seed + k) for k in range(N_SHUFFLES)]
        references = torch.cat(shuffles, dim=1)
        with exact_convolutions():
            explained = [_explain(model, logits, part, references, where)]
            if strand == "mean":
                other = part.on_reverse_strand(grid)
                hypothetical, off, difference = _explain(model, logits, other, references.flip(2, 3), where)
                explained.append((turned(hypothetical), off, difference))
        hypotheticals, offs, differences = (np.mean(each, axis=0) for each in zip(*explained, strict=True))
        found.hypothetical[block] = np.where((part.bases < UNKNOWN_BASE)[:, None], hypotheticals, 0)
        found.delta[block] = np.divide(offs, differences, out=np.zeros_like(offs), where=differences > 0)
        if progress is not None:
            progress(len(bases))
    return found


def _shuffled(bases: "torch.Tensor", seed: int) -> "torch.Tensor":
    """Shuffle each sequence once with the same seed; (n, 4, window) to (n, 1, 4, window)."""
    from tangermeme.ersatz import dinucleotide_shuffle

    shuffled: torch.Tensor = dinucleotide_shuffle(bases, n=1, random_state=[seed] * len(bases), allow_N=True)
    return shuffled


def _explain(
    model: "torch.nn.Module",
    logits: "list[torch.Tensor]",
    sites: SiteWindows,
    references: "torch.Tensor",
    device: "torch.device",
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hypothetical contributions (n, 4, width), and (n,) what they don't add up to and mean size of the differences."""
    import torch
    from tangermeme.deep_lift_shap import deep_lift_shap

    bases = torch.from_numpy(one_hot(sites.codes))
    held = (torch.from_numpy(sites.signal)[:, None], torch.from_numpy(sites.bins)[:, None])
    logits.clear()
    with warnings.catch_warnings():
        # of unknown bases, which are all zero here, and of contributions that don't add up, which are counted
        warnings.simplefilter("ignore")
        multipliers = deep_lift_shap(
            model, bases, args=held, references=references, raw_outputs=True, only_warn=True, device=device,
            batch_size=_PAIRS_PER_BATCH,
        )  # fmt: skip
    pairs = [batch.reshape(2, -1) for batch in logits]
    difference = torch.cat([there - shuffled for there, shuffled in pairs]).double().reshape(multipliers.shape[:2])
    added = ((bases[:, None] - references) * multipliers).double().sum(dim=(2, 3))
    off = (added - difference).abs().mean(dim=1)
    expected = (references * multipliers).sum(dim=2, keepdim=True)
    hypothetical = (multipliers - expected).mean(dim=1).numpy()
    columns = np.broadcast_to(sites.columns[:, None], (len(bases), 4, sites.width))
    return np.take_along_axis(hypothetical, columns, axis=2), off.numpy(), difference.abs().mean(dim=1).numpy()


def _bin_logit(network: Network, output: int, logits: "list[torch.Tensor]") -> "torch.nn.Module":
    """Network whose only output is the logit of a bin that is an input, beside bases and signal.

    What it gives for each batch is added to `logits`.
    """
    import torch

    from scmaxatac.nn._network import TFNetwork

    class BinLogit(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = TFNetwork.from_weights(network.weights, network.spec).requires_grad_(False)

        def forward(self, bases: torch.Tensor, signal: torch.Tensor, bins: torch.Tensor) -> torch.Tensor:
            every = self.network.logits(torch.cat([bases, signal], dim=1))[:, output]
            chosen = every.gather(1, bins.long())
            logits.append(chosen.detach().cpu())
            return chosen

    return BinLogit()
