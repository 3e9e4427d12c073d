"""The slots of scored variants, read as one table."""

from typing import Any

import numpy as np
import pandas as pd

from scmaxatac._text import choose_names
from scmaxatac.results._reader import Results
from scmaxatac.results._schema import VARIANT_PARAMS, VARIANT_SCORES, VARIANT_TESTS, VARIANTS

STATUS = ("gained", "lost", "kept", "none")
"""Whether there is a site with the alternative allele alone, with the reference alone, with both, with neither."""


def read_variant_params(results: Results) -> dict[str, Any]:
    """Parameters of the variants.

    Raises
    ------
    KeyError
        If no variants were scored.
    ValueError
        If the parameters are damaged.
    """
    if VARIANT_PARAMS.name not in results.slots:
        raise KeyError(f"no variants under uns[{results.key!r}]: call scmaxatac.tl.score_variants first")
    return results.parameters(VARIANT_PARAMS.name)


def read_variants(
    results: Results, tfs: object, groups: object, min_effect: float | None, *, numbered: bool = False
) -> pd.DataFrame:
    """Scores of variants, a row a variant, group and factor.

    Parameters
    ----------
    results
        Results of a prediction whose variants were scored.
    tfs, groups
        One or several; ``None`` stands for all that were scored.
    min_effect
        Smallest size of an effect; None takes all.
    numbered
        Whether the columns `record` and `allele` say which record of the input, and which of its alleles, it is.

    Raises
    ------
    KeyError
        If no variants were scored, or not for this factor or in this group.
    """
    params = read_variant_params(results)
    wanted_tfs = choose_names(tfs, params["tfs"], "TF", source="variants were scored for")
    wanted_groups = choose_names(groups, params["groups"], "group", source="variants were scored in")
    g = [params["groups"].index(group) for group in wanted_groups]
    t = [params["tfs"].index(tf) for tf in wanted_tfs]
    table = results.table(VARIANTS.name).reset_index(drop=True)
    scores = results.array(VARIANT_SCORES.name)[:, g][:, :, t]
    chosen = np.ones(scores.shape[:3], dtype=bool) if min_effect is None else np.abs(scores[..., 2]) >= min_effect
    variant, group, tf = np.nonzero(chosen)
    limits = results.params["thresholds"]
    thresholds = np.array([[limits[name][one] for name in wanted_tfs] for one in wanted_groups], dtype=np.float32)
    reference, alternative, effect = np.moveaxis(scores[variant, group, tf], 1, 0)
    threshold = thresholds.reshape(len(g), len(t))[group, tf]
    without, with_it = reference >= threshold, alternative >= threshold
    status = np.select([~without & with_it, without & ~with_it, without & with_it], [0, 1, 2], 3)
    columns = ["chrom", "pos", "id", "ref", "alt", "kind", *(["record", "allele"] if numbered else [])]
    long = table[columns].iloc[variant].reset_index(drop=True)
    long = long.assign(
        group=pd.Categorical.from_codes(group, categories=wanted_groups),
        tf=pd.Categorical.from_codes(tf, categories=wanted_tfs),
        reference=reference,
        alternative=alternative,
        active=np.fmax(reference, alternative),
        effect=effect,
        n_windows=table["n_windows"].to_numpy()[variant],
        status=pd.Categorical.from_codes(status, categories=STATUS),
    )
    if VARIANT_TESTS.name in results.slots:
        tests = results.array(VARIANT_TESTS.name)[:, g][:, :, t][variant, group, tf]
        long = long.assign(p=tests[:, 0], q=tests[:, 1], n_null=tests[:, 2].astype(np.int64))
    return long
