"""Which transcription factors are expressed."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from scmaxatac._logging import logger, warn
from scmaxatac.models import TFModel

_RNA = ("rna", "RNA", "gex", "GEX")
_SHARE = 0.01
"""A factor counts as expressed when at least this share of the cells has a count of it."""


def expressed_models(models: Sequence[TFModel], data: Any) -> list[TFModel]:
    """Leave out models of factors that the RNA modality measured and found in fewer than 1% of the cells.

    Without an RNA modality, and for factors that are not among its genes, nothing is left out.

    Raises
    ------
    ValueError
        If no factor is expressed.
    """
    rna = next((data.mod[name] for name in _RNA if name in data.mod), None) if hasattr(data, "mod") else None
    if rna is None:
        return list(models)
    genes = {str(name).upper(): i for i, name in enumerate(rna.var_names)}
    measured = {model.tf: genes.get(model.tf.upper()) for model in models}
    silent = {tf for tf, i in measured.items() if i is not None and _share_of_cells(rna.X[:, i]) < _SHARE}
    unmeasured = [tf for tf, i in measured.items() if i is None]
    if silent:
        warn(
            f"{len(silent)} transcription factors are left out, found in fewer than {_SHARE:.0%} of the cells of the "
            f"RNA modality: {', '.join(sorted(silent))}. To predict one of them, name it in tfs="
        )
    if unmeasured:
        logger.info("not among the genes of the RNA modality, so kept: %s", ", ".join(unmeasured))
    kept = [model for model in models if model.tf not in silent]
    if not kept:
        raise ValueError("no transcription factor with a model is expressed in the RNA modality; name some with tfs=")
    return kept


def _share_of_cells(counts: Any) -> float:
    dense = counts.toarray() if hasattr(counts, "toarray") else np.asarray(counts)
    return float((dense > 0).mean())
