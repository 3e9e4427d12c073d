"""``scmaxatac variants``: a predicted file and variants in, a table or a VCF file out."""

import argparse
from pathlib import Path
from typing import Any

import scmaxatac as sma
from scmaxatac.cli._arguments import parse_path
from scmaxatac.cli._options import Commands, add_choice, add_data, add_genome, add_place, add_table, genome_of
from scmaxatac.cli._read_data import existing_data, read_predicted
from scmaxatac.io._files import existing_file
from scmaxatac.io._output import output_file
from scmaxatac.io._owned_file import owned_file
from scmaxatac.results._reader import find_results
from scmaxatac.results._variant_files import variant_format, variant_text, write_variant_file


def add_variants(commands: Commands, common: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Add ``scmaxatac variants``."""
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
    add_data(variants)
    variants.add_argument("vcf", type=parse_path, metavar="VCF", help="variants: .vcf, .vcf.gz (gzip or bgzip)")
    add_genome(variants)
    add_choice(variants)
    variants.add_argument("--strand", help="forward, or mean of both strands; default: as predicted")
    variants.add_argument("--outside-regions", action="store_true", help="also score outside the predicted regions")
    variants.add_argument("--null", type=parse_path, metavar="VCF", help="common variants that p-values are against")
    variants.add_argument("--frequency", default="AF", metavar="FIELD", help="field of INFO with the frequencies of "
                          "alternative alleles, for that; default: %(default)s")  # fmt: skip
    variants.add_argument("--min-effect", type=float, metavar="X", help="smallest change in logit; default: all rows")
    add_table(variants, "table (.tsv, .txt) or VCF file (.vcf), also with .gz")
    add_place(variants)
    variants.set_defaults(run=variants_of_file)
    return variants


def variants_of_file(args: argparse.Namespace) -> str:
    """Score the variants of a VCF file with the prediction that an h5ad or h5mu file, or the folder of a run, holds.

    Parameters
    ----------
    args
        Arguments of the command line.

    Returns
    -------
    Table of :func:`scmaxatac.get.variants`, tab-separated; "" if it, or a VCF file, was written.

    Raises
    ------
    FileNotFoundError
        If one of the files, or the folder of the prediction, does not exist.
    KeyError
        If the file holds no such prediction, factor or group.
    RuntimeError
        If another process is writing the file of the table.
    ValueError
        If a file can't be read, the genome is not the one that was predicted, the output's name ends in something else
        than that of a table or a VCF file, or a file that this command did not write would be replaced.
    """
    path, vcf = existing_data(args.data), existing_file(args.vcf, "VCF file")
    if args.out is None:
        data = _scored(args, path, vcf)
        return variant_text(sma.get.variants(data, min_effect=args.min_effect, key=args.key, mod=args.mod))
    file = variant_format(args.out)
    with owned_file(output_file(args.out)) as temporary:
        results = find_results(_scored(args, path, vcf), args.key, args.mod)
        write_variant_file(results, temporary, file, vcf, tfs=None, groups=None, min_effect=args.min_effect)
    return ""


def _scored(args: argparse.Namespace, path: Path, vcf: Path) -> Any:
    """Object of the file, with scores of the variants."""
    null = None if args.null is None else existing_file(args.null, "VCF file of common variants")
    genome = genome_of(args)
    data = read_predicted(path)
    sma.tl.score_variants(
        data,
        vcf,
        genome=genome,
        tfs=args.tfs,
        groups=args.groups,
        strand=args.strand,
        outside_regions=args.outside_regions,
        null=null,
        frequency=args.frequency,
        key=args.key,
        mod=args.mod,
    )
    return data
