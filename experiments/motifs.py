"""Whether the motif of a factor comes out of the contributions of the bases at its sites, and how surely.

Contributions by mutagenesis of the 128 bases around the bin, with the published models of CTCF and SPI1: of the 100
cells of chr22, and of the ChIP-seq peaks of the truth board. Motifs are compared with the vertebrate motifs of JASPAR
CORE 2024, which the package pyjaspar holds (``pip install --no-deps pyjaspar``). Takes about two minutes on two cores.
That the motifs of the simulated data come out is tested in tests/tl/test_find_motifs.py.

Usage: python experiments/motifs.py [--check] [--threads 2]
"""

import sqlite3
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from _chr22 import CHROM, Chr22
from _report import data_dir, options, publish
from _truth import contributions_at_peaks
from matplotlib.figure import Figure

import scmaxatac as sma
from scmaxatac.evaluate._match_motifs import match_motifs
from scmaxatac.evaluate._motif_search import BASES, search_motifs
from scmaxatac.io._motifs import Motif
from scmaxatac.plotting._logo import draw_logo
from scmaxatac.sequence._contributions import Contributions

REAL = ("CTCF", "SPI1")
WIDTH = 128
MOST_SITES = 120
MIN_SEQLETS = 10

RELEASE = "JASPAR2024.sqlite"

BOARD = "truth board"
SCRAMBLED = "truth board, random order"
"""Bases and contributions of each site in random order, as a control."""
KNOWN = 1e-3
"""The page says that every factor's own motif has a smaller q-value than this in the first motif that was found."""


def main() -> None:
    """Write the table and the figure."""
    args = options(__doc__)
    torch.set_num_threads(args.threads)
    sma.settings.progress = False
    known = vertebrate_motifs()
    rows, logos = [], {}
    for data, contributions in cases():
        tf = contributions.tf
        tables = search_motifs({tf: [contributions]}, known, min_seqlets=MIN_SEQLETS)
        (search,) = tables["searches"].itertuples()
        case = {"data": data, "tf": tf, "n_sites": search.n_sites, "n_overlapping": search.n_overlapping,
                "n_seqlets": search.n_seqlets}  # fmt: skip
        if not search.n_motifs:
            rows.append(case | {"motif": "none"})
        for motif in tables["motifs"].itertuples():
            of_motif = tables["matrices"][tables["matrices"]["motif"] == motif.motif]
            matches = match_motifs([of_motif[list(BASES)].to_numpy()], known)
            own = matches.index[matches["tf"].str.upper() == tf][0]
            rows.append(
                case
                | {"motif": motif.motif, "n_of_motif": motif.n_seqlets, "consensus": motif.consensus,
                   "match": f"{motif.match_tf} ({motif.match})", "log10_q": log10(motif.q), "own_rank": own + 1,
                   "own_log10_q": log10(matches.loc[own, "q"])}
            )  # fmt: skip
            if motif.motif == f"{tf}_1":
                logos[data, tf] = of_motif[[f"contribution_{base}" for base in BASES]].to_numpy().T
    table = pd.DataFrame(rows)
    first = table[table["motif"] == table["tf"] + "_1"]
    publish(
        "motifs",
        table,
        draw(logos, first),
        keys=["data", "tf", "motif"],
        tolerance={"n_sites": 2, "n_overlapping": 2, "n_seqlets": 4, "n_of_motif": 4, "own_rank": 3, "log10_q": 1.5,
                   "own_log10_q": 1.5},
        check=args.check,
        note=f"JASPAR CORE 2024, {len(known)} matrices of vertebrates.",
    )  # fmt: skip
    wanted = {(data, tf) for data, tf in zip(table["data"], table["tf"], strict=True) if data != SCRAMBLED}
    sure = first[first["own_log10_q"] < np.log10(KNOWN)]
    if missing := wanted - set(zip(sure["data"], sure["tf"], strict=True)):
        raise SystemExit(f"the factor's own motif did not come first with q < {KNOWN}: {sorted(missing)}")
    if (table.loc[table["data"] == SCRAMBLED, "motif"] != "none").any():
        raise SystemExit("there is a motif in contributions in random order")


def cases() -> Iterator[tuple[str, Contributions]]:
    """Contributions to search in."""
    data = data_dir()
    yield from (("chr22", one) for one in of_chr22(Chr22(data)))
    models = {model.tfs[0]: model for model in Chr22(data).models()}
    rng = np.random.default_rng(0)
    for tf in REAL:
        found = contributions_at_peaks(data, models[tf], WIDTH)
        yield BOARD, found
        order = rng.permuted(np.tile(np.arange(WIDTH), (len(found.codes), 1)), axis=1)
        yield (
            SCRAMBLED,
            found._replace(
                codes=np.take_along_axis(found.codes, order, axis=1),
                hypothetical=np.take_along_axis(found.hypothetical, order[:, None], axis=2),
            ),
        )


def of_chr22(data: Chr22) -> Iterator[Contributions]:
    """The called sites with the largest scores."""
    models = [model for model in data.models() if model.tfs[0] in REAL]
    cells = data.adata
    with tempfile.TemporaryDirectory() as folder:
        sma.tl.predict_tfbs(
            cells, "all", genome=data.genome, fragments=data.fragments, models=models, regions=data.covered,
            chroms=CHROM, min_fragments=1_000, out_dir=folder,
        )  # fmt: skip
        for tf in REAL:
            best = sma.get.sites(cells, tfs=tf).nlargest(MOST_SITES, "score")
            sma.tl.contributions(cells, tf, "cells", genome=data.genome, regions=best, width=WIDTH)
            yield sma.get.contributions(cells)


def vertebrate_motifs() -> list[Motif]:
    """The latest version of every vertebrate matrix of JASPAR CORE 2024 (CC BY 4.0)."""
    spec = find_spec("pyjaspar")
    if spec is None or spec.origin is None:
        raise SystemExit("the known motifs are those in pyjaspar: pip install --no-deps pyjaspar")
    path = Path(spec.origin).parent / "data" / RELEASE
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as base:
        matrices = pd.read_sql(
            "select m.ID, m.BASE_ID, m.VERSION, m.NAME from MATRIX m join MATRIX_ANNOTATION a on a.ID = m.ID where "
            "m.COLLECTION = 'CORE' and a.TAG = 'tax_group' and a.VAL = 'vertebrates'",
            base,
        )
        values = pd.read_sql("select * from MATRIX_DATA", base)
    latest = matrices.sort_values("VERSION").drop_duplicates("BASE_ID", keep="last").sort_values("BASE_ID")
    values = values[values["ID"].isin(latest["ID"])].pivot(index=["ID", "col"], columns="row", values="val")
    return [
        Motif(f"{row.BASE_ID}.{row.VERSION}", row.NAME, values.loc[row.ID, list(BASES)].to_numpy(float))
        for row in latest.itertuples()
    ]


def log10(q: float) -> float:
    """Logarithm of a q-value; that of the smallest float for 0."""
    return float(np.log10(max(q, np.finfo(float).tiny)))


def draw(logos: dict[tuple[str, str], np.ndarray], first: pd.DataFrame) -> Figure:
    """The first motif of each factor in each data set."""
    figure, axes = plt.subplots(len(logos), 1, figsize=(6, 1.15 * len(logos)), layout="constrained")
    for ax, ((data, tf), heights) in zip(np.atleast_1d(axes), logos.items(), strict=True):
        row = first[(first["data"] == data) & (first["tf"] == tf)].iloc[0]
        draw_logo(ax, heights)
        high = np.maximum(heights, 0).sum(axis=0).max()
        ax.set(xlim=(0, 24), ylim=(min(np.minimum(heights, 0).sum(axis=0).min(), 0), 1.05 * high))
        ax.spines[["top", "right", "bottom"]].set_visible(False)
        ax.set_xticks([])
        ax.tick_params(labelsize=7)
        match = f"{row['match']}, q = {10 ** row['log10_q']:.0e}"
        ax.set_title(f"{tf}, {data}: {row['n_of_motif']:.0f} seqlets; {match}", fontsize=8, loc="left")
    figure.supylabel("Mean contribution to the logit", fontsize=8)
    return figure


if __name__ == "__main__":
    main()
