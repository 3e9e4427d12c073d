"""Where motifs stand within sites."""

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
import pandas as pd

from scmaxatac.evaluate._motif_hits import motif_hits
from scmaxatac.genome._genome import Genome
from scmaxatac.genome._intervals import Intervals
from scmaxatac.io._motifs import Motif

COLUMNS = (
    "tf", "group", "motif", "chrom", "start", "end", "strand", "score", "p", "site_start", "site_end", "distance",
)  # fmt: skip


def hits_in_sites(
    genome: Genome,
    sites: pd.DataFrame,
    motifs: Sequence[Motif],
    motifs_of_tf: Mapping[str, Sequence[str]],
    groups: Sequence[str],
    *,
    p_value: float,
    pseudocount: float,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Matches of motifs whose middle base lies in a site, and how many there are.

    Sequence that several sites share is scanned once.

    Parameters
    ----------
    genome
        Genome with sequence.
    sites
        chrom, start, end (0-based, half-open), group and tf; those of one factor in one group don't overlap.
    motifs
        The motifs.
    motifs_of_tf
        For each factor the identifiers of the motifs that are sought in its sites.
    groups
        Groups, those without a site too.
    p_value
        Matches have a p-value below this.
    pseudocount
        Added to every count.

    Returns
    -------
    Hits, a row a hit and site, with the columns :data:`COLUMNS`; and a row a factor, group and motif: tf, group, motif,
    n_sites, n_with_hit, share, n_hits, n_expected. What they mean is told by :func:`scmaxatac.tl.motif_hits`.
    """
    names = [motif.id for motif in motifs]
    matrices = [motif.probabilities(pseudocount) for motif in motifs]
    own = {
        pair: table.sort_values(["chrom", "start"], kind="stable")
        for pair, table in sites.groupby(["tf", "group"], sort=False, observed=True)
    }
    union = Intervals.from_frame(sites[["chrom", "start", "end"]].astype({"chrom": str}))
    parts: list[pd.DataFrame] = []
    for chrom in union.chroms:
        found = motif_hits(genome.codes(chrom), union.starts(chrom), union.ends(chrom), matrices, p_value)
        middle = found.start + (found.end - found.start) // 2
        for (tf, group), table in own.items():
            here = table[(table["chrom"] == chrom).to_numpy()]
            start, end = (here[name].to_numpy(dtype=np.int64) for name in ("start", "end"))
            site = np.searchsorted(start, middle, side="right") - 1
            wanted = np.isin(found.motif, [names.index(name) for name in motifs_of_tf[tf]])
            keep = np.flatnonzero(wanted & (site >= 0) & (middle < end[site] if len(end) else False))
            columns = (
                tf, group, np.array(names, dtype=object)[found.motif[keep]], chrom, found.start[keep], found.end[keep],
                np.where(found.reverse[keep], "-", "+"), found.score[keep], found.p[keep], start[site[keep]],
                end[site[keep]], middle[keep] - (start[site[keep]] + end[site[keep]]) // 2,
            )  # fmt: skip
            parts.append(pd.DataFrame(dict(zip(COLUMNS, columns, strict=True))))
    hits = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    hits = hits.sort_values(["tf", "group", "chrom", "start", "motif", "strand"], ignore_index=True, kind="stable")
    return hits, _summary(hits, own, motifs_of_tf, groups, p_value)


def _summary(
    hits: pd.DataFrame,
    own: Mapping[tuple[str, str], pd.DataFrame],
    motifs_of_tf: Mapping[str, Sequence[str]],
    groups: Sequence[str],
    p_value: float,
) -> pd.DataFrame:
    by_motif = dict(list(hits.groupby(["tf", "group", "motif"], sort=False)))
    rows = []
    for tf, group in product(motifs_of_tf, groups):
        table = own.get((tf, group))
        n_sites = 0 if table is None else len(table)
        n_bases = 0 if table is None else int((table["end"] - table["start"]).sum())
        for motif in motifs_of_tf[tf]:
            found = by_motif.get((tf, group, motif), hits[:0])
            n_with_hit = len(found[["chrom", "site_start"]].drop_duplicates())
            share = n_with_hit / n_sites if n_sites else float("nan")
            rows.append((tf, group, motif, n_sites, n_with_hit, share, len(found), 2 * p_value * n_bases))
    names = ["tf", "group", "motif", "n_sites", "n_with_hit", "share", "n_hits", "n_expected"]
    return pd.DataFrame(rows, columns=names)
