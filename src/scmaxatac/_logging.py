"""What the package tells: a logger that is silent unless the user shows it, and warnings, which everybody sees."""

import inspect
import logging
import warnings
import weakref
from typing import Any

logger = logging.getLogger("scmaxatac")
logger.addHandler(logging.NullHandler())


def warn(message: str) -> None:
    """Warn of something that changes results or leaves data out, at the line that called the package.

    Parameters
    ----------
    message
        What was found, and what would do.
    """
    level, frame = 1, inspect.currentframe()
    while frame is not None and str(frame.f_globals.get("__name__")).partition(".")[0] == "scmaxatac":
        level, frame = level + 1, frame.f_back
    warnings.warn(message, UserWarning, stacklevel=level)


def warn_once(owner: Any, subject: str, message: str) -> None:
    """Warn of what is wrong with something in an object, unless just that was the last that was told of it.

    Parameters
    ----------
    owner
        The object.
    subject
        What the warning is about; another message on it, or the same after :func:`settled`, is told again.
    message
        What was found, and what would do.
    """
    told = _told_of(owner)
    if told.get(subject) != message:
        told[subject] = message
        warn(message)


def settled(owner: Any, subject: str) -> None:
    """Forget what was told of something in an object: it is right again."""
    _told_of(owner).pop(subject, None)


def _told_of(owner: Any) -> dict[str, str]:
    """Last message on each subject; by identity, as objects of AnnData have no hash."""
    name = id(owner)
    if name not in _told:
        try:
            weakref.finalize(owner, _told.pop, name, None)
        except TypeError:  # SnapATAC2's objects can't be followed, but have a file
            return _told_of_file.setdefault(str(getattr(owner, "filename", "")), {})
        _told[name] = {}
    return _told[name]


_told: dict[int, dict[str, str]] = {}
_told_of_file: dict[str, dict[str, str]] = {}
