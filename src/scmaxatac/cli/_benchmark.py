"""``scmaxatac benchmark``: predicted scores against measured binding sites."""

import argparse
from typing import Any

import scmaxatac as sma
from scmaxatac.cli._arguments import parse_path, parse_places
from scmaxatac.cli._options import Commands, add_genome, add_names, add_place, add_table, genome_of
from scmaxatac.cli._output import TABLE, format_of, printed, table_text
from scmaxatac.cli._read_data import read_predicted
from scmaxatac.io._files import existing_file

_RUNS = (".h5ad", ".h5mu")


def add_benchmark(commands: Commands, common: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Add ``scmaxatac benchmark``."""
    benchmark = commands.add_parser(
        "benchmark",
        parents=[common],
        help="compare scores with measured binding sites",
        description=(
            "Compare scores with measured binding sites such as ChIP-seq peaks, bin by bin, as Cazares et al. 2023. "
            "Prints precision and recall measures, tab-separated, a row a chromosome and one for all together."
        ),
    )
    add_scores(benchmark)
    benchmark.add_argument("--regions", nargs="+", metavar="WHERE", help="count only bins inside: a BED file, or "
                           "regions such as chr5:8000-9000")  # fmt: skip
    benchmark.add_argument("--bin-size", type=int, default=200, metavar="BP", help="default: %(default)s")
    benchmark.add_argument("--n-bootstrap", type=int, default=200, metavar="N", help="draws for the interval of the "
                           "average precision, 0 for none; default: %(default)s")  # fmt: skip
    benchmark.add_argument("--block-size", type=int, default=1_000_000, metavar="BP", help="length of the blocks that "
                           "are drawn; default: %(default)s")  # fmt: skip
    benchmark.add_argument("--rng", type=int, default=0, metavar="SEED", help="seed of that; default: %(default)s")
    add_table(benchmark)
    benchmark.set_defaults(run=benchmark_of_files)
    return benchmark


def add_scores(parser: argparse.ArgumentParser) -> None:
    """Add scores, the peaks that they are compared with, and where."""
    parser.add_argument("scores", type=parse_path, metavar="SCORES", help="bigWig or BED file; or, with --tf and "
                        "--group, a file with predictions (.h5ad, .h5mu) or the folder of a run")  # fmt: skip
    parser.add_argument("peaks", type=parse_path, metavar="PEAKS", help="BED or narrowPeak file")
    add_genome(parser, sizes=True)
    add_names(parser, "--chroms", "default: those that hold scores", metavar="CHROM")
    parser.add_argument("--tf", help="factor, of predictions")
    parser.add_argument("--group", help="group, of predictions")
    add_place(parser)


def read_scores(args: argparse.Namespace) -> Any:
    """Scores that the arguments of :func:`add_scores` name: a file, or a table from predictions.

    Raises
    ------
    FileNotFoundError
        If there is no such file, or no run in the folder.
    KeyError
        If the file holds no such prediction, factor or group.
    ValueError
        If factor and group are missing, or given for a file that has none.
    """
    path, has_choice = args.scores, args.tf is not None or args.group is not None
    if not path.is_dir() and existing_file(path, "scores").suffix not in _RUNS:
        if has_choice:
            raise ValueError(
                f"--tf and --group choose among predictions (.h5ad, .h5mu, a run's folder), and {path} is none"
            )
        return path
    if args.tf is None or args.group is None:
        raise ValueError(f"{path} holds predictions: say with --tf and --group which are meant")
    return sma.get.track(read_predicted(path), args.tf, args.group, key=args.key, mod=args.mod)


def benchmark_of_files(args: argparse.Namespace) -> str:
    """Write the table of :func:`scmaxatac.tl.benchmark`, or return it as text."""
    format_of(args.out, TABLE, default="tsv")

    def make() -> str:
        peaks = existing_file(args.peaks, "peaks")
        table = sma.tl.benchmark(
            read_scores(args),
            peaks,
            genome=genome_of(args),
            chroms=args.chroms,
            regions=parse_places(args.regions),
            bin_size=args.bin_size,
            n_bootstrap=args.n_bootstrap,
            block_size=args.block_size,
            rng=args.rng,
        )
        return table_text(table, index=True)

    return printed(args.out, make)
