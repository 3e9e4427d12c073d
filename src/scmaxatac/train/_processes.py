"""Work that one of several training processes does for all."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from pytorch_lightning.utilities import rank_zero_only
from torch import distributed

_LONGEST_WAIT = timedelta(days=7)


def is_first_process() -> bool:
    """Whether this is the first, or only, process of a training run."""
    return getattr(rank_zero_only, "rank", 0) == 0


@contextmanager
def others_wait() -> Iterator[bool]:
    """Give whether this is the first process; all others go on when it has left the block."""
    group = None
    if distributed.is_available() and distributed.is_initialized():
        group = distributed.new_group(backend="gloo", timeout=_LONGEST_WAIT)
    yield is_first_process()
    if group is not None:
        distributed.barrier(group)
