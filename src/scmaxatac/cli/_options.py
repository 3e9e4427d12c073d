"""Arguments that several commands have, and what they stand for."""

import argparse
from collections.abc import Sequence
from typing import Any, TypeAlias

import scmaxatac as sma
from scmaxatac.cli._arguments import parse_path, split_names
from scmaxatac.genome._named_genome import named_genome

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


class Names(argparse.Action):
    """Names that may be several words, be separated by commas, and be given in several options."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        """Add what an option brings to what was there."""
        names = [name for text in values or [] for name in split_names(text)]
        setattr(namespace, self.dest, [*(getattr(namespace, self.dest) or []), *names])


def add_names(parser: argparse._ActionsContainer, option: str, what: str, *, metavar: str) -> None:
    """Add an option for factors or chromosomes, whose names hold no commas."""
    parser.add_argument(option, nargs="+", action=Names, metavar=metavar, help=what)


def add_data(parser: argparse.ArgumentParser) -> None:
    """Add the file with the results of a prediction, or the folder of its run."""
    parser.add_argument("data", type=parse_path, metavar="DATA", help="file with predictions, .h5ad or "
                        ".h5mu; or the folder of a run, run-..., or the one that it lies in")  # fmt: skip


def add_place(parser: argparse._ActionsContainer) -> None:
    """Add where results are in an object."""
    parser.add_argument("--key", default="tfbs", help="name of the results in the object; default: %(default)s")
    add_mod(parser)


def add_mod(parser: argparse._ActionsContainer) -> None:
    """Add the modality."""
    parser.add_argument("--mod", default="atac", help="modality of an h5mu file; default: %(default)s")


def add_choice(parser: argparse._ActionsContainer) -> None:
    """Add the choice of factors and groups among those that were predicted."""
    add_names(parser, "--tfs", "factors; default: all that were predicted", metavar="TF")
    parser.add_argument(
        "--groups", nargs="+", action="extend", metavar="GROUP", help="groups; default: all that were predicted"
    )


def add_genome(parser: argparse._ActionsContainer, *, annotation: bool = False, sizes: bool = False) -> None:
    """Add the genome and its blacklist.

    Parameters
    ----------
    parser
        The command's, or a group of its arguments.
    annotation
        Whether the command has a use for genes.
    sizes
        Whether it needs no sequence.
    """
    also = ", a table of chromosome sizes (*.sizes)" if sizes else ""
    parser.add_argument("--genome", required=True, metavar="GENOME", help=f"FASTA (.gz too) or .2bit{also}, or a name "
                        "such as hg38: a file in the folder SCMAXATAC_GENOME_DIR")  # fmt: skip
    parser.add_argument("--blacklist", type=parse_path, metavar="BED", help="regions to leave out; default: none, of "
                        "a genome's name the one that lies beside its file")  # fmt: skip
    if annotation:
        parser.add_argument("--annotation", type=parse_path, metavar="GTF", help="genes, for plots and tables")


def genome_of(args: argparse.Namespace) -> "sma.Genome":
    """Genome that the arguments of :func:`add_genome` name."""
    if str(args.genome).endswith(".sizes"):
        return sma.Genome.from_sizes(parse_path(args.genome), blacklist=args.blacklist)
    return named_genome(args.genome, blacklist=args.blacklist, annotation=getattr(args, "annotation", None))


def add_device(parser: argparse._ActionsContainer) -> None:
    """Add how networks run."""
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, mps; default: %(default)s")
    parser.add_argument("--backend", default="auto", help="torch, openvino, triton (NVIDIA GPUs, not measured), or "
                        "auto: on the CPU the faster one, measured once; default: %(default)s")  # fmt: skip
    parser.add_argument("--precision", default="float32", help="float32 or bfloat16; default: %(default)s")


def add_figure(parser: argparse.ArgumentParser) -> None:
    """Add the file of a figure, and its size."""
    parser.add_argument("--out", type=parse_path, required=True, metavar="FILE", help=".png, .pdf, .svg and others")
    parser.add_argument("--figsize", nargs=2, type=float, metavar=("W", "H"), help="inches; default: by the content")


def add_table(parser: argparse.ArgumentParser, what: str = "table (.tsv, .txt), also with .gz") -> None:
    """Add the file of a table."""
    parser.add_argument("--out", type=parse_path, metavar="FILE", help=f"{what}; default: standard output")


def flags_of(parser: argparse.ArgumentParser) -> dict[str, str]:
    """How the command line calls the parameters of functions: options by their flags, arguments as help shows them."""
    found: dict[str, str] = {"save": "--out"}
    for action in parser._actions:
        long = [text for text in action.option_strings if text.startswith("--")]
        found[action.dest] = long[0] if long else str(action.metavar or action.dest)
        found |= {f"no_{action.dest}": text for text in long if text.startswith("--no-")}
    return found
