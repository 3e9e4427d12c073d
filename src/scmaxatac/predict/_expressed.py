"""Which transcription factors are expressed."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from scmaxatac._logging import logger, warn
from scmaxatac.containers._objects import split_objects
from scmaxatac.zoo import TFModel

_RNA = ("rna", "RNA", "gex", "GEX")
_SHARE = 0.01
"""A factor counts as expressed when at least this share of the cells has a count of it."""


def expressed_models(models: Sequence[TFModel], data: Any) -> list[TFModel]:
    """Models without the factors that the RNA modality measured and found in fewer than 1% of the cells.

    Without an RNA modality, and for factors that are not among its genes, nothing is left out.

    Raises
    ------
    ValueError
        If no factor is expressed.
    """
    modalities = [_genes(rna) for _, member in split_objects(data) if (rna := _rna_of(member)) is not None]
    if not modalities:
        return list(models)
    shares = {tf: _share_of_cells(modalities, tf) for model in models for tf in model.tfs}
    silent = {tf for tf, share in shares.items() if share is not None and share < _SHARE}
    unmeasured = [tf for tf, share in shares.items() if share is None]
    if silent:
        warn(
            f"{len(silent)} transcription factors are left out, found in fewer than {_SHARE:.0%} of the cells of the "
            f"RNA modality: {', '.join(sorted(silent))}. To predict one of them, name it in tfs="
        )
    if unmeasured:
        logger.info("not among the genes of the RNA modality, so kept: %s", ", ".join(unmeasured))
    spoken = [(model, [tf for tf in model.tfs if tf not in silent]) for model in models]
    kept = [model.restrict_to(tfs) for model, tfs in spoken if tfs]
    if not kept:
        raise ValueError("no transcription factor with a model is expressed in the RNA modality; name some with tfs=")
    return kept


def _rna_of(data: Any) -> Any:
    return next((data.mod[name] for name in _RNA if name in data.mod), None) if hasattr(data, "mod") else None


def _genes(rna: Any) -> tuple[Any, dict[str, int]]:
    """A modality's counts, and the column of each gene by its name in capitals."""
    return rna.X, {str(name).upper(): i for i, name in enumerate(rna.var_names)}


def _share_of_cells(modalities: Sequence[tuple[Any, dict[str, int]]], gene: str) -> float | None:
    """Share of the cells of all objects in which a gene was counted; None where it is not among the genes."""
    n_counted = n_cells = 0
    for matrix, place in modalities:
        if gene.upper() in place:
            counts = matrix[:, [place[gene.upper()]]]
            counted = counts.toarray() if hasattr(counts, "toarray") else np.asarray(counts)
            n_counted, n_cells = n_counted + int((counted > 0).sum()), n_cells + len(counted)
    return n_counted / n_cells if n_cells else None
