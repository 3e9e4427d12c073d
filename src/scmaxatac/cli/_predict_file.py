"""``scmaxatac predict``: a file in, files and a table out."""

import argparse
from pathlib import Path

import scmaxatac as sma
from scmaxatac._logging import logger
from scmaxatac.cli._arguments import parse_depth, parse_fragments, parse_path, parse_places, parse_threshold
from scmaxatac.cli._options import Commands, add_device, add_genome, add_mod, add_names, genome_of
from scmaxatac.cli._read_data import read_data
from scmaxatac.cli._result_files import SITES, InputFile, check_results, results_folder, write_results
from scmaxatac.io._files import existing_file


def add_predict(commands: Commands, common: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Add ``scmaxatac predict``."""
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
    add_names(what, "--tfs", "transcription factors, also by other names (PU.1); default: all installed models",
              metavar="TF")  # fmt: skip
    what.add_argument("--models", metavar="DIR", help="folder of models, or demo; default: the downloaded ones")
    what.add_argument("--threshold", default="f1", metavar="RULE", help="f1, matched, mixed, 0.4, precision=0.8, "
                      "recall=0.3, log2fc=7; default: %(default)s")  # fmt: skip
    where = predict.add_argument_group("where")
    add_genome(where, annotation=True)
    where.add_argument("--regions", nargs="+", default=["auto"], metavar="WHERE", help="auto (the data's peaks), "
                       "genome, a BED file, or regions such as chr5:8000-9000; default: auto")  # fmt: skip
    add_names(where, "--chroms", "chromosomes to predict; default: autosomes and X", metavar="CHROM")
    add_names(where, "--signal-chroms", "chromosomes over which the signal's 99th percentile is taken; default: those "
              "predicted", metavar="CHROM")  # fmt: skip
    where.add_argument("--include-flanks", action="store_true", help="also call sites outside the regions, where "
                       "windows reach beyond them, as maxATAC does")  # fmt: skip
    cells = predict.add_argument_group("cells and fragments")
    cells.add_argument("--fragments", nargs="+", metavar="FILE", help="a fragment file, or SAMPLE=FILE for each sample")
    cells.add_argument("--sample-key", metavar="COLUMN", help="column of obs with the sample")
    cells.add_argument("--barcode-key", metavar="COLUMN", help="column of obs with the fragment file's barcodes")
    cells.add_argument("--replicate-key", metavar="COLUMN", help="column of obs with the replicate")
    add_mod(cells)
    cells.add_argument("--min-cells", type=int, default=10, metavar="N", help="skip groups of fewer cells; "
                       "default: %(default)s")  # fmt: skip
    cells.add_argument("--min-fragments", type=int, default=10_000, metavar="N", help="skip groups of fewer "
                       "fragments; default: %(default)s")  # fmt: skip
    cells.add_argument("--max-fragments", type=parse_depth, metavar="N", help="thin groups to N fragments, or with "
                       "match to those of the smallest, to compare them")  # fmt: skip
    cells.add_argument("--rng", type=int, default=0, metavar="SEED", help="seed of that; default: %(default)s")
    how = predict.add_argument_group("how")
    add_device(how)
    how.add_argument("--preset", help="original (strand forward, step 256) or accurate (strand mean, step 128), at "
                     "four times the cost; default: as original")  # fmt: skip
    how.add_argument("--strand", help="forward, or mean of both strands; default: forward")
    how.add_argument("--step", type=int, metavar="BP", help="distance between windows, a multiple of the bins; "
                     "default: a quarter of a window, 256 for the published models")  # fmt: skip
    how.add_argument("--batch-size", type=int, metavar="N", help="windows in one pass; default: fits the device")
    result = predict.add_argument_group("results")
    result.add_argument("--out-dir", type=parse_path, default=Path("tfbs"), metavar="DIR", help="folder of results; "
                        "default: %(default)s")  # fmt: skip
    tracks = result.add_mutually_exclusive_group()
    tracks.add_argument("--save-tracks", action="store_const", const="all", default=False, help="also write scores of "
                        "all bins as bigWig")  # fmt: skip
    tracks.add_argument("--save-site-tracks", action="store_const", const="sites", dest="save_tracks", help="also "
                        "write scores as bigWig, but small ones: bins that may be sites, three decimals")  # fmt: skip
    result.add_argument("--key-added", default="tfbs", metavar="KEY", help="name of the results in the object; "
                        "default: %(default)s")  # fmt: skip
    predict.set_defaults(run=predict_file)
    return predict


def predict_file(args: argparse.Namespace) -> str:
    """Predict for the groups of an h5ad or h5mu file; write the results and return the table of sites.

    Parameters
    ----------
    args
        Arguments of the command line.

    Returns
    -------
    Number of sites of each group (rows) and transcription factor (columns).

    Raises
    ------
    FileNotFoundError
        If one of the files does not exist.
    RuntimeError
        If another process writes to the folder, or a result can't be written; the message says what is kept.
    ValueError
        If an argument is not understood, or something that is not this command's own would be replaced.
    """
    source = InputFile(existing_file(args.data, "data"))
    threshold, fragments = parse_threshold(args.threshold), parse_fragments(args.fragments)
    with results_folder(args.out_dir, source, _other_inputs(args, fragments)) as folder:
        genome = genome_of(args)
        data = read_data(args.data)
        check_results(folder, source, data, key=args.key_added, mod=args.mod)
        sma.tl.predict_tfbs(
            data,
            args.groupby[0] if len(args.groupby) == 1 else args.groupby,
            tfs=args.tfs,
            genome=genome,
            fragments=fragments,
            models=args.models,
            regions=parse_places(args.regions),
            chroms=args.chroms,
            threshold=threshold,
            preset=args.preset,
            strand=args.strand,
            step=args.step,
            include_flanks=args.include_flanks,
            signal_chroms=args.signal_chroms,
            min_cells=args.min_cells,
            min_fragments=args.min_fragments,
            max_fragments=args.max_fragments,
            rng=args.rng,
            sample_key=args.sample_key,
            replicate_key=args.replicate_key,
            barcode_key=args.barcode_key,
            mod=args.mod,
            device=args.device,
            backend=args.backend,
            precision=args.precision,
            batch_size=args.batch_size,
            out_dir=args.out_dir,
            save_tracks=args.save_tracks,
            key_added=args.key_added,
        )
        write_results(folder, source, data, key=args.key_added, mod=args.mod)
    logger.info("data with the results: %s; sites: %s", args.out_dir / args.data.name, args.out_dir / SITES)
    sites = sma.get.sites(data, key=args.key_added, mod=args.mod)
    return f"binding sites\n{sites.groupby(['group', 'tf'], observed=False).size().unstack('tf').to_string()}\n"


def _other_inputs(args: argparse.Namespace, fragments: str | dict[str, str] | None) -> list[Path]:
    """Files that are read beside the data, as far as the arguments name them."""
    named = fragments.values() if isinstance(fragments, dict) else [fragments]
    given = [args.genome, args.blacklist, args.annotation, *args.regions, *named]
    return [Path(file).expanduser() for file in given if file is not None]
