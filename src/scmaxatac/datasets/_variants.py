"""Variants of the toy data: two donors' phased alleles that break motifs, make them, or do neither."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from scmaxatac.datasets._motifs import MOTIFS, Motif
from scmaxatac.datasets._regions import CLUSTERS, open_in
from scmaxatac.datasets._sequence import CHROM_SIZES, Sequence
from scmaxatac.datasets._sites import EXPRESSED

VARIANT_DONORS = ("donor1", "donor2")
"""Samples of the VCF file."""

COLUMNS = ("chrom", "pos", "id", "ref", "alt", "effect", "tf", "group", *VARIANT_DONORS)
"""Columns of the table of variants."""

_GENOTYPES = ("0|1", "1|0", "1|1", "0|0")
_N_NEUTRAL = 12  # of substitutions, and as many indels, a chromosome
_N_BREAKING, _N_DELETED = 4, 1  # a factor and chromosome
_N_MAKING, _N_INSERTED = 3, 1
_BROKEN = {"CTCF": 3, "SPI1": 1, "GATA3": 1}  # neighbouring bases; CTCF's long motif bears the loss of one
_ALONE = 300  # bp to the next site of the factor
_CENTRAL = 60  # bp of a region's centre in which motifs are made
_AWAY = 150  # bp between a neutral variant and the next site
_MADE, _UNLIKE = 0.6, 0.02  # quantiles of the motif's scores: what is made, and what neutral alleles stay below
_LEAST_GAIN = 5.0  # bits
_LONGEST_NEUTRAL = 5  # bp


class _Change(NamedTuple):
    """An allele: 0-based start, codes that are replaced, codes in their place, and what that does where."""

    start: int
    ref: np.ndarray
    alt: np.ndarray
    effect: str
    tf: str = ""
    group: str = ""


def simulate_variants(
    genome: dict[str, Sequence], regions: pd.DataFrame, sites: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Draw variants, at most one a region.

    Parameters
    ----------
    genome
        Sequences by chromosome.
    regions, sites
        As their simulations give them.
    rng
        Generator of random numbers.

    Returns
    -------
    Table sorted by position: chrom, pos, id, ref, alt as in VCF (1-based); effect ("breaks", "makes" or "neutral"); tf
    and group that the effect can be seen for and in ("" for neutral ones); a column of genotypes a donor.
    """
    rows = []
    is_open = open_in(regions)
    for chrom in CHROM_SIZES:
        codes = genome[chrom].codes
        here = sites[sites["chrom"] == chrom]
        free = set(np.flatnonzero((regions["chrom"] == chrom).to_numpy() & is_open.any(axis=1)).tolist())
        changes = []
        for tf, motif in MOTIFS.items():
            changes += _breaking(codes, here, motif, free, rng)
            changes += _making(codes, regions, is_open, here, tf, free, rng)
        changes += _neutral(codes, regions, here, free, rng)
        rows += [_row(chrom, codes, change, rng) for change in sorted(changes, key=lambda change: change.start)]
    return pd.DataFrame(rows, columns=list(COLUMNS)).assign(id=[f"toy{i + 1}" for i in range(len(rows))])


def vcf_text(table: pd.DataFrame) -> bytes:
    """Write the variants as a VCF file of both donors."""
    lines = ["##fileformat=VCFv4.2", *(f"##contig=<ID={chrom},length={size}>" for chrom, size in CHROM_SIZES.items())]
    lines += [
        '##INFO=<ID=EFFECT,Number=1,Type=String,Description="breaks or makes a motif, or neutral">',
        '##INFO=<ID=TF,Number=1,Type=String,Description="Factor whose motif it is">',
        '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">',
        "\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *VARIANT_DONORS]),
    ]
    for row in table.itertuples(index=False):
        info = f"EFFECT={row.effect}" + (f";TF={row.tf}" if row.tf else "")
        genotypes = "\t".join(getattr(row, donor) for donor in VARIANT_DONORS)
        lines.append(f"{row.chrom}\t{row.pos}\t{row.id}\t{row.ref}\t{row.alt}\t.\tPASS\t{info}\tGT\t{genotypes}")
    return ("\n".join(lines) + "\n").encode()


def _row(chrom: str, codes: np.ndarray, change: _Change, rng: np.random.Generator) -> tuple[str | int, ...]:
    anchor = int(len(change.ref) != len(change.alt))  # VCF writes indels with the base before them
    before = codes[change.start - anchor : change.start]
    ref, alt = (_letters(np.concatenate([before, part])) for part in (change.ref, change.alt))
    genotypes = ["0|0", "0|0"]
    while genotypes == ["0|0", "0|0"]:
        genotypes = rng.choice(_GENOTYPES, 2).tolist()
    return chrom, change.start - anchor + 1, "", ref, alt, change.effect, change.tf, change.group, *genotypes


def _letters(codes: np.ndarray) -> str:
    return "".join("ACGT"[code] for code in codes)


def _breaking(
    codes: np.ndarray, sites: pd.DataFrame, motif: Motif, free: set[int], rng: np.random.Generator
) -> list[_Change]:
    """Bound strong motifs that lose their most telling bases, or all of them."""
    changes: list[_Change] = []
    mine = sites[(sites["tf"] == motif.tf) & (sites["strength"] == "strong")]
    for i in rng.permutation(len(mine)).tolist():
        site = mine.iloc[i]
        bound = [cluster for cluster in CLUSTERS if site[f"bound:{cluster}"]]
        if not bound or site["region"] not in free or not _is_alone(site["start"], motif.tf, sites, but=site["start"]):
            continue
        start, end = int(site["start"]), int(site["end"])
        if len(changes) < _N_BREAKING:
            table = _table(motif, reverse=site["strand"] == "-")
            loss = table[np.arange(motif.width), codes[start:end]] - table.min(axis=1)
            n = _BROKEN[motif.tf]
            at = int(np.convolve(loss, np.ones(n), "valid").argmax())
            start, end, alt = start + at, start + at + n, table[at : at + n].argmin(axis=1).astype(np.uint8)
        else:
            alt = np.zeros(0, dtype=np.uint8)
        changes.append(_Change(start, codes[start:end], alt, "breaks", motif.tf, bound[0]))
        free.discard(site["region"])
        if len(changes) == _N_BREAKING + _N_DELETED:
            break
    return changes


def _making(
    codes: np.ndarray,
    regions: pd.DataFrame,
    is_open: np.ndarray,
    sites: pd.DataFrame,
    tf: str,
    free: set[int],
    rng: np.random.Generator,
) -> list[_Change]:
    """Open regions without a motif that get one, by one base or by an insertion."""
    changes: list[_Change] = []
    inserted = 0
    motif = MOTIFS[tf]
    for region in rng.permutation(sorted(free)).tolist():
        active = [c for j, c in enumerate(CLUSTERS) if is_open[region, j] and EXPRESSED[tf][j]]
        center = int(regions["center"].iat[region])
        if not active or not _is_alone(center, tf, sites):
            continue
        change = None
        if inserted < _N_INSERTED:
            instance = motif.sample_between(_MADE, 1.0, 1, rng)[0]
            change = _Change(center, codes[:0], instance, "makes", tf, active[0])
            inserted += 1
        else:
            change = _one_base_away(codes, center, motif, active[0])
        if change is not None:
            changes.append(change)
            free.discard(region)
        if len(changes) == _N_MAKING + _N_INSERTED:
            break
    return changes


def _one_base_away(codes: np.ndarray, center: int, motif: Motif, group: str) -> _Change | None:
    """The base whose change makes the best motif near a centre; None where none makes one."""
    first = center - _CENTRAL
    near = np.lib.stride_tricks.sliding_window_view(codes[first : center + _CENTRAL], motif.width)
    best: tuple[float, int, int] | None = None
    for reverse in (False, True):
        table = _table(motif, reverse=reverse)
        each = table[np.arange(motif.width), near]  # (starts, width) bits
        gain = table.max(axis=1) - each
        at = gain.argmax(axis=1)
        made = each.sum(axis=1) + gain.max(axis=1)
        made[gain.max(axis=1) < _LEAST_GAIN] = -np.inf
        start = int(made.argmax())
        if made[start] >= motif.score_at(_MADE) and (best is None or made[start] > best[0]):
            j = int(at[start])
            best = float(made[start]), first + start + j, int(table[j].argmax())
    if best is None:
        return None
    _, at_base, base = best
    return _Change(at_base, codes[at_base : at_base + 1], np.array([base], np.uint8), "makes", motif.tf, group)


def _neutral(
    codes: np.ndarray, regions: pd.DataFrame, sites: pd.DataFrame, free: set[int], rng: np.random.Generator
) -> list[_Change]:
    """Substitutions and short indels in open regions, away from motifs, that leave none and make none."""
    changes: list[_Change] = []
    starts = sites["start"].to_numpy()
    for region in rng.permutation(sorted(free)).tolist():
        at = int(regions["center"].iat[region]) + int(rng.integers(-_CENTRAL, _CENTRAL))
        if (np.abs(starts - at) < _AWAY).any():
            continue
        if len(changes) < _N_NEUTRAL:
            ref, alt = codes[at : at + 1], np.array([(codes[at] + rng.integers(1, 4)) % 4], np.uint8)
        else:
            n = int(rng.integers(1, _LONGEST_NEUTRAL + 1))
            ref, alt = codes[at : at + n], np.zeros(0, np.uint8)
            if rng.random() < 0.5:
                ref, alt = codes[:0], rng.integers(0, 4, n).astype(np.uint8)
        widest = max(motif.width for motif in MOTIFS.values())
        before, behind = codes[at - widest : at], codes[at + len(ref) : at + len(ref) + widest]
        around = [np.concatenate([before, part, behind]) for part in (ref, alt)]
        if any(len(m.find(one, m.score_at(_UNLIKE))[0]) for m in MOTIFS.values() for one in around):
            continue
        changes.append(_Change(at, ref, alt, "neutral"))
        free.discard(region)
        if len(changes) == 2 * _N_NEUTRAL:
            break
    return changes


def _is_alone(at: int, tf: str, sites: pd.DataFrame, but: int | None = None) -> bool:
    """Whether no other planted motif of the factor lies near."""
    starts = sites.loc[sites["tf"] == tf, "start"].to_numpy()
    return not ((np.abs(starts - at) < _ALONE) & (starts != but)).any()


def _table(motif: Motif, *, reverse: bool) -> np.ndarray:
    """(width, 4) bits of bases on the forward strand."""
    return motif.log_odds[::-1, ::-1] if reverse else motif.log_odds
