"""Sites that two classes of haplotypes share, and those that only one of them has."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit

from scmaxatac.scores._log_odds import logit

PARAMS = "haplotypes"
"""Name in ``uns`` of the parameters of predicted haplotypes."""

ALLELES = "alleles"
"""Name in ``uns`` of their alleles, and in ``obsm`` of who carries them."""

STATES = ("gained", "lost", "shared")
"""Sites of the target alone, of the reference alone, of both."""

SITE_COLUMNS = ("chrom", "start", "end", "tf", "state", "score_target", "score_reference", "effect")


def compare_sites(
    layers: Mapping[str, npt.NDArray[np.float32]],
    thresholds: Mapping[str, npt.NDArray[np.float32]],
    bins: pd.DataFrame,
    in_target: npt.NDArray[np.bool_],
    in_reference: npt.NDArray[np.bool_],
) -> pd.DataFrame:
    """Sites of both classes and in which of them they are.

    A haplotype has a bin as a site where its score reaches the threshold, a class where at least half of its haplotypes
    with a score there do. Neighbouring bins that one of the classes has are one site; a class has it if it has one of
    the bins.

    Parameters
    ----------
    layers
        Of each factor, (haplotypes, bins) scores.
    thresholds
        Of each factor, (haplotypes,) thresholds.
    bins
        chrom, start, end; sorted.
    in_target, in_reference
        (haplotypes,) members of the classes.

    Returns
    -------
    Sites: chrom, start, end, tf, state, score_target and score_reference (of the mean log odds of the haplotypes'
    largest scores), effect (difference of these log odds).
    """
    parts = []
    chrom, start, end = (bins[name].to_numpy() for name in ("chrom", "start", "end"))
    follows = np.append(False, (chrom[1:] == chrom[:-1]) & (start[1:] == end[:-1]))
    for tf, scores in layers.items():
        called = scores >= thresholds[tf][:, None]
        has = [_half(called[rows], scores[rows]) for rows in (in_target, in_reference)]
        either = has[0] | has[1]
        first = np.flatnonzero(either & ~(follows & np.append(False, either[:-1])))
        last = np.flatnonzero(either & ~np.append((follows[1:] & either[1:]), False))
        if not len(first):
            continue
        edges = np.stack([first, last + 1], axis=1).ravel()
        of_target, of_reference = (np.add.reduceat(np.append(one, False).astype(int), edges)[::2] > 0 for one in has)
        padded = np.concatenate([np.nan_to_num(scores), np.zeros((len(scores), 1), np.float32)], axis=1)
        logits = logit(np.maximum.reduceat(padded, edges, axis=1)[:, ::2])
        origin = logits[in_target.argmax()]  # means of differences from it, in order: equal scores give exactly 0
        shift = [np.sort(logits[rows] - origin, axis=0).mean(axis=0) for rows in (in_target, in_reference)]
        part = {
            "chrom": chrom[first],
            "start": start[first],
            "end": end[last],
            "tf": tf,
            "state": np.select([of_target & ~of_reference, of_reference & ~of_target], STATES[:2], STATES[2]),
            "score_target": expit(origin + shift[0]),
            "score_reference": expit(origin + shift[1]),
            "effect": shift[0] - shift[1],
        }
        parts.append(pd.DataFrame(part))
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(SITE_COLUMNS))
    table["tf"] = pd.Categorical(table["tf"], categories=list(layers))
    table["state"] = pd.Categorical(table["state"], categories=list(STATES))
    table["chrom"] = pd.Categorical(table["chrom"], categories=list(dict.fromkeys(chrom)))
    return table.astype(dict.fromkeys(("start", "end"), np.int64) | dict.fromkeys(SITE_COLUMNS[-3:], np.float64))


def rank_factors(sites: pd.DataFrame, tfs: Sequence[str]) -> pd.DataFrame:
    """Factors by how many of their sites differ: tf, gained, lost, shared, changed (share of them), effect, rank.

    Effect is the mean size of the differences in log odds over all sites of the factor; it decides between factors with
    equally many. A factor without sites has no effect (NaN) and comes last.
    """
    counts = pd.crosstab(sites["tf"].astype(str), sites["state"].astype(str))
    counts = counts.reindex(index=list(tfs), columns=list(STATES), fill_value=0).astype(np.int64)
    effect = sites["effect"].abs().groupby(sites["tf"].astype(str)).mean().reindex(list(tfs))
    table = pd.DataFrame({"tf": list(tfs)} | {state: counts[state].to_numpy() for state in STATES})
    n_changed = table["gained"] + table["lost"]
    table["changed"] = n_changed / (n_changed + table["shared"]).replace(0, np.nan)
    table["effect"] = effect.to_numpy(np.float64)
    effects = table["effect"].to_numpy()
    order = np.lexsort((-effects, -n_changed.to_numpy(), np.isnan(effects)))
    return table.iloc[order].reset_index(drop=True).assign(rank=np.arange(1, len(table) + 1))


def mean_logits(layers: Mapping[str, npt.NDArray[np.float32]], rows: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Mean log odds of a class of haplotypes in each bin; (TFs, bins), NaN where none of them has a score.

    Parameters
    ----------
    layers
        Of each factor, (haplotypes, bins) scores.
    rows
        (haplotypes,) members of the class.
    """
    out = []
    for scores in layers.values():
        logits = logit(scores[rows])
        known = np.isfinite(logits)
        n = known.sum(axis=0)
        sums = np.where(known, logits, 0).sum(axis=0)
        out.append(np.divide(sums, n, out=np.full(n.shape, np.nan), where=n > 0))
    return np.array(out, dtype=np.float64)


def _half(called: npt.NDArray[np.bool_], scores: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """Which bins at least half of the haplotypes with a score have; (bins,)."""
    scored = np.isfinite(scores).sum(axis=0)
    half: npt.NDArray[np.bool_] = (2 * called.sum(axis=0) >= scored) & (scored > 0)
    return half
