"""Checks of the options of training."""

from collections.abc import Mapping
from typing import Any


def check_options(tf: str, options: Mapping[str, Any], epochs: int) -> None:
    """Raise a ValueError that names the first option that is out of range."""
    if not isinstance(tf, str) or not tf.strip():
        raise ValueError(f"tf is {tf!r}; it has to be the name of a transcription factor")
    counts = {"epochs": epochs} | {
        name: options[name] for name in ("batch_size", "batches_per_epoch", "max_validation")
    }
    if options["patience"] is not None:
        counts["patience"] = options["patience"]
    for name, value in counts.items():
        if value < 1:
            raise ValueError(f"{name} is {value}; it has to be at least 1")
    if not options["learning_rate"] > 0:
        raise ValueError(f"learning_rate is {options['learning_rate']}; it has to be positive")
    if options["decay"] < 0 or options["jitter"] < 0:
        raise ValueError(f"decay is {options['decay']} and jitter {options['jitter']}; neither can be negative")
    if not 0 <= options["random_ratio"] <= 1:
        raise ValueError(f"random_ratio is {options['random_ratio']}; it is a share, from 0 to 1")
    scaling = options["signal_scaling"]
    if scaling is not None and not (len(scaling) == 2 and 0 < scaling[0] <= scaling[1]):
        raise ValueError(f"signal_scaling is {scaling}; it is a range of positive factors, such as (0.9, 1.15)")
