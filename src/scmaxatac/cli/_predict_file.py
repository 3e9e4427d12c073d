"""``scmaxatac predict``: a file in, files and a table out."""

import argparse
from pathlib import Path

import scmaxatac as sma
from scmaxatac._logging import logger
from scmaxatac.cli._arguments import parse_fragments, parse_threshold
from scmaxatac.cli._result_files import SITES, InputFile, check_results, results_folder, write_results
from scmaxatac.cli._read_data import read_data
from scmaxatac.io._files import existing_file


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
        genome = sma.Genome(args.genome, blacklist=args.blacklist)
        data = read_data(args.data)
        check_results(folder, source, data, key=args.key_added, mod=args.mod)
        sma.tl.predict_tfbs(
            data,
            args.groupby[0] if len(args.groupby) == 1 else args.groupby,
            tfs=args.tfs,
            genome=genome,
            fragments=fragments,
            models=args.models,
            regions=args.regions,
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
    return f"binding sites\n{sites.groupby(['group', 'tf'], observed=False).size().unstack('tf').to_string()}"


def _other_inputs(args: argparse.Namespace, fragments: str | dict[str, str] | None) -> list[Path]:
    """Files that are read beside the data, as far as the arguments name them."""
    named = fragments.values() if isinstance(fragments, dict) else [fragments]
    return [Path(file).expanduser() for file in (args.genome, args.blacklist, args.regions, *named) if file is not None]
