"""Weights of transcription factors on genes, as a network of targets."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from scmaxatac.genome import Genes
from scmaxatac.scores._gene_weights import Reach, gene_weights, union_of_sites


class TargetNames:
    """Genes by name: those that share one, such as copies on X and Y, are one target with the largest weight."""

    def __init__(self, genes: Genes) -> None:
        self.genes = genes
        self._codes, names = pd.factorize(genes.table["gene"].to_numpy(dtype=object))
        self.names = np.asarray(names, dtype=object)

    def by_name(self, weights: np.ndarray) -> np.ndarray:
        """Weights of genes, (genes,), as weights of names, (names,)."""
        out = np.zeros(len(self.names))
        np.maximum.at(out, self._codes, weights)
        return out


def target_weights(
    sites: pd.DataFrame, tfs: Sequence[str], targets: TargetNames, reach: Reach, *, merged: bool = False
) -> np.ndarray:
    """Weight of each factor on each target.

    Parameters
    ----------
    sites
        chrom, start, end, tf and score.
    tfs
        Factors, in the order of the rows.
    targets
        Genes by name, in the order of the columns.
    reach
        Which sites are a gene's.
    merged
        Whether sites are of several groups, so that those that overlap are one with the largest of their scores.

    Returns
    -------
    (TFs, names) float64.
    """
    of_tf = sites.groupby("tf", sort=False, observed=True).indices
    weights = np.zeros((len(tfs), len(targets.names)))
    for i, tf in enumerate(tfs):
        rows = of_tf.get(tf)
        if rows is None:
            continue
        mine = sites.iloc[rows]
        mine = union_of_sites(mine) if merged else mine
        weights[i] = targets.by_name(gene_weights(targets.genes, mine, reach))
    return weights


def correlation(weights_of_groups: Iterable[np.ndarray], expression: np.ndarray) -> np.ndarray:
    """Pearson correlation over groups of each factor's weight on a gene with the gene's expression.

    Parameters
    ----------
    weights_of_groups
        For each group (TFs, names); looked at one after the other.
    expression
        (groups, names), NaN for genes that were not measured.

    Returns
    -------
    (TFs, names) float64; NaN where either is the same in all groups or the gene was not measured.
    """
    centred = expression - expression.mean(axis=0)
    total, squares, cross = np.zeros(()), np.zeros(()), np.zeros(())
    for weights, row in zip(weights_of_groups, centred, strict=True):
        total, squares, cross = total + weights, squares + weights**2, cross + weights * row
    spread = squares - total**2 / len(expression)
    varies = (spread > 1e-9 * squares) & ((centred**2).sum(axis=0) > 1e-12)
    scale = np.sqrt(np.where(varies, spread, 1.0) * (centred**2).sum(axis=0))
    return np.where(varies, cross / np.where(varies, scale, 1.0), np.nan)


def edges(weights: np.ndarray, tfs: Sequence[str], names: np.ndarray) -> pd.DataFrame:
    """Table source, target, weight of the weights that are not 0, by factor and then by falling weight."""
    tf, gene = np.nonzero(weights)
    value = weights[tf, gene]
    order = np.lexsort((gene, -value, tf))
    return pd.DataFrame(
        {
            "source": np.asarray(tfs, dtype=object)[tf[order]],
            "target": names[gene[order]],
            "weight": value[order],
        }
    )


def merge_same_targets(weights: np.ndarray, tfs: Sequence[str]) -> tuple[np.ndarray, list[str]]:
    """Make one factor, named ``"A/B"``, of those that have the same targets; its weights are the mean of theirs.

    Factors without targets stay as they are.
    """
    sets: dict[object, list[int]] = {}
    for i, row in enumerate(weights):
        targets = row != 0
        sets.setdefault(targets.tobytes() if targets.any() else i, []).append(i)
    merged = np.stack([weights[rows].mean(axis=0) for rows in sets.values()])
    return merged, ["/".join(tfs[i] for i in rows) for rows in sets.values()]


def normalized(weights: np.ndarray) -> np.ndarray:
    """Weights of each factor over the root of the sum of their squares."""
    length = np.sqrt((weights**2).sum(axis=1, keepdims=True))
    return weights / np.where(length > 0, length, 1.0)
