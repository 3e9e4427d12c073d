"""Overlap of sites with sets of regions, and what is expected of regions that are like them."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from scmaxatac import _keys
from scmaxatac._logging import warn
from scmaxatac._text import abbreviate
from scmaxatac.genome import Genome, Intervals
from scmaxatac.genome._gc_content import gc_content
from scmaxatac.genome._interval_table import Table, read_intervals
from scmaxatac.results._accessibility import insertions_in
from scmaxatac.results._reader import Results
from scmaxatac.stats._background import Background, make_background
from scmaxatac.stats._matched_overlap import matched_overlap
from scmaxatac.stats._multiple_testing import benjamini_hochberg

_FEW = 10
"""Below this number of regions a sum is hardly normal."""


def label(name: str) -> str:
    """What a set is called in messages; "" is the name of the only one."""
    return f"regions of {name!r}" if name else "regions"


def background_regions(results: Results, background: Table | None) -> pd.DataFrame:
    """Regions of the background that were predicted: chrom, start, end."""
    predicted = None
    if _keys.REGIONS in results.slots:
        predicted = results.table(_keys.REGIONS).astype({"chrom": str})
    if background is None:
        if predicted is None:
            raise ValueError(
                "the genome was predicted without regions, so there is nothing to compare with; give background= a BED "
                "file or table of the regions that could have been of interest, such as all peaks"
            )
        return predicted
    table = read_intervals(background, "background", columns=())[["chrom", "start", "end"]].drop_duplicates(
        ignore_index=True
    )
    if predicted is None:
        inside = table["chrom"].isin(results.params["chroms"]).to_numpy()
        where = f"chromosomes that were predicted ({abbreviate(results.params['chroms'])})"
    else:
        inside = Intervals.from_frame(predicted).overlapped(table)
        where = "regions that were predicted"
    if not inside.any():
        raise ValueError(f"background: none of its {len(table):,} regions lies on {where}")
    if not inside.all():
        warn(f"background: {(~inside).sum():,} of {len(table):,} regions lie on none of the {where} and are left out")
    return table[inside].reset_index(drop=True)


def overlapped(universe: pd.DataFrame, table: pd.DataFrame, name: str) -> np.ndarray:
    """Which regions of the background a set overlaps."""
    chosen = Intervals.from_frame(table).overlapped(universe)
    if not chosen.any():
        raise ValueError(
            f"{label(name)}: none of {len(table):,} overlaps the background ({len(universe):,} regions on "
            f"{abbreviate(universe['chrom'].unique())}). Are they of the same assembly, with the same names of "
            "chromosomes (chr1, not 1)?"
        )
    if chosen.all():
        raise ValueError(
            f"{label(name)}: they overlap all {len(universe):,} regions of the background, so there is nothing to "
            "compare with; give background= more regions"
        )
    lost = int((~Intervals.from_frame(universe).overlapped(table)).sum())
    if lost:
        warn(f"{label(name)}: {lost:,} of {len(table):,} overlap no region of the background and do not count")
    return chosen


def match_regions(results: Results, universe: pd.DataFrame, genome: Genome | None) -> Background:
    """Sort the background by accessibility and, with a genome, GC content."""
    if genome is None:
        warn("without genome= regions are matched by accessibility alone, not by their GC content as well")
    gc = None if genome is None else gc_content(universe, genome)
    return make_background(insertions_in(universe, results.store, results.groups), gc)


def check_set(matched: Background, chosen: np.ndarray, name: str) -> None:
    """Raise an error where no region of a set can be matched, and warn where some can't or they are few."""
    lost, kept = int((chosen & ~matched.kept).sum()), int((chosen & matched.kept).sum())
    if not kept:
        raise ValueError(f"{label(name)}: none of the {lost:,} regions has insertions and known sequence")
    if lost:
        warn(f"{label(name)}: {lost:,} of {lost + kept:,} regions have no insertions or no known sequence, left out")
    if kept < _FEW:
        warn(f"{label(name)}: with {kept} regions the normal distribution is a poor guide to p-values")


def bases_in_sites(sites: pd.DataFrame, tfs: Iterable[str], universe: pd.DataFrame) -> dict[str, np.ndarray]:
    """Bases of each region in sites of each factor, (regions,) int64."""
    start, end = (universe[name].to_numpy(np.int64) for name in ("start", "end"))
    by_chrom = universe.groupby("chrom", sort=False, observed=True).indices
    of_tf = sites.groupby("tf", sort=False, observed=True).indices
    bases = {}
    for tf in tfs:
        covered = np.zeros(len(universe), dtype=np.int64)
        if tf in of_tf:
            mine = Intervals.from_frame(sites.iloc[of_tf[tf]])
            for chrom, rows in by_chrom.items():
                covered[rows] = mine.overlap_length(str(chrom), start[rows], end[rows])
        bases[tf] = covered
    return bases


def factors_tested(
    matched: Background, lengths: np.ndarray, bases: Mapping[str, np.ndarray], chosen: np.ndarray, bin_size: int
) -> pd.DataFrame:
    """Table of :func:`scmaxatac.tl.enrichment` for one set.

    Parameters
    ----------
    matched
        The background's regions, matched.
    lengths
        (regions,) their lengths in bp.
    bases
        For each factor (regions,) bases of each region in its sites.
    chosen
        (regions,) bool, whether a region is in the set.
    bin_size
        Width of a bin in bp; half of it is added to both sides of the odds.
    """
    rows = chosen & matched.kept
    length = matched_overlap(matched, lengths, rows)
    records = []
    for tf, covered in bases.items():
        found = matched_overlap(matched, covered, rows)
        odds = (
            _log2_odds(found.observed, length.observed, bin_size),
            _log2_odds(found.expected, length.expected, bin_size),
        )
        records.append(
            {
                "tf": tf,
                "n_regions": int(rows.sum()),
                "n_with_sites": int((covered[rows] > 0).sum()),
                "bp": round(found.observed),
                "expected_bp": found.expected,
                "log2_odds": odds[0] - odds[1] if covered[matched.kept].any() else np.nan,
                "z": found.z,
                "p": found.p,
            }
        )
    table = pd.DataFrame(records).assign(q=lambda frame: benjamini_hochberg(frame["p"].to_numpy()))
    return table.sort_values("z", ascending=False, kind="stable", ignore_index=True)


def _log2_odds(covered: float, total: float, bin_size: int) -> float:
    return float(np.log2((covered + bin_size / 2) / (total - covered + bin_size / 2)))
