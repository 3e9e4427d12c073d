"""A table of the variants that can be scored, and what was left out of it and why."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from scmaxatac._constants import WINDOW
from scmaxatac._logging import warn
from scmaxatac._text import abbreviate
from scmaxatac.genome._genome import Genome
from scmaxatac.sequence._alleles import Allele, anchored, has_window, left_align, to_codes, trim
from scmaxatac.sequence._variant_records import Record

_SHOWN = 5
_OTHER_ASSEMBLY = 0.2
"""Share of reference alleles that disagree with the genome from which on the file is of another assembly."""

_ENOUGH = 20
"""Records from which on that share is trusted."""

_FEW = 3
"""Records from which on more than half that disagree are trusted."""

_BASES = re.compile(r"[ACGTacgt]+")
_LETTERS = re.compile(r"[A-Za-z]+")

UNKNOWN_CONTIG = "on contigs that the genome does not have"
REF_MISMATCH = "whose REF is not the genome's"
SYMBOLIC = "symbolic, breakends or missing (<DEL>, N[chr1:5[, *, .)"
UNKNOWN_BASES = "whose ALT has unknown bases (N or other letters than A, C, G, T)"
PAST_THE_END = "past the end of the chromosome"
TOO_LONG = "longer than a window"
UNKNOWN_SEQUENCE = "in sequence that is not known (N)"
NOT_PREDICTED = "on chromosomes that were not predicted"
NO_WINDOW = "in no window (outside the regions, in the blacklist, or at the end of a chromosome)"
SAME = "whose ALT is their REF"


@dataclass(frozen=True)
class Variants:
    """Alternative alleles that can be scored.

    Attributes
    ----------
    table
        A row an allele, in the order they came in: chrom, pos (1-based), id, ref, alt as VCF writes them, normalised;
        kind; record (its place in the input, from 0), allele (from 1).
    alleles
        The same, trimmed.
    frequency
        (alleles,) float64, how frequent each is in the population; NaN where that is not known.
    left_out
        How many alleles were left out, by reason.
    """

    table: pd.DataFrame
    alleles: tuple[Allele, ...]
    frequency: npt.NDArray[np.float64]
    left_out: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.alleles)

    def take(self, rows: npt.NDArray[np.int64]) -> "Variants":
        """Keep some of the alleles, in the order of the rows."""
        alleles = tuple(self.alleles[i] for i in rows.tolist())
        return replace(
            self, table=self.table.iloc[rows].reset_index(drop=True), alleles=alleles, frequency=self.frequency[rows]
        )


def make_variants(
    records: Iterable[Record],
    genome: Genome,
    *,
    align: bool = True,
    window: int = WINDOW,
    starts: Mapping[str, np.ndarray] | None = None,
    what: str = "alleles",
) -> Variants:
    """Check alleles against the genome and bring them into normal form.

    Parameters
    ----------
    records
        What was read.
    genome
        Sequence and sizes.
    align
        Whether insertions and deletions are moved left as far as they can be.
    window
        Width of the windows in bp; longer alleles are left out.
    starts
        Sorted starts of the windows of the chromosomes that were predicted; alleles elsewhere, or in none of the
        windows, are left out.
    what
        What they are, for messages.

    Raises
    ------
    ValueError
        If no contig is in the genome, so many reference alleles disagree that it is another assembly (more than half
        of 3 or more, more than a fifth of 20 or more), or windows are given and no allele is left.

    Warns
    -----
    UserWarning
        If alleles are left out: how many and why, with the first reference alleles that disagree.
    """
    rows, alleles, shares = [], [], []
    left_out: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    mismatches: list[str] = []
    n_checked = n_all = 0
    for record in records:
        n_all += 1
        if record.chrom not in genome.sizes:
            left_out[UNKNOWN_CONTIG] += 1
            unknown[record.chrom] += 1
            continue
        if starts is not None and record.chrom not in starts:
            left_out[NOT_PREDICTED] += 1
            continue
        codes = genome.codes(record.chrom)
        n_checked += record.start + len(record.ref) <= len(codes)
        reason, found = _check(record, codes, window)
        if reason == REF_MISMATCH:
            here = f"{record.chrom}:{record.start + 1} {record.ref[:20]}, not {found[:20]} ({record.where})"
            mismatches.append(here)
        if reason:
            left_out[reason] += 1
            continue
        allele = trim(record.start, record.ref, record.alt.upper())
        allele = left_align(allele, codes) if align else allele
        if starts is not None and not has_window(allele, starts[record.chrom], window):
            left_out[NO_WINDOW] += 1
            continue
        pos, ref, alt = anchored(allele, codes)
        rows.append((record.chrom, pos, record.name, ref, alt, allele.kind, record.record, record.allele))
        alleles.append(allele)
        shares.append(record.frequency)
    _check_fit(genome, n_all, n_checked, left_out, unknown, mismatches)
    reasons = ", ".join(f"{count} {reason}" for reason, count in left_out.most_common())
    reasons += f". Contigs: {abbreviate(unknown)}" if unknown else ""
    reasons += f". REF: {abbreviate(mismatches, _SHOWN, separator='; ')}" if mismatches else ""
    if starts is not None and not alleles:
        raise ValueError(f"none of the {n_all} {what} can be scored: {reasons}")
    if left_out:
        warn(f"{sum(left_out.values())} of {n_all} {what} are left out: {reasons}")
    columns = ["chrom", "pos", "id", "ref", "alt", "kind", "record", "allele"]
    table = pd.DataFrame(rows, columns=columns).astype({"pos": np.int64, "record": np.int64, "allele": np.int64})
    return Variants(table, tuple(alleles), np.array(shares, dtype=np.float64), dict(left_out))


def _check(record: Record, codes: np.ndarray, window: int) -> tuple[str, str]:
    """Why an allele can't be scored, "" if it can; and the bases that the genome has in place of REF."""
    end = record.start + len(record.ref)
    if end > len(codes):
        return PAST_THE_END, ""
    here = codes[record.start : end]
    expected = to_codes(record.ref)
    if (here != expected).any():
        known = (here < 4) & (expected < 4)
        if (here[known] != expected[known]).any():
            return REF_MISMATCH, "".join("ACGTN"[code] for code in here[:20])
    if (here > 3).any():
        return UNKNOWN_SEQUENCE, ""
    if not _BASES.fullmatch(record.alt):
        return UNKNOWN_BASES if _LETTERS.fullmatch(record.alt) else SYMBOLIC, ""
    if (expected > 3).any():
        return UNKNOWN_SEQUENCE, ""
    if record.alt.upper() == record.ref:
        return SAME, ""
    if max(len(record.ref), len(record.alt)) > window:
        return TOO_LONG, ""
    return "", ""


def _check_fit(
    genome: Genome,
    n_all: int,
    n_checked: int,
    left_out: Counter[str],
    unknown: Counter[str],
    mismatches: Sequence[str],
) -> None:
    """Raise a ValueError if no contig is the genome's, or the alleles are of another assembly."""
    if n_all and left_out[UNKNOWN_CONTIG] == n_all:
        raise ValueError(
            f"the variants' contigs ({abbreviate(unknown)}) do not match those of {genome.source} "
            f"({abbreviate(genome.chroms)}); use the genome that the variants were called on, with the same contig "
            "names (chr1, not 1)"
        )
    shown = abbreviate(mismatches, _SHOWN, separator="; ")
    most = _OTHER_ASSEMBLY if n_checked >= _ENOUGH else 0.5
    if n_checked >= _FEW and len(mismatches) > most * n_checked:
        raise ValueError(
            f"{len(mismatches)} of {n_checked} reference alleles are not those of {genome.source}, so the variants "
            f"look called on another assembly: {shown}. Use its genome, or lift the variants over"
        )
