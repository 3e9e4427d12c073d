"""``scmaxatac train``: a network from a table of signals and peaks."""

import argparse
from argparse import BooleanOptionalAction

import scmaxatac as sma
from scmaxatac.cli._arguments import parse_path
from scmaxatac.cli._options import Commands, add_genome, add_names, genome_of
from scmaxatac.cli._read_data import read_data


def add_train(commands: Commands, common: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Add ``scmaxatac train``."""
    train = commands.add_parser(
        "train",
        parents=[common],
        help="train a network for a transcription factor",
        description=(
            "Train a network on ATAC-seq and ChIP-seq of some cell types, listed in TABLE: tab-separated, a row a cell "
            "type, with the columns name, signal (a bigWig, or a group of --data), atac_peaks, chip_peaks and role "
            "(train, validation or test). A run that was stopped goes on when the same command is given again."
        ),
    )
    train.add_argument("table", type=parse_path, metavar="TABLE", help="the cell types; paths start from its folder")
    train.add_argument("tf", metavar="TF", help="name of the transcription factor")
    where = train.add_argument_group("where")
    add_genome(where)
    add_names(where, "--chroms-train", "default: autosomes but chr1, 2, 8 and 19", metavar="CHROM")
    add_names(where, "--chroms-valid", "default: chr2, chr19", metavar="CHROM")
    add_names(where, "--chroms-test", "left alone; default: chr1, chr8", metavar="CHROM")
    where.add_argument("--out-dir", type=parse_path, required=True, metavar="DIR", help="folder of the model")
    cells = train.add_argument_group("signals of groups of cells")
    cells.add_argument("--data", type=parse_path, metavar="FILE", help="clustered data, .h5ad or .h5mu")
    cells.add_argument("--groupby", nargs="+", metavar="COLUMN", help="column(s) of obs with the groups")
    shown = train.add_argument_group("what the network is shown")
    shown.add_argument("--init", metavar="MODEL", help="model to start from; default: random weights")
    shown.add_argument("--pan-cell", action=BooleanOptionalAction, default=True, help="show each region in a random "
                       "training cell type, or in the one that it is a peak of; default: random")  # fmt: skip
    shown.add_argument("--random-ratio", type=float, default=0.0, metavar="X", help="share of each batch from anywhere "
                       "on the training chromosomes; default: %(default)s")  # fmt: skip
    shown.add_argument("--reverse-complement", action=BooleanOptionalAction, default=True, help="show half of the "
                       "windows as their reverse complement; default: yes")  # fmt: skip
    shown.add_argument("--jitter", type=int, default=0, metavar="BP", help="shift windows at random; "
                       "default: %(default)s")  # fmt: skip
    shown.add_argument("--signal-scaling", type=float, nargs=2, metavar=("LOW", "HIGH"), help="multiply signals by "
                       "random factors; default: none")  # fmt: skip
    how = train.add_argument_group("how")
    for name, kind, default, text in (
        ("epochs", int, 100, ""),
        ("batch-size", int, 1000, ""),
        ("batches-per-epoch", int, 100, ""),
        ("max-validation", int, 100_000, "windows by which the epoch is chosen; "),
        ("learning-rate", float, 1e-3, ""),
        ("decay", float, 1e-5, ""),
        ("seed", int, 0, ""),
    ):
        how.add_argument(f"--{name}", type=kind, default=default, metavar="N", help=f"{text}default: %(default)s")
    how.add_argument("--patience", type=int, metavar="N", help="stop after N epochs without a better one; "
                     "default: never")  # fmt: skip
    for name, usual in (("precision", "32-true"), ("accelerator", "auto"), ("strategy", "auto")):
        how.add_argument(f"--{name}", default=usual, help="as in Lightning; default: %(default)s")
    how.add_argument("--devices", type=int, default=1, metavar="N", help="default: %(default)s")
    how.add_argument("--resume", action=BooleanOptionalAction, default=True, help="go on with the run in --out-dir, or "
                     "start anew; default: go on")  # fmt: skip
    train.set_defaults(run=train_from_files)
    return train


def train_from_files(args: argparse.Namespace) -> str:
    """Train a network with :func:`scmaxatac.tl.train`; return factor and folder as text."""
    if (args.data is None) != (args.groupby is None):
        raise ValueError("--data and --groupby belong together: the object, and the column of obs with its groups")
    columns = None if args.groupby is None else args.groupby[0] if len(args.groupby) == 1 else args.groupby
    model = sma.tl.train(
        args.table,
        args.tf,
        genome=genome_of(args),
        out_dir=args.out_dir,
        chroms_train=args.chroms_train,
        chroms_valid=args.chroms_valid,
        chroms_test=args.chroms_test,
        data=None if args.data is None else read_data(args.data),
        groupby=columns,
        init=args.init,
        pan_cell=args.pan_cell,
        random_ratio=args.random_ratio,
        reverse_complement=args.reverse_complement,
        jitter=args.jitter,
        signal_scaling=None if args.signal_scaling is None else (args.signal_scaling[0], args.signal_scaling[1]),
        epochs=args.epochs,
        batch_size=args.batch_size,
        batches_per_epoch=args.batches_per_epoch,
        max_validation=args.max_validation,
        learning_rate=args.learning_rate,
        decay=args.decay,
        patience=args.patience,
        seed=args.seed,
        precision=args.precision,
        accelerator=args.accelerator,
        devices=args.devices,
        strategy=args.strategy,
        resume=args.resume,
    )
    return f"{model.tf}\t{args.out_dir}\n"
