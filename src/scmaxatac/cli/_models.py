"""``scmaxatac models``: list, download and convert models."""

import argparse

from scmaxatac.cli._arguments import parse_path
from scmaxatac.cli._options import Commands, Names
from scmaxatac.cli._output import table_text


def add_models(commands: Commands, common: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Add ``scmaxatac models``."""
    models = commands.add_parser("models", help="list, download or convert models")
    models.set_defaults(run=None, help=models.print_help)
    actions = models.add_subparsers(title="commands", metavar="COMMAND")

    listing = actions.add_parser("list", parents=[common], help="the models there are")
    listing.add_argument("--installed", action="store_true", help="only those that need no download")
    listing.add_argument("--tsv", action="store_true", help="tab-separated, for other programs")
    listing.set_defaults(run=_list_models)

    download = actions.add_parser("download", parents=[common], help="download published models and convert them")
    which = download.add_mutually_exclusive_group(required=True)
    which.add_argument("tfs", nargs="*", action=Names, default=[], metavar="TF", help="transcription factors")
    which.add_argument("--all", action="store_true", help="all 127 (about 210 MB)")
    download.set_defaults(run=_download_models)

    blacklist = actions.add_parser(
        "blacklist", parents=[common], help="download maxATAC's blacklist of hg38 and print its path"
    )
    blacklist.set_defaults(run=_download_blacklist)

    convert = actions.add_parser("convert", parents=[common], help="convert a Keras file of maxATAC's network")
    convert.add_argument("h5", type=parse_path, metavar="FILE", help="the .h5 file")
    convert.add_argument("folder", type=parse_path, metavar="DIR", help="folder of the converted model")
    convert.add_argument("--calibration", type=parse_path, metavar="TSV", help="default: the table beside the file")
    convert.add_argument("--tf", help="transcription factor; default: from the file's name")
    convert.set_defaults(run=_convert_model)
    return models


def _list_models(args: argparse.Namespace) -> str:
    from scmaxatac.models import list_models

    table = list_models(installed=args.installed).drop(columns="path")
    if args.tsv:
        return table_text(table)
    if table.empty:
        return "no models are installed; 'scmaxatac models download TF ...' fetches them\n"
    text: str = table.to_string(index=False, na_rep="", float_format=lambda x: f"{x:.3f}")
    return text + "\n"


def _download_models(args: argparse.Namespace) -> str:
    from scmaxatac.models import download

    return "".join(f"{tf}\t{folder}\n" for tf, folder in download(None if args.all else args.tfs).items())


def _download_blacklist(args: argparse.Namespace) -> str:
    from scmaxatac.models import download_blacklist

    return f"{download_blacklist()}\n"


def _convert_model(args: argparse.Namespace) -> str:
    from scmaxatac.models import from_keras

    model = from_keras(args.h5, calibration=args.calibration, tf=args.tf)
    return f"{model.tf}\t{model.save(args.folder)}\n"
