"""The command line: ``scmaxatac`` with ``demo``, ``predict``, ``variants`` and ``models``.

Results go to standard output, messages and progress bars to standard error. The exit code is 0; 1 where something else
than the input is at fault, such as a disk that is full; 2 after bad input; 130 after an interruption.
"""

import argparse
import logging
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from scmaxatac import __version__, settings
from scmaxatac._logging import logger
from scmaxatac.cli._arguments import parse_depth, parse_path

FAILED = 1
BAD_INPUT = 2
INTERRUPTED = 130

_Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code.

    Parameters
    ----------
    argv
        Arguments without the program's name; by default those of the process.
    """
    args = _parser().parse_args(argv)
    if args.run is None:
        args.help()
        return BAD_INPUT
    try:
        with _messages_to_stderr(quiet=args.quiet, debug=args.debug):
            args.run(args)
    except BrokenPipeError:  # the reader of our output, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (ValueError, KeyError, OSError, ImportError, RuntimeError) as error:
        if args.debug:
            raise
        sys.stderr.write(f"scmaxatac: error: {_one_line(error)}\n")
        return FAILED if isinstance(error, RuntimeError) else BAD_INPUT
    except KeyboardInterrupt:
        sys.stderr.write("scmaxatac: interrupted; the same command goes on from what is complete\n")
        return INTERRUPTED
    return 0


def _one_line(error: Warning | Exception | str) -> str:
    text = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    return " ".join(text.split()) or type(error).__name__


@contextmanager
def _messages_to_stderr(*, quiet: bool, debug: bool) -> Iterator[None]:
    """Show log messages and warnings, one line each, and put everything back afterwards."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    level, propagate, progress = logger.level, logger.propagate, settings.progress
    logger.addHandler(handler)
    logger.propagate = False  # other packages may have given the root logger a handler
    logger.setLevel(logging.DEBUG if debug else logging.WARNING if quiet else logging.INFO)
    settings.progress = progress and not quiet
    try:
        with warnings.catch_warnings():
            if not debug:
                warnings.simplefilter("ignore", DeprecationWarning)
                warnings.simplefilter("ignore", FutureWarning)
                warnings.showwarning = lambda message, *_, **__: logger.warning("warning: %s", _one_line(message))
            yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        logger.propagate = propagate
        settings.progress = progress


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("-q", "--quiet", action="store_true", help="no progress bars, only warnings and errors")
    common.add_argument("--debug", action="store_true", help="show where an error came from")

    parser = argparse.ArgumentParser(
        prog="scmaxatac",
        description="Transcription factor binding sites for every cluster of a single-cell ATAC-seq data set.",
        epilog="'scmaxatac COMMAND --help' explains a command. Documentation: https://scmaxatac.readthedocs.io",
    )
    parser.add_argument("--version", action="version", version=f"scmaxatac {__version__}")
    parser.set_defaults(run=None, help=parser.print_help)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    _add_demo(commands, common)
    _add_predict(commands, common)
    _add_variants(commands, common)
    _add_models(commands, common)
    return parser


def _add_demo(commands: _Commands, common: argparse.ArgumentParser) -> None:
    demo = commands.add_parser(
        "demo",
        parents=[common],
        help="run everything on simulated data and show what comes out",
        description=(
            "Simulate three clusters with known binding sites, predict them with the demo models that come with "
            "scmaxatac, and print how well that worked. Takes about a minute and works offline."
        ),
    )
    demo.add_argument(
        "--out", type=parse_path, default=Path("scmaxatac_demo"), metavar="DIR", help="default: %(default)s"
    )
    demo.set_defaults(run=_run_demo)


def _add_predict(commands: _Commands, common: argparse.ArgumentParser) -> None:
    predict = commands.add_parser(
        "predict",
        parents=[common],
        help="predict binding sites for the clusters of an h5ad or h5mu file",
        description=(
            "Predict binding sites, region scores and activities for each group of cells. Writes a copy of DATA with "
            "the results, sites as BED and, if asked, scores as bigWig to --out-dir, and prints the number of sites."
        ),
    )
    predict.add_argument("data", type=parse_path, metavar="DATA", help="clustered data, .h5ad or .h5mu")
    what = predict.add_argument_group("what to predict")
    what.add_argument("--groupby", nargs="+", required=True, metavar="COLUMN", help="column(s) of obs with the groups")
    what.add_argument("--tfs", nargs="+", metavar="TF", help="transcription factors; default: all installed models")
    what.add_argument("--models", metavar="DIR", help="folder of models, or demo; default: the downloaded ones")
    what.add_argument("--threshold", default="f1", metavar="RULE", help="f1, matched, mixed, 0.4, precision=0.8, "
                      "recall=0.3, log2fc=7; default: %(default)s")  # fmt: skip
    where = predict.add_argument_group("where")
    where.add_argument("--genome", type=parse_path, required=True, metavar="FILE", help="FASTA (.gz too) or .2bit")
    where.add_argument("--blacklist", type=parse_path, metavar="BED", help="regions to leave out")
    where.add_argument("--regions", default="auto", metavar="WHERE", help="auto (the data's peaks), genome, or a BED "
                       "file; default: %(default)s")  # fmt: skip
    where.add_argument("--chroms", nargs="+", metavar="CHROM", help="default: autosomes and X")
    where.add_argument("--signal-chroms", nargs="+", metavar="CHROM", help="chromosomes over which the signal's 99th "
                       "percentile is taken; default: those predicted")  # fmt: skip
    where.add_argument("--include-flanks", action="store_true", help="also call sites outside the regions, where "
                       "windows reach beyond them, as maxATAC does")  # fmt: skip
    cells = predict.add_argument_group("cells and fragments")
    cells.add_argument("--fragments", nargs="+", metavar="FILE", help="a fragment file, or SAMPLE=FILE for each sample")
    cells.add_argument("--sample-key", metavar="COLUMN", help="column of obs with the sample")
    cells.add_argument("--barcode-key", metavar="COLUMN", help="column of obs with the fragment file's barcodes")
    cells.add_argument("--replicate-key", metavar="COLUMN", help="column of obs with the replicate")
    cells.add_argument("--mod", default="atac", help="modality of an h5mu file; default: %(default)s")
    cells.add_argument("--min-cells", type=int, default=10, metavar="N", help="default: %(default)s")
    cells.add_argument("--min-fragments", type=int, default=10_000, metavar="N", help="default: %(default)s")
    cells.add_argument("--max-fragments", type=parse_depth, metavar="N", help="thin groups to N fragments, or with "
                       "match to those of the smallest, to compare them")  # fmt: skip
    cells.add_argument("--rng", type=int, default=0, metavar="SEED", help="seed of that; default: %(default)s")
    how = predict.add_argument_group("how")
    how.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, mps; default: %(default)s")
    how.add_argument("--backend", default="auto", help="torch, openvino, triton (NVIDIA GPUs, not measured), or "
                     "auto: on the CPU the faster one, measured once; default: %(default)s")  # fmt: skip
    how.add_argument("--precision", default="float32", help="float32 or bfloat16; default: %(default)s")
    how.add_argument("--preset", help="original (strand forward, step 256) or accurate (strand mean, step 128), at "
                     "four times the cost; default: as original")  # fmt: skip
    how.add_argument("--strand", help="forward, or mean of both strands; default: forward")
    how.add_argument("--step", type=int, metavar="BP", help="distance between windows, a multiple of the bins; "
                     "default: a quarter of a window, 256 for the published models")  # fmt: skip
    how.add_argument("--batch-size", type=int, metavar="N", help="windows in one pass; default: fits the device")
    result = predict.add_argument_group("results")
    result.add_argument("--out-dir", type=parse_path, default=Path("tfbs"), metavar="DIR", help="default: %(default)s")
    tracks = result.add_mutually_exclusive_group()
    tracks.add_argument("--save-tracks", action="store_const", const="all", default=False, help="also write scores of "
                        "all bins as bigWig")  # fmt: skip
    tracks.add_argument("--save-site-tracks", action="store_const", const="sites", dest="save_tracks", help="also "
                        "write scores as bigWig, but small ones: bins that may be sites, three decimals")  # fmt: skip
    result.add_argument("--key-added", default="tfbs", metavar="KEY", help="name in the object; default: %(default)s")
    predict.set_defaults(run=_run_predict)


def _add_variants(commands: _Commands, common: argparse.ArgumentParser) -> None:
    variants = commands.add_parser(
        "variants",
        parents=[common],
        help="score what variants do to binding, as a table or VCF file",
        description=(
            "Score each variant of a VCF file alone, with the networks and signals of a prediction that DATA holds. "
            "Writes a table (a row a variant, group and factor, tab-separated), or the VCF file with the scores in "
            "INFO. The ATAC signal is held as it was measured, so effects through accessibility are missed."
        ),
    )
    variants.add_argument("data", type=parse_path, metavar="DATA", help="file with predictions, .h5ad or .h5mu")
    variants.add_argument("vcf", type=parse_path, metavar="VCF", help="variants: .vcf, .vcf.gz (gzip or bgzip)")
    variants.add_argument(
        "--genome", type=parse_path, required=True, metavar="FILE", help="the genome of the prediction"
    )
    variants.add_argument("--blacklist", type=parse_path, metavar="BED", help="the blacklist of the prediction")
    variants.add_argument("--tfs", nargs="+", metavar="TF", help="default: all that were predicted")
    variants.add_argument("--groups", nargs="+", metavar="GROUP", help="default: all that were predicted")
    variants.add_argument("--strand", help="forward, or mean of both strands; default: as predicted")
    variants.add_argument("--outside-regions", action="store_true", help="also score outside the predicted regions")
    variants.add_argument("--null", type=parse_path, metavar="VCF", help="common variants that p-values are against")
    variants.add_argument("--frequency", default="AF", metavar="FIELD", help="field of INFO with the frequencies of "
                          "alternative alleles, for that; default: %(default)s")  # fmt: skip
    variants.add_argument("--min-effect", type=float, metavar="X", help="smallest change in logit; default: all rows")
    variants.add_argument("--out", type=parse_path, metavar="FILE", help="table (.tsv, .txt) or VCF file (.vcf), also "
                          "with .gz; default: the table on standard output")  # fmt: skip
    variants.add_argument("--key", default="tfbs", help="name of the results in the object; default: %(default)s")
    variants.add_argument("--mod", default="atac", help="modality of an h5mu file; default: %(default)s")
    variants.set_defaults(run=_run_variants)


def _add_models(commands: _Commands, common: argparse.ArgumentParser) -> None:
    models = commands.add_parser("models", help="list, download or convert models")
    models.set_defaults(run=None, help=models.print_help)
    actions = models.add_subparsers(title="commands", metavar="COMMAND")

    listing = actions.add_parser("list", parents=[common], help="the models there are")
    listing.add_argument("--installed", action="store_true", help="only those that need no download")
    listing.set_defaults(run=_list_models)

    download = actions.add_parser("download", parents=[common], help="download published models and convert them")
    which = download.add_mutually_exclusive_group(required=True)
    which.add_argument("tfs", nargs="*", default=[], metavar="TF", help="transcription factors")
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


def _run_demo(args: argparse.Namespace) -> None:
    from scmaxatac.cli._demo import run_demo

    sys.stdout.write(run_demo(args.out) + "\n")


def _run_predict(args: argparse.Namespace) -> None:
    from scmaxatac.cli._predict_file import predict_file

    sys.stdout.write(predict_file(args) + "\n")


def _run_variants(args: argparse.Namespace) -> None:
    from scmaxatac.cli._score_variants import variants_of_file

    sys.stdout.write(variants_of_file(args))


def _list_models(args: argparse.Namespace) -> None:
    from scmaxatac.models import list_models

    table = list_models(installed=args.installed).drop(columns="path")
    if table.empty:
        sys.stdout.write("no models are installed; 'scmaxatac models download TF ...' fetches them\n")
    else:
        sys.stdout.write(table.to_string(index=False, na_rep="", float_format=lambda x: f"{x:.3f}") + "\n")


def _download_models(args: argparse.Namespace) -> None:
    from scmaxatac.models import download

    for tf, folder in download(None if args.all else args.tfs).items():
        sys.stdout.write(f"{tf}\t{folder}\n")


def _download_blacklist(args: argparse.Namespace) -> None:
    from scmaxatac.models import download_blacklist

    sys.stdout.write(f"{download_blacklist()}\n")


def _convert_model(args: argparse.Namespace) -> None:
    from scmaxatac.models import from_keras

    model = from_keras(args.h5, calibration=args.calibration, tf=args.tf)
    sys.stdout.write(f"{model.tf}\t{model.save(args.folder)}\n")
