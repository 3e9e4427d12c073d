"""The options of training, checked."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from scmaxatac._checks import check_number
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


class Lengths(NamedTuple):
    """How long a run goes on, which may change when it is called again."""

    epochs: int
    patience: int | None


def training_options(
    tf: str,
    *,
    epochs: int,
    patience: int | None,
    seed: int,
    pan_cell: bool,
    random_ratio: float,
    reverse_complement: bool,
    jitter: int,
    signal_scaling: Sequence[float] | None,
    batch_size: int,
    batches_per_epoch: int,
    max_validation: int,
    learning_rate: float,
    decay: float,
    precision: str,
) -> tuple[dict[str, Any], Lengths, int]:
    """Check the options of :func:`scmaxatac.tl.train`, all before any work.

    Returns
    -------
    The options that the result depends on, as JSON can hold them; how long to train; the seed.

    Raises
    ------
    ValueError
        If one is no number or out of range; the message names the first.
    """
    whole = {
        "jitter": jitter,
        "batch_size": batch_size,
        "batches_per_epoch": batches_per_epoch,
        "max_validation": max_validation,
        "epochs": epochs,
        "seed": seed,
    }
    for name, value in whole.items():
        check_number(name, value, whole=True)
    check_number("patience", patience, whole=True, optional=True)
    for name, rate in (("random_ratio", random_ratio), ("learning_rate", learning_rate), ("decay", decay)):
        check_number(name, rate)
    for factor in () if signal_scaling is None else signal_scaling:
        check_number("signal_scaling", factor)
    options: dict[str, Any] = {
        "pan_cell": bool(pan_cell),
        "random_ratio": float(random_ratio),
        "reverse_complement": bool(reverse_complement),
        "jitter": int(jitter),
        "signal_scaling": None if signal_scaling is None else [float(factor) for factor in signal_scaling],
        "batch_size": int(batch_size),
        "batches_per_epoch": int(batches_per_epoch),
        "max_validation": int(max_validation),
        "learning_rate": float(learning_rate),
        "decay": float(decay),
        "precision": precision,
    }
    lengths = Lengths(int(epochs), None if patience is None else int(patience))
    _check_ranges(tf, options, lengths, int(seed))
    return options, lengths, int(seed)


def _check_ranges(tf: str, options: Mapping[str, Any], lengths: Lengths, seed: int) -> None:
    if not isinstance(tf, str) or not tf.strip():
        raise ValueError(f"tf is {tf!r}; it has to be the name of a transcription factor")
    checked_names(tf)
    for name, value in (("epochs", lengths.epochs), ("patience", 1 if lengths.patience is None else lengths.patience)):
        if value < 1:
            raise ValueError(f"{name} is {value}; it has to be at least 1")
    check_batch_options(**{name: options[name] for name in BATCH_OPTIONS if name not in _NOT_NUMBERS})
    if not 0 < options["learning_rate"] < math.inf:
        raise ValueError(f"learning_rate is {options['learning_rate']}; it has to be positive")
    if not 0 <= options["decay"] < math.inf:
        raise ValueError(f"decay is {options['decay']}; it can't be negative")
    if seed < 0:
        raise ValueError(f"seed is {seed}; it can't be negative")
