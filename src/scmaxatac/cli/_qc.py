"""``scmaxatac qc``: depth, scale and number of sites of each group, as a table."""

import argparse

import scmaxatac as sma
from scmaxatac.cli._options import Commands, add_choice, add_data, add_place, add_table
from scmaxatac.cli._output import TABLE, format_of, printed, table_text
from scmaxatac.cli._read_data import read_predicted


def add_qc(commands: Commands, common: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Add ``scmaxatac qc``."""
    qc = commands.add_parser(
        "qc",
        parents=[common],
        help="quality of the groups of a prediction, as a table",
        description=(
            "Number of cells and fragments, match rate, scale and number of sites of each group of a prediction, those "
            "that were skipped among them, with the reason. Tab-separated, a row a group. With --by tf a row a group "
            "and factor: bins called and expected, number of sites, threshold."
        ),
    )
    add_data(qc)
    qc.add_argument("--by", choices=["group", "tf"], default="group", help="what a row is; default: %(default)s")
    add_choice(qc)
    add_table(qc)
    add_place(qc)
    qc.set_defaults(run=qc_of_file)
    return qc


def qc_of_file(args: argparse.Namespace) -> str:
    """Write the table of :func:`scmaxatac.get.qc` of a prediction, or return it as text.

    Raises
    ------
    FileNotFoundError
        If there is no such file, or no run in the folder.
    KeyError
        If there is no such prediction, factor or group.
    ValueError
        If an argument does not fit, or a file can't be read.
    """
    format_of(args.out, TABLE, default="tsv")
    if args.by == "group" and (args.tfs or args.groups):
        raise ValueError("--tfs and --groups choose rows of the table with --by tf; add it, or leave them out")
    return printed(args.out, lambda: qc_table(args))


def qc_table(args: argparse.Namespace) -> str:
    """Table of a prediction, as text."""
    data = read_predicted(args.data)
    table = sma.get.qc(data, args.by, tfs=args.tfs, groups=args.groups, key=args.key, mod=args.mod)
    if args.by == "tf":
        return table_text(table)
    return table_text(table.rename_axis("group"), index=True)
