"""Patterns that many seqlets share: seqlets are aligned, clustered and averaged."""

from typing import NamedTuple

import numpy as np

from scmaxatac._constants import UNKNOWN_BASE
from scmaxatac._types import Float32s, Float64s
from scmaxatac.genome._bases import one_hot, reverse_complement
from scmaxatac.sequence._contributions import Contributions
from scmaxatac.sequence._seqlets import SEQLET_WIDTH, Seqlets

_FLANK = 10
PATTERN_WIDTH = SEQLET_WIDTH + 2 * _FLANK
"""Bases of a seqlet with what is around it; windows of sites have to hold at least one."""

_MAX_SHIFT = 10
_MIN_COSINE = 0.5
"""Seqlets less like a pattern are not its own. Two unrelated ones reach about 0.4 in their best alignment."""

_SAME_PATTERN = 0.8
_MOST_CLUSTERED = 2000
"""Seqlets that are compared each with each; more are drawn at random, and all are then compared with the patterns."""

_ROUNDS = 10
_TRIMMED = 0.1
"""Positions at the ends of a pattern that contribute less than this share of what the most important one does go."""


class Pattern(NamedTuple):
    """What seqlets of one kind have in common.

    Attributes
    ----------
    counts
        (width, 4) float64, how many of the seqlets have A, C, G and T at each position.
    contributions
        (width, 4) float64, mean contribution of each base to the logit, where it is there (0 where it is not).
    hypothetical
        (width, 4) float64, mean change in logit by each base, whether or not it is there.
    site, start, reverse
        (n,) row of each seqlet's site, its first base counted from that of the site's window, and whether it has the
        pattern on the reverse strand. All are as wide as the pattern; one may reach over the window's ends.
    """

    counts: Float64s
    contributions: Float64s
    hypothetical: Float64s
    site: np.ndarray
    start: np.ndarray
    reverse: np.ndarray


class Alignment(NamedTuple):
    """Best alignments of each of n matrices with each of m others.

    Attributes
    ----------
    cosine
        (n, m) float32, cosine of the angle between the two, from -1 to 1, with zeros where only one of them is.
    shift
        (n, m) int8, position in the first that the first position of the second comes to lie on.
    reverse
        (n, m) bool, whether the second is reverse complemented.
    """

    cosine: Float32s
    shift: np.ndarray
    reverse: np.ndarray


def find_patterns(
    contributions: Contributions, seqlets: Seqlets, *, min_seqlets: int = 20, rng: np.random.Generator | None = None
) -> list[Pattern]:
    """Patterns that at least `min_seqlets` seqlets share, those with most of them first.

    The steps of TF-MoDISco in a small form: seqlets with 10 bp to either side are compared by the cosine between their
    hypothetical contributions in the best of all alignments, at most 10 bp apart and on either strand. They are
    clustered by average linkage, which is cut at a cosine of 0.5. Clusters are averaged, patterns that are alike are
    one, and all seqlets are aligned with the averages, over and over until nothing changes.

    Parameters
    ----------
    contributions
        What the seqlets were found in.
    seqlets
        Of one sign.
    min_seqlets
        Patterns of fewer are left out.
    rng
        Generator that draws the seqlets that are compared each with each, where there are more than 2,000.
    """
    if len(seqlets.site) < min_seqlets:
        return []
    tracks = _centred(contributions.hypothetical)
    starts = seqlets.start - _FLANK
    matrices = _cut(tracks, seqlets.site, starts, PATTERN_WIDTH)
    drawn = np.arange(len(matrices))
    if len(drawn) > _MOST_CLUSTERED:
        drawn = np.sort((np.random.default_rng(0) if rng is None else rng).choice(drawn, _MOST_CLUSTERED, False))
    patterns = _cluster(matrices[drawn], max(2, round(min_seqlets * len(drawn) / len(matrices))))
    label = np.full(len(matrices), -1)
    for _ in range(_ROUNDS):
        if not len(patterns):
            return []
        found = align(matrices, patterns)
        best = found.cosine.argmax(axis=1)
        rows = np.arange(len(best))
        chosen = np.where(found.cosine[rows, best] >= _MIN_COSINE, best, -1)
        shift, reverse = found.shift[rows, best].astype(np.int64), found.reverse[rows, best]
        begins = starts + shift
        is_kept = np.bincount(chosen + 1, minlength=len(patterns) + 1)[1:] >= min_seqlets
        means = []
        for number in np.flatnonzero(is_kept):
            own = chosen == number
            begins[own] += _to_the_middle(_average(tracks, seqlets.site[own], begins[own], reverse[own]), reverse[own])
            means.append(_average(tracks, seqlets.site[own], begins[own], reverse[own]))
        averages = np.stack([*means]) if means else matrices[:0]
        different = _different(averages)
        finished = len(different) == len(patterns) and np.array_equal(chosen, label)
        patterns, label = averages[different], chosen
        if finished:
            break
    members = [np.flatnonzero(chosen == number) for number in np.flatnonzero(is_kept)[different]]
    made = [pattern_of(contributions, seqlets.site[own], begins[own], reverse[own], PATTERN_WIDTH) for own in members]
    return sorted(made, key=lambda pattern: -len(pattern.site))


def align(first: Float32s, second: Float32s, *, max_shift: int = _MAX_SHIFT) -> Alignment:
    """Best alignment of each of n matrices (n, 4, width) with each of m others (m, 4, width), on both strands."""
    width = first.shape[2]
    scale = np.outer(*(np.maximum(np.sqrt((part**2).sum(axis=(1, 2))), 1e-12) for part in (first, second)))
    best = np.full((len(first), len(second)), -np.inf, np.float32)
    shifts, reversed_ = np.zeros(best.shape, np.int8), np.zeros(best.shape, bool)
    for reverse in (False, True):
        other = second[:, ::-1, ::-1] if reverse else second
        for shift in range(-max_shift, max_shift + 1):
            low, high = max(shift, 0), width + min(shift, 0)
            left = first[:, :, low:high].reshape(len(first), -1)
            right = other[:, :, low - shift : high - shift].reshape(len(second), -1)
            product = left @ right.T
            better = product > best
            best[better] = product[better]
            shifts[better], reversed_[better] = shift, reverse
    return Alignment((best / scale).astype(np.float32), shifts, reversed_)


def _centred(hypothetical: np.ndarray) -> Float32s:
    """Changes in logit by each base against the mean of the four."""
    centred: Float32s = (hypothetical - hypothetical.mean(axis=1, keepdims=True)).astype(np.float32)
    return centred


def _cut(tracks: np.ndarray, site: np.ndarray, start: np.ndarray, width: int, fill: float = 0) -> np.ndarray:
    """Take (n, ..., width) out of (sites, ..., length) from the given starts on, with `fill` past the ends."""
    place = start[:, None] + np.arange(width)
    inside = (place >= 0) & (place < tracks.shape[-1])
    place = np.clip(place, 0, tracks.shape[-1] - 1)
    if tracks.ndim == 2:
        cut = np.where(inside, tracks[site[:, None], place], fill)
    else:
        rows = np.arange(tracks.shape[1])[None, :, None]
        cut = np.where(inside[:, None], tracks[site[:, None, None], rows, place[:, None]], fill)
    taken: np.ndarray = cut.astype(tracks.dtype)
    return taken


def _cluster(matrices: Float32s, smallest: int) -> Float32s:
    """The member of each large enough cluster that is most like the others, (clusters, 4, width)."""
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    if len(matrices) < 2:
        return matrices[:0]
    cosine = align(matrices, matrices).cosine
    cosine = np.minimum((cosine + cosine.T) / 2, 1)
    np.fill_diagonal(cosine, 1)
    tree = linkage(squareform(1 - cosine, checks=False), method="average")
    label = fcluster(tree, 1 - _MIN_COSINE, criterion="distance")
    members = [np.flatnonzero(label == number) for number in range(1, label.max() + 1)]
    large = sorted((own for own in members if len(own) >= smallest), key=len, reverse=True)
    return matrices[[own[cosine[np.ix_(own, own)].sum(axis=1).argmax()] for own in large]]


def _average(tracks: Float32s, site: np.ndarray, start: np.ndarray, reverse: np.ndarray) -> Float32s:
    """Mean of seqlets, those on the reverse strand turned round, (4, width)."""
    cut = _cut(tracks, site, start, PATTERN_WIDTH)
    cut[reverse] = cut[reverse][:, ::-1, ::-1]
    mean: Float32s = cut.mean(axis=0)
    return mean


def _to_the_middle(average: Float32s, reverse: np.ndarray) -> np.ndarray:
    """By how many bases each seqlet has to move for the pattern's weight to lie in its middle."""
    weight = (average.astype(np.float64) ** 2).sum(axis=0)
    centre = (weight * np.arange(len(weight))).sum() / max(weight.sum(), 1e-300)
    move = round(centre - (len(weight) - 1) / 2)
    moves: np.ndarray = np.where(reverse, -move, move)
    return moves


def _different(averages: Float32s) -> np.ndarray:
    """Numbers of the patterns that are unlike all before them."""
    if not len(averages):
        return np.zeros(0, dtype=np.int64)
    cosine = align(averages, averages).cosine
    kept: list[int] = []
    for number in range(len(averages)):
        if not kept or cosine[number, kept].max() < _SAME_PATTERN:
            kept.append(number)
    return np.array(kept)


def pattern_of(
    contributions: Contributions, site: np.ndarray, start: np.ndarray, reverse: np.ndarray, width: int
) -> Pattern:
    """Sum up aligned seqlets, and leave out the positions at both ends that contribute little.

    The pattern goes from the first to the last position that contributes, without sign and on average, at least a tenth
    of what the one does that contributes most.

    Parameters
    ----------
    contributions
        What the seqlets are in.
    site, start, reverse
        (n,) row of each seqlet's site, its first base, and whether it has the pattern on the reverse strand.
    width
        Width of all seqlets.
    """
    codes = _cut(contributions.codes, site, start, width, fill=UNKNOWN_BASE)
    codes[reverse] = reverse_complement(codes[reverse])
    hypothetical = _cut(contributions.hypothetical, site, start, width)
    hypothetical[reverse] = hypothetical[reverse][:, ::-1, ::-1]
    encoded = one_hot(codes)
    counts = encoded.sum(axis=0, dtype=np.float64).T
    contributed = (encoded * hypothetical).mean(axis=0, dtype=np.float64).T
    weight = np.abs(contributed.sum(axis=1))
    heavy = np.flatnonzero(weight >= _TRIMMED * weight.max())
    low, high = heavy[0], heavy[-1] + 1
    return Pattern(
        counts[low:high],
        contributed[low:high],
        hypothetical.mean(axis=0, dtype=np.float64).T[low:high],
        site,
        start + np.where(reverse, width - high, low),
        reverse,
    )
