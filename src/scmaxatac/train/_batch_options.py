"""Checks of how training batches are drawn; needs no torch, so that they come first."""

import math
from collections.abc import Sequence


def check_batch_options(
    *,
    batch_size: int,
    batches_per_epoch: int,
    max_validation: int,
    random_ratio: float,
    jitter: int,
    signal_scaling: Sequence[float] | None,
) -> None:
    """Raise a ValueError that names the first option that is out of range.

    Parameters
    ----------
    batch_size, batches_per_epoch, max_validation, random_ratio, jitter, signal_scaling
        As in :class:`~scmaxatac.train._data_module.TFDataModule`.
    """
    counts = {"batch_size": batch_size, "batches_per_epoch": batches_per_epoch, "max_validation": max_validation}
    for name, value in counts.items():
        if value < 1:
            raise ValueError(f"{name} is {value}; it has to be at least 1")
    if not 0 <= random_ratio <= 1:
        raise ValueError(f"random_ratio is {random_ratio}; it is a share, from 0 to 1")
    if jitter < 0:
        raise ValueError(f"jitter is {jitter} bp; it can't be negative")
    if signal_scaling is not None and not (
        len(signal_scaling) == 2 and 0 < signal_scaling[0] <= signal_scaling[1] < math.inf
    ):
        raise ValueError(f"signal_scaling is {signal_scaling}; it is a range of positive factors, such as (0.9, 1.15)")
