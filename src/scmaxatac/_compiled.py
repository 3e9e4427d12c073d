"""Compiled loops, kept on the disk where there is a place for them."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from scmaxatac._logging import logger
from scmaxatac._settings import settings

_Function = TypeVar("_Function", bound=Callable[..., object])


def compiled(function: _Function) -> _Function:
    """Compile a function with numba, which does not hold the interpreter's lock while it runs.

    What was compiled is kept beside the source or in numba's own cache, else in ``settings.cache_dir``; where none of
    them can be written to, each process compiles anew. Importing this module is light, calling the function is not.
    """
    import numba

    njit: Any = numba.njit
    config: Any = numba.config
    try:
        return cast(_Function, njit(cache=True, nogil=True)(function))
    except RuntimeError as error:  # numba finds no place that can be written to
        logger.debug("%s", error)
    before = config.CACHE_DIR
    try:
        config.CACHE_DIR = str(settings.cache_dir / "numba")
        return cast(_Function, njit(cache=True, nogil=True)(function))
    except (RuntimeError, OSError, ValueError) as error:
        logger.info("compiled loops are not kept, and compiled anew by each process: %s", error)
        return cast(_Function, njit(nogil=True)(function))
    finally:
        config.CACHE_DIR = before
