"""Motifs of transcription factors in the contributions of their sites: found, named and matched to known ones."""

from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
import pandas as pd

from scmaxatac._text import abbreviate
from scmaxatac.evaluate._match_motifs import match_motifs
from scmaxatac.genome._bases import BASES
from scmaxatac.io._motifs import Motif, information
from scmaxatac.sequence._contributions import Contributions
from scmaxatac.sequence._modisco import modisco_patterns
from scmaxatac.sequence._patterns import PATTERN_WIDTH, Pattern, find_patterns
from scmaxatac.sequence._seqlets import find_seqlets

Method = Literal["cluster", "modisco"]

SIGNS = ("positive", "negative")

_MATCHES_KEPT = 10
_SURE = 0.05
"""Patterns are turned to read as their best match does where its q-value is below this."""

_TEXT = "object"
_DTYPES = {
    "motifs": {
        "motif": _TEXT, "tf": _TEXT, "sign": _TEXT, "n_seqlets": "int64", "width": "int64", "consensus": _TEXT,
        "information": "float64", "contribution": "float64", "match": _TEXT, "match_tf": _TEXT, "p": "float64",
        "q": "float64",
    },
    "matrices": {"motif": _TEXT, "position": "int64"}
    | dict.fromkeys(BASES, "float64") | {f"contribution_{base}": "float64" for base in BASES},
    "seqlets": {
        "motif": _TEXT, "tf": _TEXT, "group": _TEXT, "chrom": _TEXT, "start": "int64", "end": "int64", "strand": _TEXT,
        "contribution": "float64",
    },
    "matches": {
        "motif": _TEXT, "match": _TEXT, "match_tf": _TEXT, "p": "float64", "q": "float64", "overlap": "int64",
        "strand": _TEXT,
    },
    "searches": {
        "tf": _TEXT, "n_sites": "int64", "n_overlapping": "int64", "n_seqlets": "int64", "n_motifs": "int64",
        "remark": _TEXT,
    },
}  # fmt: skip


def pool_contributions(parts: Sequence[Contributions]) -> tuple[Contributions, int]:
    """Sites of one factor in several groups, none of which overlaps another, and how many were left out for that.

    Of those that overlap the one with the largest score is kept, as it is the same sequence.

    Raises
    ------
    ValueError
        If windows are narrower than a seqlet with its flanks, or a contribution is not finite.
    """
    width = parts[0].codes.shape[1]
    if width < PATTERN_WIDTH:
        raise ValueError(
            f"contributions of {parts[0].tf} are of {width} bp around each site; motifs are searched for in windows of "
            f"at least {PATTERN_WIDTH} bp, better 100: call scmaxatac.tl.contributions with a larger width"
        )
    sites = pd.concat([part.sites.assign(group=part.group) for part in parts], ignore_index=True)
    finite = np.concatenate([np.isfinite(part.hypothetical).all(axis=(1, 2)) for part in parts])
    if not finite.all():
        row = sites.iloc[int(np.argmin(finite))]
        raise ValueError(
            f"contributions of {parts[0].tf} at {row['chrom']}:{row['start']:,}-{row['end']:,} are not finite (of "
            f"{int((~finite).sum())} sites in all); call scmaxatac.tl.contributions again"
        )
    keep = _apart(sites)
    ends = np.cumsum([len(part.codes) for part in parts])
    own = [rows - end + len(part.codes) for rows, end, part in zip(_cut(keep, ends), ends, parts, strict=True)]
    # not all of them together first, which would be another copy
    codes, hypothetical = (
        np.concatenate([getattr(part, name)[rows] for rows, part in zip(own, parts, strict=True)])
        for name in Contributions._fields[1:3]
    )
    pooled = Contributions(sites.iloc[keep].reset_index(drop=True), codes, hypothetical, parts[0].tf, parts[0].group)
    return pooled, len(sites) - len(keep)


def _cut(rows: np.ndarray, ends: np.ndarray) -> list[np.ndarray]:
    """Sorted rows of several tables below each other, by table."""
    return np.split(rows, np.searchsorted(rows, ends[:-1]))


def search_motifs(
    by_tf: Iterable[tuple[str, Sequence[Contributions]]],
    known: Sequence[Motif],
    *,
    method: Method = "cluster",
    min_seqlets: int = 20,
    fdr: float = 0.05,
    seed: int = 0,
) -> dict[str, pd.DataFrame]:
    """Find the motifs of each factor and what known ones they are like.

    Parameters
    ----------
    by_tf
        Each factor with the contributions of its sites in one group or several. One factor's are held at a time.
    known
        Known motifs; none for no matches.
    method
        ``"cluster"`` for our own search, ``"modisco"`` for modisco-lite.
    min_seqlets
        Motifs of fewer seqlets are left out.
    fdr
        False discovery rate of our own seqlets.
    seed
        Seed of all draws.

    Returns
    -------
    The tables of the entry, whose columns :func:`scmaxatac.tl.find_motifs` describes.
    """
    rows: dict[str, list[pd.DataFrame]] = {name: [] for name in _DTYPES}
    for tf, parts in by_tf:
        contributions, n_overlapping = pool_contributions(parts)
        del parts
        both, n_seqlets = _patterns(contributions, method, min_seqlets, fdr, np.random.default_rng(seed))
        signs = [sign for sign, patterns in zip(SIGNS, both, strict=True) for _ in patterns]
        patterns = [pattern for found in both for pattern in found]
        matches = match_motifs([pattern.counts for pattern in patterns], known)
        for number, (sign, pattern) in enumerate(zip(signs, patterns, strict=True)):
            rank = signs[: number + 1].count(sign)
            name = f"{tf}_{rank}" if sign == SIGNS[0] else f"{tf}_{sign}_{rank}"
            own = matches[matches["found"] == number].rename(columns={"id": "match", "tf": "match_tf"})
            own = own.drop(columns="found").head(_MATCHES_KEPT).assign(motif=name)
            if len(own) and own["q"].iloc[0] < _SURE and own["strand"].iloc[0] == "-":
                pattern = _turned(pattern)
                own["strand"] = own["strand"].map({"+": "-", "-": "+"})
            rows["motifs"].append(_motif(name, tf, sign, pattern, own))
            rows["matrices"].append(_matrix(name, pattern))
            rows["seqlets"].append(_seqlets(name, pattern, contributions))
            rows["matches"].append(own)
        n_sites = len(contributions.codes)
        remark = "" if patterns else f"no pattern found from {n_seqlets:,} seqlets of {n_sites:,} sites"
        counts = [[tf, n_sites, n_overlapping, n_seqlets, len(patterns), remark]]
        rows["searches"].append(pd.DataFrame(counts, columns=[*_DTYPES["searches"]]))
    return {
        name: pd.concat([pd.DataFrame(columns=[*types]), *rows[name]] if not rows[name] else rows[name])[[*types]]
        .astype(types)
        .reset_index(drop=True)
        for name, types in _DTYPES.items()
    }


def motifs_of(matrices: pd.DataFrame, names: Sequence[str]) -> list[Motif]:
    """Motifs that were found, from their table of matrices, in the order of the names."""
    return [
        Motif(name, name, matrices.loc[matrices["motif"] == name, [*BASES]].to_numpy(dtype=np.float64))
        for name in names
    ]


def told(searches: pd.DataFrame) -> str:
    """One line on the factors without a motif; "" where all have one."""
    without = searches[searches["remark"] != ""]
    return abbreviate(
        (f"{tf}: {text}" for tf, text in zip(without["tf"], without["remark"], strict=True)), separator="; "
    )


def _patterns(
    contributions: Contributions, method: Method, min_seqlets: int, fdr: float, rng: np.random.Generator
) -> tuple[tuple[list[Pattern], list[Pattern]], int]:
    """Patterns with positive and with negative contributions, and the number of seqlets that they are of."""
    if method == "modisco":
        positive, negative, n_seqlets = modisco_patterns(contributions, min_seqlets=min_seqlets, rng=rng)
        return (positive, negative), n_seqlets
    actual = contributions.actual
    seqlets = [find_seqlets(actual, negative=negative, fdr=fdr, rng=rng) for negative in (False, True)]
    positive, negative = (find_patterns(contributions, each, min_seqlets=min_seqlets, rng=rng) for each in seqlets)
    return (positive, negative), sum(len(each.site) for each in seqlets)


def _apart(sites: pd.DataFrame) -> np.ndarray:
    """Rows of sites that overlap none with a larger score, in order; the first of equals, those without one last."""
    score = -sites["score"].fillna(-np.inf).to_numpy(dtype=float) if "score" in sites else np.zeros(len(sites))
    kept = []
    for _, rows in sites.groupby(sites["chrom"].astype(str), sort=False).indices.items():
        start, end = (sites[name].to_numpy(dtype=np.int64)[rows] for name in ("start", "end"))
        # all windows are equally wide, so that those which overlap one start less than a width away
        width = int((end - start).max())
        taken: dict[int, list[int]] = {}
        for i in np.lexsort((rows, score[rows])):
            place, cell = int(start[i]), int(start[i]) // width
            if all(abs(place - other) >= width for near in (-1, 0, 1) for other in taken.get(cell + near, ())):
                taken.setdefault(cell, []).append(place)
                kept.append(rows[i])
    return np.sort(np.array(kept, dtype=np.int64))


def _turned(pattern: Pattern) -> Pattern:
    counts, contributions, hypothetical = (matrix[::-1, ::-1] for matrix in pattern[:3])
    return Pattern(counts, contributions, hypothetical, pattern.site, pattern.start, ~pattern.reverse)


def _motif(name: str, tf: str, sign: str, pattern: Pattern, matches: pd.DataFrame) -> pd.DataFrame:
    bits = information(pattern.counts)
    letters = np.array([*BASES])[pattern.counts.argmax(axis=1)]
    consensus = "".join(base if bit >= 1 else base.lower() for base, bit in zip(letters, bits, strict=True))
    best = ("", "", np.nan, np.nan) if matches.empty else tuple(matches[["match", "match_tf", "p", "q"]].iloc[0])
    row = (
        name, tf, sign, len(pattern.site), len(bits), consensus, bits.sum(), pattern.contributions.sum(), *best,
    )  # fmt: skip
    return pd.DataFrame([row], columns=[*_DTYPES["motifs"]])


def _matrix(name: str, pattern: Pattern) -> pd.DataFrame:
    table = {"motif": name, "position": np.arange(len(pattern.counts))}
    for b, base in enumerate(BASES):
        table |= {base: pattern.counts[:, b], f"contribution_{base}": pattern.contributions[:, b]}
    return pd.DataFrame(table)


def _seqlets(name: str, pattern: Pattern, contributions: Contributions) -> pd.DataFrame:
    """Places of a motif's seqlets; where one reaches over the window only what is inside adds to its contribution."""
    sites, actual = contributions.sites.iloc[pattern.site], contributions.actual
    width = len(pattern.counts)
    sums = np.pad(np.cumsum(actual, axis=1, dtype=np.float64), ((0, 0), (1, 0)))
    low, high = (np.clip(pattern.start + shift, 0, actual.shape[1]) for shift in (0, width))
    start = sites["start"].to_numpy(dtype=np.int64) + pattern.start
    columns = {
        "motif": name, "tf": contributions.tf, "group": sites["group"].to_numpy(dtype=object),
        "chrom": sites["chrom"].astype(str).to_numpy(dtype=object),
        "start": np.maximum(start, 0), "end": start + width,
        "strand": np.where(pattern.reverse, "-", "+"),
        "contribution": sums[pattern.site, high] - sums[pattern.site, low],
    }  # fmt: skip
    return pd.DataFrame(columns).sort_values(["chrom", "start"])
