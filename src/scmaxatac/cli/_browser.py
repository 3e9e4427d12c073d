"""``scmaxatac browser``: files of a prediction for genome browsers, in a folder."""

import argparse

import scmaxatac as sma
from scmaxatac.cli._arguments import parse_path
from scmaxatac.cli._options import Commands, add_choice, add_data, add_place
from scmaxatac.cli._read_data import read_predicted


def add_browser(commands: Commands, common: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Add ``scmaxatac browser``."""
    browser = commands.add_parser(
        "browser",
        parents=[common],
        help="files for genome browsers: a session of IGV, a track hub of UCSC",
        description=(
            "Write signal, scores and sites of a prediction into a folder, with a session of IGV (igv_session.xml) and "
            "a track hub of UCSC (hub.txt). The folder can be moved or put on a web server as a whole. Prints the "
            "files that were made for the browsers."
        ),
    )
    add_data(browser)
    browser.add_argument("--out", dest="folder", type=parse_path, required=True, metavar="FOLDER", help="the folder, "
                         "apart from the run's own")  # fmt: skip
    browser.add_argument("--formats", nargs="+", choices=["igv", "ucsc"], help="default: both, or igv alone where the "
                         "genome's name is not known")  # fmt: skip
    add_choice(browser)
    browser.add_argument("--no-signal", dest="signal", action="store_false", help="leave out the ATAC signal")
    browser.add_argument("--assembly", metavar="NAME", help="genome in the browsers, such as hg38; default: what the "
                         "name of the genome's file says")  # fmt: skip
    browser.add_argument("--region", metavar="REGION", help="what IGV shows first, such as chr5:100,000-120,000, or "
                         "a gene; default: the site with the largest score")  # fmt: skip
    browser.add_argument("--name", default="scmaxatac", help="name of the hub; default: %(default)s")
    browser.add_argument("--email", metavar="ADDRESS", help="whom users of the hub can ask")
    add_place(browser)
    browser.set_defaults(run=browser_files)
    return browser


def browser_files(args: argparse.Namespace) -> str:
    """Write what :func:`scmaxatac.tl.write_browser_files` writes, and return the files to open, a line each.

    Raises
    ------
    FileNotFoundError
        If there is no such file or run, or the run's files are gone.
    KeyError
        If there is no such prediction, factor, group or gene.
    RuntimeError
        If another process is writing to the folder.
    ValueError
        If an argument does not fit, a file can't be read, or the folder can't be written to.
    """
    folder = sma.tl.write_browser_files(
        read_predicted(args.data),
        args.folder,
        formats=args.formats,
        tfs=args.tfs,
        groups=args.groups,
        signal=args.signal,
        assembly=args.assembly,
        region=args.region,
        name=args.name,
        email=args.email,
        key=args.key,
        mod=args.mod,
    )
    return "".join(f"{path}\n" for path in (folder / "igv_session.xml", folder / "hub.txt") if path.is_file())
