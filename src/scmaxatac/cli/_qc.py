"""``scmaxatac qc``: depth, scale and number of sites of each group, as a table."""

import argparse

import scmaxatac as sma
from scmaxatac.cli._options import Commands, add_data, add_place, add_table
from scmaxatac.cli._output import TABLE, format_of, printed, table_text
from scmaxatac.cli._read_data import read_data


def add_qc(commands: Commands, common: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Add ``scmaxatac qc``."""
    qc = commands.add_parser(
        "qc",
        parents=[common],
        help="quality of the groups of a prediction, as a table",
        description=(
            "Number of cells and fragments, match rate, scale and number of sites of each group of a prediction, those "
            "that were skipped among them, with the reason. Tab-separated, a row a group."
        ),
    )
    add_data(qc)
    add_table(qc)
    add_place(qc)
    qc.set_defaults(run=qc_of_file)
    return qc


def qc_of_file(args: argparse.Namespace) -> str:
    """Write the table of :func:`scmaxatac.get.qc` of a file with predictions, or return it as text."""
    format_of(args.out, TABLE, default="tsv")
    return printed(args.out, lambda: qc_table(args))


def qc_table(args: argparse.Namespace) -> str:
    """Table of a file with predictions, as text."""
    table = sma.get.qc(read_data(args.data), key=args.key, mod=args.mod)
    return table_text(table.rename_axis("group"), index=True)
