"""One cluster cut at random into 3 + 3 pseudo-replicates, between which nothing differs."""

import itertools
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
from _semi_simulation import CHROM, CLUSTER, STEP, factors
from scipy import stats

import scmaxatac as sma
from scmaxatac.predict._comparisons import build_comparison, plan_comparisons
from scmaxatac.predict._differential import compare
from scmaxatac.predict._levels import Levels
from scmaxatac.predict._run import Run
from scmaxatac.predict._unit_scores import score_units
from scmaxatac.results._entries import read_entry
from scmaxatac.results._entry import DIFFERENTIAL
from scmaxatac.results._run_folder import run_folder

N_PIECES = 6
N_CUTS = 2
LEVEL = 0.05


def pseudo_replicates(splits: pd.DataFrame) -> pd.DataFrame:
    """Rows of the units and of the factors: how many are significant at 5%, over all splits of all cuts."""
    n_sites = int(splits.groupby("cut")["n_sites"].mean().sum())
    rows = []
    for part, share, n in (
        ("units", splits["significant"].sum() / splits["n_units"].sum(), n_sites),
        ("factors", splits["levels"].sum() / splits["n_factors"].sum(), int(splits["n_factors"].sum())),
    ):
        low, high = stats.binom.interval(0.95, n, LEVEL)
        rows.append(
            {"part": f"pseudo-replicates, {part}", "method": "scmaxatac", "strength": 0.0, "depth_ratio": 1,
             "n_runs": len(splits), "called": share, "low": low / n, "high": high / n}
        )  # fmt: skip
    return pd.DataFrame(rows)


def of_cut(seed: int, out_dir: Path) -> list[dict[str, object]]:
    """The ten splits of six pieces: significant units and factors without any selection."""
    toy = sma.datasets.toy(n_fragments=3_000_000)
    data = toy.snapatac2
    data = data[(data.obs["cell_type"] == CLUSTER).to_numpy()].copy()
    piece = np.random.default_rng(seed).permutation(data.n_obs) % N_PIECES
    data.obs["piece"] = [f"piece{i}" for i in piece]
    data.obs["half"] = np.where(piece < N_PIECES // 2, "one", "other")
    models = factors()
    regions = toy.peaks.query("chrom == @CHROM")[["chrom", "start", "end"]]
    sma.tl.differential_tfbs(
        data, "half", group="one", reference="other", replicate_key="piece", paired=False, genome=toy.genome,
        models=models, regions=regions, chroms=[CHROM], step=STEP, min_fragments=1_000, null=False, out_dir=out_dir,
    )  # fmt: skip
    tables, params = read_entry(data, DIFFERENTIAL, DIFFERENTIAL.name)
    samples = tables["samples"]["sample"].tolist()
    store = Run.open(run_folder(params)).store
    scores = {}
    for model in models:
        units = tables["units"].loc[tables["units"]["tf"] == model.tf, ["chrom", "start", "end"]].reset_index(drop=True)
        units["chrom"] = units["chrom"].astype(str)
        thresholds = pd.Series(params["thresholds"][model.tf])
        counts = insertions_in(data, units, samples)
        scores[model.tf] = score_units(store, units, model.tf, samples, thresholds, counts)
    rows = []
    for first in itertools.combinations(range(1, N_PIECES), 2):
        here = {0, *first}
        table = pd.DataFrame(
            {"group": ["a" if i in here else "b" for i in range(N_PIECES)], "replicate": samples}, index=samples
        )
        (arms,) = plan_comparisons(["a", "b"], {}, "a", "b")
        comparison = build_comparison(arms, table, paired=False, covariates=pd.DataFrame())
        means = np.array([found.logits.mean(axis=0) for found in scores.values()]).T
        levels = Levels(means, np.ones(len(models)))
        found, units = compare(scores, levels, comparison, halves=None, null={}, level=LEVEL)
        rows.append(
            {"cut": seed, "significant": int((units["p"] < LEVEL).sum()), "n_units": len(units),
             "n_sites": n_separate(units), "levels": int((found["level_p"] < LEVEL).sum()),
             "n_factors": int(found["level_p"].notna().sum())}
        )  # fmt: skip
    return rows


def n_separate(units: pd.DataFrame) -> int:
    """Units that do not touch the one before: neighbours belong to one site and are no independent tests."""
    units = units.sort_values(["tf", "start"])
    touches = (units["start"].diff() == 200) & (units["tf"].astype(str) == units["tf"].astype(str).shift())
    return int((~touches).sum())


def insertions_in(data: ad.AnnData, units: pd.DataFrame, samples: list[str]) -> np.ndarray:
    """Insertions of the pieces in units, (units, samples)."""
    matrix = data.obsm["fragment_paired"].tocsr()
    sizes = data.uns["reference_sequences"].set_index("reference_seq_name")["reference_seq_length"].astype(np.int64)
    offset = int(sizes.cumsum().shift(fill_value=0)[CHROM])
    counts = np.zeros((len(units), len(samples)))
    for s, sample in enumerate(samples):
        mine = matrix[(data.obs["piece"] == sample.split("|")[1]).to_numpy()]
        start = mine.indices.astype(np.int64) - offset
        ends = np.sort(np.concatenate([start, start + mine.data.astype(np.int64) - 1]))
        counts[:, s] = np.searchsorted(ends, units["end"]) - np.searchsorted(ends, units["start"])
    return counts
