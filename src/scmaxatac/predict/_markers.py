"""Factors that mark groups: each group against the others, from scores of cells or activities of groups."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from scmaxatac import _keys
from scmaxatac._logging import warn
from scmaxatac._text import abbreviate
from scmaxatac.containers._expression import group_expression
from scmaxatac.containers._objects import GroupLabels
from scmaxatac.predict._activity_intervals import warn_of_few_blocks
from scmaxatac.results._reader import Results
from scmaxatac.results._site_scores import scores_in_union
from scmaxatac.stats._bootstrap import draw_means
from scmaxatac.stats._group_contrasts import (
    Contrasts,
    contrasts_of_cells,
    contrasts_of_donors,
    contrasts_of_draws,
    correlations,
    group_means,
)
from scmaxatac.stats._multiple_testing import benjamini_hochberg

_DEPTH_RATIO = 2.0
"""How many times as deep as another a group may be before activities, which rise with depth, are not to be compared."""


def warn_of_depth(results: Results) -> None:
    """Warn if the groups of a run differ so much in depth that their activities follow it."""
    qc = results.table(_keys.QC).loc[results.groups]
    used = qc["n_fragments_used" if "n_fragments_used" in qc else "n_fragments"]
    if used.max() > _DEPTH_RATIO * max(used.min(), 1):
        warn(
            f"group {used.idxmax()!r} is {used.max() / max(used.min(), 1):.3g} times as deep as {used.idxmin()!r}, and "
            'activities rise with depth: predict with max_fragments="match" before comparing them'
        )


def contrasts_of_scores(
    scores: np.ndarray, labels: GroupLabels, donors: np.ndarray | None
) -> tuple[Contrasts, np.ndarray]:
    """Contrasts of the groups' scores, between cells or within donors, and their means, (groups, TFs).

    Parameters
    ----------
    scores
        (cells, TFs).
    labels
        Group of each cell.
    donors
        (cells,) text, "" for none; None where cells are compared.

    Raises
    ------
    ValueError
        If there are fewer than two donors.
    """
    codes, names = labels
    means = group_means(scores, codes, len(names))
    if donors is None:
        return contrasts_of_cells(means), means.mean
    known = [name for name in dict.fromkeys(donors) if name]
    if len(known) < 2:
        raise ValueError(
            f"replicate_key names {len(known)} donors ({abbreviate(map(repr, known)) or 'none'}); at least two are "
            "needed. Leave it out for intervals between cells"
        )
    by_donor = np.stack([group_means(scores, np.where(donors == name, codes, -1), len(names)).mean for name in known])
    absent = np.isnan(by_donor).all(axis=2).sum(axis=0)
    if absent.any():
        lacking = [f"{name!r} (in {n} of {len(known)})" for name, n in zip(names, absent, strict=True) if n]
        warn(f"groups without cells in some donors, {abbreviate(lacking)}, are compared in the others")
    return contrasts_of_donors(by_donor), means.mean


def contrasts_of_activity(
    results: Results, tfs: Sequence[str], n: int, block_size: int, rng: np.random.Generator | int | None
) -> tuple[Contrasts, np.ndarray, np.ndarray]:
    """Contrasts of the groups' activities with intervals over blocks, the activities (groups, TFs), and blocks (TFs,).

    Warns where intervals rest on few blocks that hold sites.
    """
    sites, generator = results.table(_keys.SITES), np.random.default_rng(rng)
    mean = np.full((len(results.groups), len(tfs)), np.nan)
    draws = np.full((len(results.groups), len(tfs), n), np.nan)
    n_blocks = np.zeros(len(tfs), dtype=np.int64)
    for t, tf in enumerate(tfs):
        found = scores_in_union(results.store, sites, tf, results.groups)
        if not len(found.start):
            continue
        mean[:, t] = found.scores.mean(axis=1, dtype=np.float64)
        blocks = found.blocks(block_size)
        n_blocks[t] = len(np.unique(blocks))
        drawn = draw_means(found.scores, blocks, n=n, rng=generator)
        draws[:, t, : drawn.shape[1]] = drawn
    if n:
        warn_of_few_blocks(dict(zip(tfs, n_blocks.tolist(), strict=True)), block_size)
    return contrasts_of_draws(mean, draws), mean, n_blocks


def marker_table(
    contrasts: Contrasts,
    mean: np.ndarray,
    names: Sequence[str],
    tfs: Sequence[str],
    results: Results | None,
    expression: np.ndarray | None,
    n_blocks: np.ndarray | None = None,
) -> pd.DataFrame:
    """Table of the factors of each group, in the order of their rank.

    Parameters
    ----------
    contrasts
        Effects and intervals.
    mean
        (groups, TFs) scores or activities.
    names, tfs
        Groups and factors.
    results
        The prediction, which has the numbers of sites.
    expression
        (groups, TFs) expression of the factors' genes.
    n_blocks
        (TFs,) blocks with sites that the intervals of activities rest on.
    """
    shape = len(names), len(tfs)
    rank = pd.DataFrame(contrasts.strength.T).rank(ascending=False, method="first", na_option="bottom").to_numpy().T
    table = pd.DataFrame(
        {
            "group": pd.Categorical.from_codes(np.repeat(np.arange(shape[0]), shape[1]), categories=list(names)),
            "rank": rank.ravel().astype(np.int64),
            "tf": pd.Categorical.from_codes(np.tile(np.arange(shape[1]), shape[0]), categories=list(tfs)),
            "score": contrasts.strength.ravel(),
            "effect": contrasts.effect.ravel(),
            "low": contrasts.low.ravel(),
            "high": contrasts.high.ravel(),
            "mean": mean.ravel(),
        }
    )
    if contrasts.p is not None:
        table["p"] = contrasts.p.ravel()
        table["q"] = np.concatenate([benjamini_hochberg(row) for row in contrasts.p])
    table["n_sites"] = _numbers_of_sites(results, names, tfs)
    if n_blocks is not None:
        table["n_blocks"] = np.tile(n_blocks, len(names))
    if expression is not None:
        table["expression"] = expression.ravel()
        table["correlation"] = np.tile(correlations(mean, expression), len(names))
    return table.sort_values(["group", "rank"], ignore_index=True)


def _numbers_of_sites(results: Results | None, names: Sequence[str], tfs: Sequence[str]) -> np.ndarray:
    if results is None:
        return np.full(len(names) * len(tfs), np.nan)
    sites = results.table(_keys.SITES)
    counts = pd.crosstab(sites["group"].astype(str), sites["tf"].astype(str))
    predicted = counts.reindex(index=results.groups, columns=list(tfs), fill_value=0)
    return np.asarray(predicted.reindex(list(names)), dtype=np.float64).ravel()


def expression_of(data: Any, groupby: str | Sequence[str], names: Sequence[str], tfs: Sequence[str]) -> np.ndarray:
    """Mean expression of the factors' genes, (groups, TFs); NaN for those that were not measured."""
    table = group_expression(data, groupby, list(names), None)
    table.columns = table.columns.str.upper()
    table = table.loc[:, ~table.columns.duplicated()]
    return np.asarray(table.reindex(columns=[tf.upper() for tf in tfs]), dtype=np.float64)
