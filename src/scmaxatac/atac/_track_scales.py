"""The three scales that coverage by widened insertions is written in."""

from typing import Literal, get_args

import numpy as np

from scmaxatac.atac._signal import Signal

Normalization = Literal["minmax", "rp20m", "counts"]


def check_normalization(normalize: str) -> None:
    """Raise a ValueError unless this is one of the three scales."""
    if normalize not in get_args(Normalization):
        options = ", ".join(map(repr, get_args(Normalization)))
        raise ValueError(f"normalize is {normalize!r}; it has to be one of {options}")


def track_runs(signal: Signal, chrom: str, normalize: Normalization) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coverage of a chromosome as runs of equal value that are not 0.

    Parameters
    ----------
    signal
        Insertions of a group.
    chrom
        The chromosome.
    normalize
        ``"minmax"``: over the 99th percentile, what the network reads; ``"rp20m"``: scaled to 20 million insertions,
        replicates averaged; ``"counts"``: widened insertions over a base, replicates summed.

    Returns
    -------
    Starts, ends (m,) int32, 0-based, half-open, and values (m,) float32.
    """
    if normalize == "minmax":
        return signal.runs(chrom)
    breaks, levels = signal.scaled_runs(chrom) if normalize == "rp20m" else signal.count_runs(chrom)
    keep = levels > 0
    return breaks[:-1][keep], breaks[1:][keep], levels[keep].astype(np.float32)
