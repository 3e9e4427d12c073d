"""The command line: ``scmaxatac`` and its commands.

Results go to standard output, messages and progress bars to standard error. The exit code is 0; 1 where the input or
its surroundings are at fault, with one line that names the file or the value; 2 where the command line itself is not
understood, as argparse has it; 130 after an interruption.
"""

import argparse
import logging
import os
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from scmaxatac import settings
from scmaxatac._logging import logger
from scmaxatac.cli._messages import for_command_line
from scmaxatac.cli._parser import make_parser

FAILED = 1
NOT_UNDERSTOOD = 2
INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code.

    Parameters
    ----------
    argv
        Arguments without the program's name; by default those of the process.
    """
    args = make_parser().parse_args(argv)
    if args.run is None:
        args.help()
        return NOT_UNDERSTOOD
    try:
        with _messages_to_stderr(args):
            sys.stdout.write(args.run(args))
            sys.stdout.flush()
    except BrokenPipeError:  # the reader of our output, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (ValueError, KeyError, TypeError, OSError, ImportError, RuntimeError, MemoryError) as error:
        if args.debug:
            raise
        sys.stderr.write(f"scmaxatac: error: {_one_line(error, args.flags)}\n")
        return FAILED
    except KeyboardInterrupt:
        sys.stderr.write("scmaxatac: interrupted; the same command goes on from what is complete\n")
        return INTERRUPTED
    return 0


def _one_line(error: Warning | Exception | str, flags: Mapping[str, str]) -> str:
    text = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    return for_command_line(" ".join(text.split()), flags) or type(error).__name__


@contextmanager
def _messages_to_stderr(args: argparse.Namespace) -> Iterator[None]:
    """Show log messages and warnings, one line each, and put everything back afterwards."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    level, propagate, progress = logger.level, logger.propagate, settings.progress
    logger.addHandler(handler)
    logger.propagate = False  # other packages may have given the root logger a handler
    in_detail = args.debug or args.verbose
    logger.setLevel(logging.DEBUG if in_detail else logging.WARNING if args.quiet else logging.INFO)
    settings.progress = progress and not args.quiet
    try:
        with warnings.catch_warnings():
            if not args.debug:
                warnings.simplefilter("ignore", DeprecationWarning)
                warnings.simplefilter("ignore", FutureWarning)
                warnings.showwarning = lambda message, *_, **__: logger.warning(
                    "warning: %s", _one_line(message, args.flags)
                )
            yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        logger.propagate = propagate
        settings.progress = progress
