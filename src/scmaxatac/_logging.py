"""What the package tells: a logger that is silent unless the user shows it, and warnings, which everybody sees."""

import inspect
import logging
import sys
import warnings
import weakref
from numbers import Integral
from typing import Any

logger = logging.getLogger("scmaxatac")
logger.addHandler(logging.NullHandler())


LEVELS = {
    "error": logging.ERROR, "warning": logging.WARNING, "info": logging.INFO, "hint": logging.INFO,
    "debug": logging.DEBUG,
}  # fmt: skip
"""Levels of ``settings.verbosity``, from 0; there are no hints, so that they show what ``"info"`` does."""


class _ToStderr(logging.Handler):
    """Writes messages to the standard error that there is when they come, also in notebooks."""

    def emit(self, record: logging.LogRecord) -> None:
        sys.stderr.write(f"{self.format(record)}\n")


_to_stderr = _ToStderr()


def show_messages(verbosity: int | str | None) -> None:
    """Show the log's messages on standard error, or None: leave the log to the handlers of whoever calls.

    Parameters
    ----------
    verbosity
        One of :data:`LEVELS`, or its number.

    Raises
    ------
    ValueError
        If it is something else.
    """
    level = logging.NOTSET if verbosity is None else LEVELS[_name_of(verbosity)]
    logger.setLevel(level)
    logger.propagate = verbosity is None  # else handlers of the root logger would show them again
    logger.removeHandler(_to_stderr)
    if verbosity is not None:
        logger.addHandler(_to_stderr)


def _name_of(verbosity: int | str) -> str:
    names = list(LEVELS)
    if isinstance(verbosity, str) and verbosity in names:
        return verbosity
    if isinstance(verbosity, Integral) and not isinstance(verbosity, bool) and 0 <= verbosity < len(names):
        return names[int(verbosity)]
    known = ", ".join(f"{number} ({name})" for number, name in enumerate(names))
    raise ValueError(f"verbosity is {verbosity!r}; it has to be one of {known}, or None")


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
