"""The commands and their arguments."""

import argparse
from textwrap import fill

from scmaxatac import __version__
from scmaxatac.cli._benchmark import add_benchmark
from scmaxatac.cli._browser import add_browser
from scmaxatac.cli._demo import add_demo
from scmaxatac.cli._models import add_models
from scmaxatac.cli._options import flags_of
from scmaxatac.cli._plot import add_plot
from scmaxatac.cli._predict_file import add_predict
from scmaxatac.cli._qc import add_qc
from scmaxatac.cli._score_variants import add_variants
from scmaxatac.cli._sites import add_sites
from scmaxatac.cli._train import add_train


def make_parser() -> argparse.ArgumentParser:
    """Parser of all commands.

    What it finds has ``run``, the function to call with it, which returns what is printed; ``help``, which shows the
    commands where none was named; and ``flags``, what the command calls the parameters of functions.
    """
    common = argparse.ArgumentParser(add_help=False)
    how_much = common.add_mutually_exclusive_group()
    how_much.add_argument("-q", "--quiet", action="store_true", help="no progress bars, only warnings and errors")
    how_much.add_argument("-v", "--verbose", action="store_true", help="also tell details")
    common.add_argument("--debug", action="store_true", help="show where an error came from")

    parser = argparse.ArgumentParser(
        prog="scmaxatac",
        description="Transcription factor binding sites for every cluster of a single-cell ATAC-seq data set.",
        epilog="'scmaxatac COMMAND --help' explains a command. Exit codes: 0, or 1 after an error, 2 where the "
        "command line is not understood, 130 after an interruption. Documentation: https://scmaxatac.readthedocs.io",
    )
    parser.add_argument("--version", action="version", version=f"scmaxatac {__version__}")
    parser.set_defaults(run=None, help=parser.print_help, flags={})
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for add in (
        add_demo, add_predict, add_sites, add_qc, add_plot, add_browser, add_benchmark, add_train, add_variants,
        add_models,
    ):  # fmt: skip
        _finish(add(commands, common))
    return parser


def _finish(command: argparse.ArgumentParser) -> None:
    """Give a command, and those below it, a short line of usage and the names of its options."""
    below = [action for action in command._actions if isinstance(action, argparse._SubParsersAction)]
    if not below:
        needed = sorted(filter(None, map(_needed, command._actions)), key=lambda text: text.startswith("--"))
        command.usage = fill(" ".join([command.prog, *needed, "[OPTION ...]"]), 72, subsequent_indent=" " * 9)
    command.set_defaults(flags=flags_of(command))
    for action in below:
        for each in action.choices.values():
            _finish(each)


def _needed(action: argparse.Action) -> str:
    """What has to be given, as the line of usage shows it; "" for what need not."""
    if not action.option_strings:
        return f"[{action.metavar} ...]" if action.nargs == "*" else str(action.metavar)
    return f"{action.option_strings[0]} {action.metavar}" if action.required else ""
