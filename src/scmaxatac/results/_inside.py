"""Paths that are noted with a run: they stay in its folder, whoever wrote them down."""

from collections.abc import Iterable
from pathlib import Path

_REMEDY = (
    "the entry or the run was changed; don't use it unless you know who did, or call scmaxatac.tl.predict_tfbs again"
)


def check_inside(paths: Iterable[object], where: str) -> None:
    """Raise a ValueError for the first path that leads out of the folder that it is relative to.

    Parameters
    ----------
    paths
        Paths that a run noted; all it writes lie below its folder.
    where
        What they were read from, for the message.
    """
    for path in paths:
        parts = Path(str(path)).parts
        if not isinstance(path, str) or not parts or ".." in parts or Path(path).is_absolute() or "\0" in path:
            raise ValueError(f"{where} has the path {path!r}, which does not lie in the run's folder: {_REMEDY}")
