"""``scmaxatac plot``: a figure of a prediction, a comparison or a training, as a file."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import scmaxatac as sma
from scmaxatac.cli._arguments import parse_pairs, parse_path, parse_places
from scmaxatac.cli._benchmark import add_scores, read_scores
from scmaxatac.cli._options import Commands, add_choice, add_data, add_figure, add_mod, add_names, genome_of
from scmaxatac.cli._output import own_output
from scmaxatac.cli._read_data import read_predicted
from scmaxatac.io._files import existing_file
from scmaxatac.io._output import output_file
from scmaxatac.plotting._finish import check_save

_Draw = Callable[..., object]

_OF_RESULTS: dict[str, tuple[_Draw, str]] = {
    "heatmap": (sma.pl.heatmap, "activity of each factor in each group"),
    "qc": (sma.pl.qc, "depth, match rate and scale of the groups"),
    "sites": (sma.pl.sites_per_group, "number of sites of each factor in each group"),
    "ranks": (sma.pl.rank_tfs, "first factors of each group, as tl.rank_tfs left them in the file"),
    "differential": (sma.pl.differential, "comparison of groups, as tl.differential_tfbs left it in the file"),
    "variants": (sma.pl.variant_effects, "largest effects of variants, as tl.score_variants left them in the file"),
}
"""Figures that need nothing but what a file with predictions holds: what draws them, and what they show."""


def add_plot(commands: Commands, common: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Add ``scmaxatac plot``."""
    plot = commands.add_parser(
        "plot",
        help="a figure of a prediction, a comparison or a training",
        description="Draw a figure into a file, whose ending says the format: .png, .pdf, .svg and others.",
    )
    plot.set_defaults(run=None, help=plot.print_help)
    kinds = plot.add_subparsers(title="figures", metavar="FIGURE")
    _add_tracks(kinds, common)
    for name, (_, text) in _OF_RESULTS.items():
        kind = kinds.add_parser(name, parents=[common], help=text, description=f"Draw the {text}.")
        add_data(kind)
        if name not in ("qc", "differential"):
            add_choice(kind)
        elif name == "differential":
            add_names(kind, "--tfs", "default: the first ones", metavar="TF")
            kind.add_argument("--comparison", metavar="NAME", help="default: the only one")
        if name == "heatmap":
            scales = kind.add_mutually_exclusive_group()
            for option, what in (("--standard-scale", "from 0 to 1"), ("--z-score", "by mean and standard deviation")):
                scales.add_argument(option, choices=["tf", "group"], help=f"scale each {what}; default: as they are")
        kind.add_argument("--key", help="name of the results in the object")
        add_mod(kind)
        add_figure(kind)
        kind.set_defaults(run=_draw_results, figure=name)
    _add_scores(kinds, common)
    _add_comparison(kinds, common)
    curve = kinds.add_parser("training", parents=[common], help="losses and Dice of a training by epoch")
    curve.add_argument("folder", type=parse_path, metavar="DIR", help="folder of a training, or its history.csv")
    add_figure(curve)
    curve.set_defaults(run=_draw_training)
    return plot


def _add_tracks(kinds: Commands, common: argparse.ArgumentParser) -> None:
    tracks = kinds.add_parser(
        "tracks",
        parents=[common],
        help="signal, scores and sites over a region or gene",
        description="Draw each group's ATAC signal, scores and sites over a region or around a gene.",
    )
    add_data(tracks)
    tracks.add_argument("region", metavar="REGION", help="such as chr5:100,000-120,000, or the name of a gene")
    add_choice(tracks)
    tracks.add_argument("--layout", default="groups", help="groups, tfs or overlay; default: %(default)s")
    tracks.add_argument("--genes", type=parse_path, metavar="GTF", help="default: the annotation of the run's genome")
    tracks.add_argument("--intervals", nargs="+", action="extend", metavar="NAME=BED", help="rows of bars, such as "
                        "peaks")  # fmt: skip
    tracks.add_argument("--highlight", nargs="+", metavar="WHERE", help="regions to shade, or a BED file")
    tracks.add_argument("--flank", type=int, default=5_000, metavar="BP", help="on either side of a gene; "
                        "default: %(default)s")  # fmt: skip
    tracks.add_argument("--key", help="name of the results in the object")
    add_mod(tracks)
    add_figure(tracks)
    tracks.set_defaults(run=_draw_tracks)


def _add_scores(kinds: Commands, common: argparse.ArgumentParser) -> None:
    scores = kinds.add_parser("scores", parents=[common], help="how many regions reach which score of a factor")
    add_data(scores)
    scores.add_argument("tf", metavar="TF", help="transcription factor")
    scores.add_argument(
        "--groups", nargs="+", action="extend", metavar="GROUP", help="default: all that were predicted"
    )
    scores.add_argument("--key", help="name of the results in the object")
    add_mod(scores)
    add_figure(scores)
    scores.set_defaults(run=_draw_scores)


def _add_comparison(kinds: Commands, common: argparse.ArgumentParser) -> None:
    recall = kinds.add_parser(
        "precision-recall", parents=[common], help="scores against measured sites, as 'scmaxatac benchmark' compares"
    )
    add_scores(recall)
    recall.add_argument("--regions", nargs="+", metavar="WHERE", help="count only bins inside: a BED file, or regions")
    recall.add_argument("--bin-size", type=int, default=200, metavar="BP", help="default: %(default)s")
    add_figure(recall)
    recall.set_defaults(run=_draw_comparison)


def _draw_tracks(args: argparse.Namespace) -> str:
    return _draw(
        args,
        sma.pl.tracks,
        lambda: (read_predicted(args.data), args.region),
        **_chosen(args, "tfs", "groups", "key", "genes"),
        layout=args.layout,
        intervals=parse_pairs(args.intervals),
        highlight=parse_places(args.highlight),
        flank=args.flank,
        mod=args.mod,
    )


def _draw_results(args: argparse.Namespace) -> str:
    options = _chosen(args, "tfs", "groups", "comparison", "standard_scale", "z_score", "key")
    return _draw(args, _OF_RESULTS[args.figure][0], lambda: (read_predicted(args.data),), **options, mod=args.mod)


def _draw_scores(args: argparse.Namespace) -> str:
    options = _chosen(args, "groups", "key")
    return _draw(args, sma.pl.score_distribution, lambda: (read_predicted(args.data), args.tf), **options, mod=args.mod)


def _draw_comparison(args: argparse.Namespace) -> str:
    return _draw(
        args,
        sma.pl.precision_recall,
        lambda: (read_scores(args), existing_file(args.peaks, "peaks")),
        genome=genome_of(args),
        chroms=args.chroms,
        regions=parse_places(args.regions),
        bin_size=args.bin_size,
    )


def _draw_training(args: argparse.Namespace) -> str:
    return _draw(args, sma.pl.learning_curve, lambda: (args.folder,))


def _chosen(args: argparse.Namespace, *names: str) -> dict[str, Any]:
    """Those of some options that were given."""
    return {name: value for name in names if (value := getattr(args, name, None)) is not None}


def _draw(args: argparse.Namespace, draw: _Draw, read: Callable[[], tuple[Any, ...]], **options: Any) -> str:
    """Draw into the file of the arguments, once it is certain that it can be written."""
    out: Path = output_file(args.out)
    check_save(out)
    import matplotlib

    matplotlib.use("Agg")  # a file is drawn, no window
    if args.figsize is not None:
        options["figsize"] = tuple(args.figsize)
    with own_output(out) as temporary:
        draw(*read(), **options, save=temporary)
    return ""
