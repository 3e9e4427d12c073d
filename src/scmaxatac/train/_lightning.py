"""Lightning without its chatter, and work that one of several training processes does for all."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from pytorch_lightning.utilities import rank_zero_only
from torch import distributed

_LOGGERS = ("pytorch_lightning", "lightning_fabric", "lightning")
_LONGEST_WAIT = timedelta(days=7)


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
