"""Checks of the options of training."""

import math
from collections.abc import Mapping
from typing import Any

from scmaxatac.train._batch_options import check_batch_options
from scmaxatac.zoo._factor_names import checked_names

BATCH_OPTIONS = (
    "batch_size",
    "batches_per_epoch",
    "pan_cell",
    "random_ratio",
    "reverse_complement",
    "jitter",
    "signal_scaling",
    "max_validation",
)
"""Options of :class:`~scmaxatac.train._data_module.TFDataModule`."""

_NOT_NUMBERS = ("pan_cell", "reverse_complement")


def check_options(tf: str, options: Mapping[str, Any], *, epochs: int, patience: int | None, seed: int) -> None:
    """Raise a ValueError that names the first option that is out of range."""
    if not isinstance(tf, str) or not tf.strip():
        raise ValueError(f"tf is {tf!r}; it has to be the name of a transcription factor")
    checked_names(tf)
    for name, value in (("epochs", epochs), ("patience", 1 if patience is None else patience)):
        if value < 1:
            raise ValueError(f"{name} is {value}; it has to be at least 1")
    check_batch_options(**{name: options[name] for name in BATCH_OPTIONS if name not in _NOT_NUMBERS})
    if not 0 < options["learning_rate"] < math.inf:
        raise ValueError(f"learning_rate is {options['learning_rate']}; it has to be positive")
    if not 0 <= options["decay"] < math.inf:
        raise ValueError(f"decay is {options['decay']}; it can't be negative")
    if seed < 0:
        raise ValueError(f"seed is {seed}; it can't be negative")
