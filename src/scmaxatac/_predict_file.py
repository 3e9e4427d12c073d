"""``scmaxatac predict``: a file in, files and a table out."""

import argparse
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import scmaxatac as sma
from scmaxatac._keys import KEY_ADDED
from scmaxatac._logging import logger
from scmaxatac.io._bed import write_bed
from scmaxatac.io._files import atomic_path
from scmaxatac.io._mudata import columns_not_pulled

if TYPE_CHECKING:
    from anndata import AnnData
    from mudata import MuData

_RULES_WITH_VALUE = ("precision", "recall", "log2fc")


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
    ValueError
        If an argument is not understood, or the result would replace the data.
    """
    result = args.out_dir / args.data.name
    if args.data.exists() and result.exists() and result.samefile(args.data):
        raise ValueError(f"the result would replace {args.data} itself; choose another folder with --out-dir")
    threshold, fragments = parse_threshold(args.threshold), parse_fragments(args.fragments)
    genome = sma.Genome(args.genome, blacklist=args.blacklist)
    data = read_data(args.data)
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
        overhang=args.overhang,
        signal_chroms=args.signal_chroms,
        min_cells=args.min_cells,
        min_fragments=args.min_fragments,
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
    with atomic_path(result, needed=least_size(data)) as temporary:
        data.write(temporary)
    write_sites(data, args.out_dir / "sites.bed", key=args.key_added, mod=args.mod)
    logger.info("data with the results: %s; sites: %s", result, args.out_dir / "sites.bed")
    sites = sma.get.sites(data, key=args.key_added, mod=args.mod)
    return f"binding sites\n{sites.groupby(['group', 'tf'], observed=False).size().unstack('tf').to_string()}"


def least_size(data: "AnnData | MuData") -> int:
    """Bytes that the matrices of an object take in a file, which holds them as they are in memory; a lower bound.

    Parameters
    ----------
    data
        The object.
    """
    matrices = [
        matrix
        for adata in (data.mod.values() if hasattr(data, "mod") else [data])
        for matrix in (adata.X, *adata.layers.values(), *adata.obsm.values())
    ]
    parts = [getattr(m, name, None) for m in matrices for name in ("data", "indices", "indptr") if hasattr(m, "indptr")]
    return sum(part.nbytes for part in (*matrices, *parts) if isinstance(part, np.ndarray))


def write_sites(data: "AnnData | MuData", path: Path, *, key: str = KEY_ADDED, mod: str = "atac") -> None:
    """Write the sites of all groups and factors to one BED file, sorted by position, named ``factor|group``.

    Parameters
    ----------
    data
        The object with the results.
    path
        The file.
    key
        Name of the results in the object.
    mod
        Modality of a MuData.
    """
    sites = sma.get.sites(data, key=key, mod=mod).sort_values(["chrom", "start", "end"], kind="stable")
    names = sites["tf"].astype(str) + "|" + sites["group"].astype(str)
    write_bed(path, sites[["chrom", "start", "end"]].assign(name=names, score=sites["score"]))


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
        If its name ends otherwise.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no such file: {path}")
    with suppress(ImportError):
        import hdf5plugin  # noqa: F401  (SnapATAC2 compresses its files with filters that come with it)
    if path.suffix == ".h5mu":
        import mudata

        with columns_not_pulled():
            return mudata.read_h5mu(path)
    if path.suffix == ".h5ad":
        import anndata

        return anndata.read_h5ad(path)
    raise ValueError(f"{path} is neither .h5ad nor .h5mu")


def parse_threshold(text: str) -> Any:
    """Understand ``--threshold``: a name, a number, or ``precision=0.8`` and the like.

    Parameters
    ----------
    text
        What was given.

    Raises
    ------
    ValueError
        If it is none of these.
    """
    rule, equals, value = text.partition("=")
    if text in ("f1", "matched", "mixed"):
        return text
    with suppress(ValueError):
        if not equals:
            return float(text)
        if rule in _RULES_WITH_VALUE:
            return rule, float(value)
    raise ValueError(
        f"--threshold {text} is not understood; use f1, matched, mixed, 0.4, precision=0.8, recall=0.3 or log2fc=7"
    )


def parse_fragments(given: list[str] | None) -> str | dict[str, str] | None:
    """Understand ``--fragments``: one file, or ``SAMPLE=FILE`` for each sample.

    Parameters
    ----------
    given
        What was given.

    Raises
    ------
    ValueError
        If there are several files without samples.
    """
    if not given:
        return None
    if len(given) == 1 and ("=" not in given[0] or Path(given[0]).exists()):
        return given[0]
    pairs = [text.partition("=") for text in given]
    if not all(equals and sample and file for sample, equals, file in pairs):
        raise ValueError("several fragment files need their samples: --fragments SAMPLE=FILE SAMPLE=FILE")
    return {sample: file for sample, _, file in pairs}
