"""``scmaxatac variants``: a predicted file and variants in, a table out."""

import argparse

import pandas as pd

import scmaxatac as sma
from scmaxatac.cli._predict_file import read_data
from scmaxatac.io._files import existing_file
from scmaxatac.io._output import output_file
from scmaxatac.io._owned_file import owned_file


def variants_of_file(args: argparse.Namespace) -> str:
    """Score the variants of a VCF file with the prediction that an h5ad or h5mu file holds.

    Parameters
    ----------
    args
        Arguments of the command line.

    Returns
    -------
    Table of :func:`scmaxatac.get.variants`, tab-separated; "" if it was written to a file.

    Raises
    ------
    FileNotFoundError
        If one of the files, or the folder of the prediction, does not exist.
    KeyError
        If the file holds no such prediction, factor or group.
    RuntimeError
        If another process is writing the file of the table.
    ValueError
        If a file can't be read, the genome is not the one that was predicted, or a file that this command did not
        write would be replaced.
    """
    if args.out is None:
        return _text(_table(args))
    with owned_file(output_file(args.out)) as temporary:
        temporary.write_text(_text(_table(args)), encoding="utf-8")
    return ""


def _table(args: argparse.Namespace) -> pd.DataFrame:
    path, vcf = existing_file(args.data, "data"), existing_file(args.vcf, "VCF file")
    genome = sma.Genome(args.genome, blacklist=args.blacklist)
    data = read_data(path)
    sma.tl.score_variants(
        data,
        vcf,
        genome=genome,
        tfs=args.tfs,
        groups=args.groups,
        strand=args.strand,
        outside_regions=args.outside_regions,
        key=args.key,
        mod=args.mod,
    )
    return sma.get.variants(data, min_effect=args.min_effect, key=args.key, mod=args.mod)


def _text(table: pd.DataFrame) -> str:
    text: str = table.to_csv(sep="\t", index=False, float_format="%.6g")
    return text
