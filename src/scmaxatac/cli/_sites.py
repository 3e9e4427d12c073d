"""``scmaxatac sites``: the sites of a prediction, also at another threshold, as a table or BED file."""

import argparse
from typing import TYPE_CHECKING

import pandas as pd

import scmaxatac as sma
from scmaxatac.cli._arguments import parse_path, parse_threshold
from scmaxatac.cli._options import Commands, add_choice, add_data, add_place, add_table
from scmaxatac.cli._output import TABLE, format_of, printed, table_text
from scmaxatac.cli._read_data import read_predicted
from scmaxatac.cli._result_files import sites_as_bed
from scmaxatac.io._narrow_peak import narrow_peaks

if TYPE_CHECKING:
    from anndata import AnnData
    from mudata import MuData

_FORMATS = TABLE | {".bed": "bed", ".narrowPeak": "narrowPeak"}


def add_sites(commands: Commands, common: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Add ``scmaxatac sites``."""
    sites = commands.add_parser(
        "sites",
        parents=[common],
        help="binding sites of a prediction, also at another threshold",
        description=(
            "Binding sites of a prediction that DATA holds, all or of some factors and groups, as they were called or, "
            "with --threshold, called anew from the scores that the run kept. DATA is not changed. A table with a row "
            "a site, BED (name factor|group, score 0 to 1) or narrowPeak (score 0 to 1,000, signalValue 0 to 1)."
        ),
    )
    add_data(sites)
    sites.add_argument("--threshold", metavar="RULE", help="f1, 0.4, precision=0.8, recall=0.3, log2fc=7; or "
                       "matched or mixed, if DATA was predicted with one of them or over the whole genome; default: "
                       "the sites as they were called")  # fmt: skip
    sites.add_argument("--include-flanks", action="store_true", default=None, help="with --threshold, also sites "
                       "outside the regions; default: as predicted")  # fmt: skip
    add_choice(sites)
    sites.add_argument("--min-score", type=float, metavar="X", help="smallest score of a site")
    sites.add_argument("--genes", type=parse_path, metavar="GTF", help="add the nearest gene to the table, and the "
                       "distance to the start of its transcription")  # fmt: skip
    sites.add_argument("--format", choices=["tsv", "bed", "narrowPeak"], help="default: by the ending of --out, "
                       "else tsv")  # fmt: skip
    add_table(sites, "file (.tsv, .txt, .bed, .narrowPeak), also with .gz")
    add_place(sites)
    sites.set_defaults(run=sites_of_file)
    return sites


def sites_of_file(args: argparse.Namespace) -> str:
    """Write the sites of a file with predictions, or return them as text.

    Raises
    ------
    FileNotFoundError
        If the file, or for another threshold the folder of the run, is not there.
    KeyError
        If the file holds no such prediction, factor or group.
    ValueError
        If an argument does not fit, or a file can't be read.
    """
    kind = args.format or format_of(args.out, _FORMATS, default="tsv")
    if args.genes is not None and kind != "tsv":
        raise ValueError(f"--genes adds columns to a table, and the format is {kind}; choose --format tsv")
    if args.include_flanks and args.threshold is None:
        raise ValueError("--include-flanks is for sites that are called anew; add --threshold")

    def make() -> str:
        sites = _sites(read_predicted(args.data), args)
        if kind == "tsv":
            return table_text(sites)
        bed = sites_as_bed(sites)
        if kind == "narrowPeak":
            bed = narrow_peaks(bed, bed["name"].tolist())
        text: str = bed.to_csv(sep="\t", header=False, index=False, float_format="%.6g", lineterminator="\n")
        return text

    return printed(args.out, make)


def _sites(data: "AnnData | MuData", args: argparse.Namespace) -> pd.DataFrame:
    if args.threshold is not None:
        rule = parse_threshold(args.threshold)
        sma.tl.call_sites(data, rule, include_flanks=args.include_flanks, key=args.key, mod=args.mod)
    return sma.get.sites(
        data,
        tfs=args.tfs,
        groups=args.groups,
        min_score=args.min_score,
        genes=False if args.genes is None else args.genes,
        key=args.key,
        mod=args.mod,
    )
