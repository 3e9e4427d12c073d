"""A hand-made object with the slots that predict_tfbs writes, on simulated signal and scores."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from anndata import AnnData

from scmaxatac.io._bigwig import BigWigWriter
from scmaxatac.nn.engines._options import EngineOptions
from scmaxatac.predict._run import Run
from scmaxatac.results._run_spec import ModelId, RunSpec

SIZES = {"chr21": 100_003, "chr22": 18_800_000}
START, END = 18_700_000, 18_740_000  # the interval of chr22 that has data
KEY = "tfbs"
FLOOR = 0.01  # scores below are not in the store


@dataclass
class Truth:
    """What was written into the slots, the store and the bigWigs."""

    adata: AnnData
    folder: Path
    groups: list[str]
    tfs: list[str]
    scores: dict[tuple[str, str], tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    signal: dict[str, list[np.ndarray]] = field(default_factory=dict)


def make_truth(
    folder: Path,
    *,
    groups: list[str],
    tfs: list[str],
    n_cells: int = 30,
    skipped: str | None = None,
    bigwigs: bool = False,
    seed: int = 0,
) -> Truth:
    """Simulate accessible places that groups share in part, sites of TFs in them, and the slots of their prediction."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    places = np.sort(rng.integers(START + 1000, END - 1000, 14))
    openness = rng.gamma(0.6, 1.0, (len(groups), len(places)))
    affinity = rng.beta(0.35, 1.0, (len(tfs), len(places)))
    labels = np.repeat([*groups, *([skipped] if skipped else [])], n_cells)
    adata = AnnData(
        obs=pd.DataFrame({"leiden": pd.Categorical(labels)}, index=[f"cell{i}" for i in range(len(labels))])
    )
    truth = Truth(adata, folder, groups, tfs)
    spec = RunSpec(
        models=tuple(ModelId((tf,), f"file:{tf}", "") for tf in tfs),
        genome="",
        sizes=SIZES,
        signal_chroms=tuple(SIZES),
        signals={group: f"insertions {group}" for group in groups},
        regions=None,
        step=256,
        strand="forward",
        engine=EngineOptions(),
        min_stored_score=FLOOR,
        ranks=(0,) * len(tfs),
    )
    run = Run(folder / spec.folder_name, spec)
    store = run.store
    for g, group in enumerate(groups):
        centres = np.repeat(places, rng.poisson(40 * openness[g]))
        insertions = np.concatenate([rng.normal(centres, 120), rng.uniform(START, END, 60)])
        insertions = np.sort(np.clip(insertions, START + 30, END - 30).astype(np.int32))
        *truth.signal[group], p99 = _signal(insertions)
        for t, tf in enumerate(tfs):
            truth.scores[group, tf] = _scores(places, openness[g] * affinity[t], rng)
        for chrom in SIZES:
            here = chrom == "chr22"
            kept = (
                [
                    (starts[score >= FLOOR] // 32, score[score >= FLOOR])
                    for starts, score in (truth.scores[group, tf] for tf in tfs)
                ]
                if here
                else [([], [])] * len(tfs)
            )
            bins, scores = ([np.asarray(pair[i]) for pair in kept] for i in (0, 1))
            min_stored_scores, nothing = np.full(len(tfs), FLOOR), np.empty((0, len(tfs)))
            store.write_scores(
                group,
                chrom,
                bins=bins,
                scores=scores,
                min_stored_scores=min_stored_scores,
                region_scores=nothing,
                n_ranked=0,
            )
            store.write_insertions(group, chrom, [insertions if here else insertions[:0]], [1.0], (0.0, p99))
    (run.folder / "run.json").write_text(spec.to_json())
    store.finish(spec.fingerprint, [])
    adata.uns[KEY] = _slots(truth, run, places, skipped, n_cells, bigwigs, rng)
    activity = adata.uns[KEY]["activity"].astype(np.float32)
    adata.obsm[f"X_{KEY}"] = activity.reindex(labels).set_axis(adata.obs_names)
    return truth


def cells_of(adata: AnnData, column: str = "leiden") -> dict[str, list]:
    """Number of cells of each group, and what their names give."""
    found = {}
    for group in adata.obs[column].dropna().astype(str).unique():
        names = sorted(adata.obs_names[adata.obs[column].astype(str) == group])
        found[group] = [len(names), hashlib.sha256(json.dumps(names).encode()).hexdigest()[:16]]
    return found


def _signal(insertions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    coverage = np.zeros(END - START)
    for position in insertions - START:
        coverage[max(position - 20, 0) : position + 21] += 1
    p99 = max(np.percentile(coverage[coverage > 0], 99), 1)
    edges = np.flatnonzero(np.diff(coverage, prepend=0.0, append=0.0))
    starts, ends = edges[:-1] + START, edges[1:] + START
    values = (coverage[edges[:-1]] / p99).astype(np.float32)
    return starts[values > 0], ends[values > 0], values[values > 0], float(p99)


def _scores(places: np.ndarray, height: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    starts = np.arange(START, END, 32)
    score = 0.004 * rng.random(len(starts))
    for place, peak in zip(places, height, strict=True):
        score += (1 - np.exp(-2 * peak)) * np.exp(-(((starts + 16 - place) / 60.0) ** 2))
    return starts.astype(np.int64), np.clip(score, 0, 1).astype(np.float32)


def _slots(
    truth: Truth,
    run: Run,
    places: np.ndarray,
    skipped: str | None,
    n_cells: int,
    bigwigs: bool,
    rng: np.random.Generator,
) -> dict:
    groups, tfs = truth.groups, truth.tfs
    regions = pd.DataFrame({"chrom": "chr22", "start": places - 256, "end": places + 256})
    scores = np.empty((len(groups), len(regions), len(tfs)), dtype=np.float32)
    sites = []
    for (group, tf), (starts, score) in truth.scores.items():
        for r, region in regions.iterrows():
            inside = (starts + 32 > region["start"]) & (starts < region["end"])
            scores[groups.index(group), r, tfs.index(tf)] = score[inside].max()
        sites += [("chr22", start, start + 32, group, tf, value) for start, value in zip(starts, score, strict=True)
                  if value > 0.4]  # fmt: skip
    frame = pd.DataFrame(sites, columns=["chrom", "start", "end", "group", "tf", "score"])
    frame = frame.astype({"score": np.float32, **dict.fromkeys(["chrom", "group", "tf"], "category")})
    activity = pd.DataFrame(
        {tf: scores[:, scores[..., t].max(axis=0) > 0.4, t].mean(axis=1)
         if (scores[..., t] > 0.4).any() else np.full(len(groups), np.nan) for t, tf in enumerate(tfs)},
        index=pd.Index(groups, name="group"),
    )  # fmt: skip
    return {
        "params": json.dumps(
            {
                "groupby": "leiden",
                "replicate_key": None,
                "cells": [cells_of(truth.adata)],
                "n_objects": 1,
                "tfs": tfs,
                "groups": groups,
                "models": {tf: {"id": f"file:{tf}", "sha256": ""} for tf in tfs},
                "genome": {"source": "hg38.fa", "fingerprint": ""},
                "chroms": list(SIZES),
                "signal_chroms": list(SIZES),
                "regions": "auto",
                "preset": None,
                "window": 1024,
                "bin": 32,
                "step": 256,
                "strand": "forward",
                "threshold": "f1",
                "thresholds": {tf: {group: 0.4 + 0.01 * g for g, group in enumerate(groups)} for tf in tfs},
                "include_flanks": False,
                "min_cells": 10,
                "min_fragments": 10_000,
                "max_fragments": None,
                "thinned_to": None,
                "rng": 0,
                "rows": "cells",
                "min_stored_score": FLOOR,
                "precision": "float32",
                "backend": "torch",
                "device": "cpu",
                "out_dir": str(truth.folder),
                "run": run.spec.fingerprint,
                "version": "0",
            }
        ),
        "qc": (qc := _qc(groups, tfs, skipped, n_cells, frame, rng)),
        "tf_qc": pd.DataFrame(
            [
                (
                    group,
                    tf,
                    100 * qc.loc[group, f"called_to_expected_{tf}"],
                    100.0,
                    qc.loc[group, f"called_to_expected_{tf}"],
                )
                for group in groups
                for tf in tfs
            ],
            columns=["group", "tf", "n_called", "n_expected", "called_to_expected"],
        ),
        "sites": frame,
        "regions": regions.astype({"chrom": "category"}),
        "scores": scores,
        "activity": activity,
        "files": _files(truth, run, bigwigs),
    }


def _qc(
    groups: list[str], tfs: list[str], skipped: str | None, n_cells: int, sites: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    n_fragments = np.exp(rng.uniform(np.log(3e4), np.log(4e7), len(groups))).astype(np.int64)
    qc = pd.DataFrame(
        {
            "n_cells": n_cells,
            "n_fragments": n_fragments,
            "n_fragments_used": n_fragments,
            "n_insertions": 2 * n_fragments,
            "n_insertions_kept": (1.9 * n_fragments).astype(np.int64),
            "p99": np.round(np.sqrt(n_fragments) / 150) + 1.0,
            "n_sites": sites["group"].value_counts().reindex(groups, fill_value=0).to_numpy(),
            "warnings": "",
            "match_rate": rng.uniform(0.55, 1.0, len(groups)),
        },
        index=pd.Index(groups, name="group"),
    )
    qc = qc.join(pd.DataFrame({f"called_to_expected_{tf}": rng.uniform(0.5, 1.5, len(groups)) for tf in tfs}, qc.index))
    qc.loc[qc["n_fragments"] < 100_000, "warnings"] = "fewer than 100,000 fragments: scores shrink with depth"
    if skipped:
        reason = "skipped: 812 fragments, min_fragments is 10,000"
        qc.loc[skipped] = [n_cells, 812, 812, 1624, 1530, np.nan, 0, reason, 0.9, *[np.nan] * len(tfs)]
        counts = ["n_cells", "n_fragments", "n_fragments_used", "n_insertions", "n_insertions_kept", "n_sites"]
        qc = qc.astype(dict.fromkeys(counts, int))
    return qc


def _files(truth: Truth, run: Run, bigwigs: bool) -> pd.DataFrame:
    rows = [("", "", "store", run.folder.name)]
    if bigwigs:
        for i, ((group, tf), (starts, score)) in enumerate(truth.scores.items()):
            with BigWigWriter(truth.folder / f"{i}.bw", SIZES) as writer:
                writer.add_fixed("chr22", int(starts[0]), score)
            rows.append((group, tf, "bigwig", f"{i}.bw"))
        for i, (group, runs) in enumerate(truth.signal.items()):
            with BigWigWriter(truth.folder / f"{i}.signal.bw", SIZES) as writer:
                writer.add_runs("chr22", *runs)
            rows.append((group, "", "signal_bigwig", f"{i}.signal.bw"))
    return pd.DataFrame(rows, columns=["group", "tf", "kind", "path"]).assign(sha256="")
