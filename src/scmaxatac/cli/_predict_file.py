"""``scmaxatac predict``: a file in, files and a table out."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import scmaxatac as sma
from scmaxatac._logging import logger
from scmaxatac.cli._arguments import parse_fragments, parse_threshold
from scmaxatac.cli._result_files import SITES, InputFile, check_results, results_folder, write_results
from scmaxatac.containers._mudata import columns_not_pulled
from scmaxatac.io._files import existing_file

if TYPE_CHECKING:
    from anndata import AnnData
    from mudata import MuData


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


def read_data(path: Path) -> "AnnData | MuData":
    """Read an h5ad or h5mu file.

    Parameters
    ----------
    path
        The file; its name says which of the two it is.

    Raises
    ------
    FileNotFoundError
        If there is none.
    ValueError
        If its name ends otherwise, or it can't be read: it is damaged, truncated or locked by a process that writes it.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no such file: {path}")
    with suppress(ImportError):
        import hdf5plugin  # noqa: F401  (SnapATAC2 compresses its files with filters that come with it)
    if path.suffix == ".h5mu":
        import mudata

        with _reading(path), columns_not_pulled():
            return mudata.read_h5mu(path)
    if path.suffix == ".h5ad":
        import anndata

        with _reading(path):
            return anndata.read_h5ad(path)
    raise ValueError(f"{path} is neither .h5ad nor .h5mu")


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # of HDF5, h5py, anndata and what they use: a damaged file raises any
        raise ValueError(
            f"{path} can't be read ({type(error).__name__}: {str(error)[:200]}). Is it complete, and not open for "
            "writing elsewhere? Copy or make it again"
        ) from error
