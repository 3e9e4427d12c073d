"""What the package tells: a logger that is silent unless the user shows it, and warnings, which everybody sees."""

import inspect
import logging
import warnings

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
