"""What scores of cells are computed from: regions, the weights of each factor's regions, GC content, counts."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from scmaxatac import _keys
from scmaxatac._logging import warn
from scmaxatac._text import abbreviate, choose_names
from scmaxatac.atac._region_counts import RegionCounts
from scmaxatac.containers._objects import unwrap
from scmaxatac.fragments._read_groups import FragmentPaths, sources_of_members
from scmaxatac.genome._gc_content import gc_content
from scmaxatac.genome._genome import Genome
from scmaxatac.genome._interval_table import Table, read_intervals
from scmaxatac.genome._intervals import Intervals
from scmaxatac.genome._intervals_on_genome import on_genome
from scmaxatac.predict._regions import regions_of_columns
from scmaxatac.results._reader import Results
from scmaxatac.scores._site_weights import interval_weights, site_weights


class FactorSites(NamedTuple):
    """Sites of factors, and how they weigh.

    Attributes
    ----------
    table
        chrom, start, end (0-based, half-open), tf, and what weights need: group and score.
    tfs
        Names of the factors.
    thresholds
        ``{tf: {group: threshold}}`` of predicted sites, None where they don't matter.
    weighted
        Whether regions weigh by their sites' scores.
    """

    table: pd.DataFrame
    tfs: list[str]
    thresholds: Mapping[str, Mapping[str, float]] | None
    weighted: bool

    def weights(self, regions: pd.DataFrame) -> tuple[sparse.csr_matrix, list[str]]:
        """Weights (regions, TFs) and the factors that have any; the others are left out, with a warning.

        Raises
        ------
        ValueError
            If no factor has a site in a region.
        """
        if self.thresholds is not None:
            weights = site_weights(self.table, regions, self.tfs, self.thresholds if self.weighted else None)
        else:
            weights = interval_weights(self.table, regions, self.tfs, weighted=self.weighted)
        some = np.asarray((weights != 0).sum(axis=0)).ravel() > 0
        lost = [tf for tf, there in zip(self.tfs, some, strict=True) if not there]
        if not some.any():
            raise ValueError(
                f"none of the {len(self.table):,} sites of {abbreviate(self.tfs)} lies in one of the "
                f"{len(regions):,} regions, so there is nothing to score{_other_names(self.table, regions)}"
            )
        if lost:
            warn(
                f"{len(lost)} of {len(self.tfs)} factors have no site in any region and get no score: {', '.join(lost)}"
            )
        return weights[:, np.flatnonzero(some)].tocsr(), [tf for tf in self.tfs if tf not in lost]


class FragmentOptions(NamedTuple):
    """Where fragments come from; see :func:`scmaxatac.tl.score_cells`."""

    fragments: FragmentPaths | None
    sample_key: str | None
    barcode_key: str | None
    mod: str


def predicted_sites(run: Results, tfs: object, weighted: bool) -> FactorSites:
    """Sites of all groups of a prediction, of some or all factors."""
    chosen = run.pick_tfs(tfs)
    table = run.table(_keys.SITES)
    return FactorSites(table[table["tf"].isin(chosen)], chosen, run.params["thresholds"], weighted)


def given_sites(table: pd.DataFrame, tfs: object, weighted: bool) -> FactorSites:
    """Sites that the user gave, of some or all factors.

    Raises
    ------
    ValueError
        If there are none, a row is no interval, a column is missing, or a score is missing or negative.
    """
    frame = read_intervals(table, "sites")
    if not len(frame):
        raise ValueError("sites are empty; give at least one, or leave sites= out for those that were predicted")
    if missing := [name for name in ("tf", "score")[: 1 + weighted] if name not in frame]:
        raise ValueError(f"sites have no column {missing[0]!r}, only {abbreviate(map(repr, frame.columns), 8)}")
    if frame["tf"].isna().any():
        raise ValueError(f"sites: {int(frame['tf'].isna().sum())} of {len(frame)} rows have no tf")
    if weighted and (wrong := ~(frame["score"] >= 0).to_numpy(dtype=bool)).any():
        raise ValueError(
            f"sites: {wrong.sum()} of {len(frame)} scores are missing or negative (the first is "
            f"{frame['score'].iloc[wrong.argmax()]}); as weights they have to be at least 0"
        )
    frame["tf"] = frame["tf"].astype(str)
    chosen = choose_names(tfs, list(dict.fromkeys(frame["tf"])), "TF", source="sites have")
    return FactorSites(frame[frame["tf"].isin(chosen)], chosen, None, weighted)


def _other_names(sites: pd.DataFrame, regions: pd.DataFrame) -> str:
    """What to look at where sites and regions have no chromosome in common; "" where they have."""
    ours, theirs = (list(dict.fromkeys(frame["chrom"].astype(str))) for frame in (sites, regions))
    if set(ours) & set(theirs):
        return ""
    return (
        f": sites are on {abbreviate(map(repr, ours))}, regions on {abbreviate(map(repr, theirs))}. Are the names of "
        "the same style (chr1, not 1)?"
    )


def matrix_regions(objects: Sequence[Any]) -> pd.DataFrame:
    """Regions that the columns of all objects' matrices stand for.

    Raises
    ------
    ValueError
        If columns are no regions, or the objects differ in theirs.
    """
    frames = [regions_of_columns(adata).astype({"chrom": str}) for adata in objects]
    for i, frame in enumerate(frames[1:], start=2):
        if not frame.equals(frames[0]):
            raise ValueError(
                f"the columns of object {i} are other regions than those of object 1 ({len(frame):,} and "
                f"{len(frames[0]):,}); bring them to the same, or leave counts out and the fragments are counted"
            )
    return frames[0]


def fragment_regions(regions: Table | None, run: Results | None, genome: Genome) -> pd.DataFrame:
    """Distinct regions in which fragments are counted: those given, else those of the prediction.

    Raises
    ------
    ValueError
        If there are none, or as :func:`~scmaxatac.genome._intervals_on_genome.on_genome` raises.
    """
    if regions is not None:
        frame = on_genome(regions, "regions", genome, columns=())[["chrom", "start", "end"]]
        if not len(frame):
            raise ValueError("regions are empty; give at least one")
        return frame.drop_duplicates().reset_index(drop=True)
    if run is None or _keys.REGIONS not in run.slots:
        raise ValueError(
            "no regions to count in: nothing was predicted, or the whole genome without regions; give them as regions="
        )
    return run.table(_keys.REGIONS)[["chrom", "start", "end"]]


def in_prediction(regions: pd.DataFrame, run: Results) -> np.ndarray:
    """Which regions lie in what was predicted, (regions,) bool; others have no sites because nobody looked for them.

    Those on predicted chromosomes do where the genome was predicted without regions, else those that overlap one.

    Raises
    ------
    ValueError
        If none does.
    """
    if _keys.REGIONS in run.slots:
        inside = Intervals.from_frame(run.table(_keys.REGIONS).astype({"chrom": str})).overlapped(regions)
    else:
        inside = regions["chrom"].isin(run.params["chroms"]).to_numpy()
    n_outside = int((~inside).sum())
    if n_outside == len(regions):
        raise ValueError(
            f"none of the {n_outside:,} regions lies in what was predicted under {run.key!r} (on "
            f"{abbreviate(run.params['chroms'])}); predict their chromosomes, or give sites="
        )
    if n_outside:
        warn(f"{n_outside:,} of {len(regions):,} regions were not predicted under {run.key!r} and are left out")
    return inside


def region_gc(regions: pd.DataFrame, genome: Genome | None) -> np.ndarray | None:
    """GC content of the regions, None if there is no sequence, with a warning."""
    if genome is not None and genome.has_sequence:
        return gc_content(regions, genome)
    reason = "there is no genome" if genome is None else f"{genome.source} holds no sequence"
    warn(
        f"{reason}, so the background is matched in accessibility alone, not in GC content; give "
        "genome=scmaxatac.Genome('hg38.fa')"
    )
    return None


def fragment_counts(
    members: Sequence[tuple[str | None, Any]],
    regions: pd.DataFrame,
    genome: Genome,
    options: FragmentOptions,
) -> RegionCounts:
    """Find the fragments of the cells of all objects, to count their insertions in the regions."""
    sources = []
    first = 0
    for (_, member), found in zip(members, sources_of_members(members, *options), strict=True):
        sources += [(source, np.asarray(rows) + first) for source, rows in found]
        first += int(unwrap(member, options.mod).n_obs)
    return RegionCounts(sources, first, regions, genome)
