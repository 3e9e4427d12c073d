"""The command line."""

from scmaxatac.cli._main import main

__all__ = ["main"]
