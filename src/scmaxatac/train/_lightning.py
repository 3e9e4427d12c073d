"""Lightning without its chatter, and work that one of several training processes does for all."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from pytorch_lightning.callbacks import Callback, Checkpoint
from pytorch_lightning.loggers import Logger
from pytorch_lightning.utilities import rank_zero_only
from torch import distributed

_LOGGERS = ("pytorch_lightning", "lightning_fabric", "lightning")
_LONGEST_WAIT = timedelta(days=7)


def check_loggers(logger: Any) -> list[Logger]:
    """Loggers of Lightning, or none for False.

    Raises
    ------
    ValueError
        If one is something else.
    """
    if logger is False:
        return []
    loggers = logger if isinstance(logger, list | tuple) else [logger]
    for one in loggers:
        if not isinstance(one, Logger):
            raise ValueError(
                f"logger is or holds {_described(one)}; it has to be a logger of pytorch_lightning, such as "
                'pytorch_lightning.loggers.CSVLogger("logs"), a list of them, or False'
            )
    return list(loggers)


def check_callbacks(callbacks: Any) -> list[Callback]:
    """Callbacks of Lightning; one alone becomes a list.

    Raises
    ------
    ValueError
        If one is something else, or writes checkpoints, as those of the run would not be the last any more.
    """
    given = callbacks if isinstance(callbacks, list | tuple) else [callbacks]
    for one in given:
        if isinstance(one, Checkpoint):
            raise ValueError(
                f"callbacks holds a {type(one).__name__}: tl.train keeps checkpoints of its own in out_dir, from which "
                "it goes on; leave it out"
            )
        if not isinstance(one, Callback):
            raise ValueError(
                f"callbacks holds {_described(one)}; each has to be a callback of pytorch_lightning, such as "
                "pytorch_lightning.callbacks.LearningRateMonitor()"
            )
    return list(given)


def _described(value: Any) -> str:
    if isinstance(value, str | int | float | bool) or value is None:
        return repr(value)
    kind = value if isinstance(value, type) else type(value)
    name = f"{kind.__module__}.{kind.__qualname__}"
    return f"the class {name} itself" if isinstance(value, type) else f"a {name}"


@contextmanager
def quiet_lightning() -> Iterator[None]:
    """Keep tips, descriptions of the hardware and advice on data loaders out of the log; errors stay.

    What scmaxatac says about training comes from its own logger.
    """
    levels = {name: logging.getLogger(name).level for name in _LOGGERS}
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"(pytorch_lightning|lightning_fabric)\b")
            for name in levels:
                logging.getLogger(name).setLevel(logging.ERROR)
            yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


def is_first_process() -> bool:
    """Whether this is the first, or only, process of a training run."""
    return getattr(rank_zero_only, "rank", 0) == 0


@contextmanager
def others_wait() -> Iterator[bool]:
    """Yield whether this is the first process; all others go on when it has left the block."""
    group = None
    if distributed.is_available() and distributed.is_initialized():
        group = distributed.new_group(backend="gloo", timeout=_LONGEST_WAIT)
    yield is_first_process()
    if group is not None:
        distributed.barrier(group)
