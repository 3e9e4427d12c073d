"""Whole runs on simulated donors, in which one factor's sites lose accessibility in one arm."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
from scipy import sparse, stats

import scmaxatac as sma
from scmaxatac.models import TFModel, load_many
from scmaxatac.predict._run import Run
from scmaxatac.predict._unit_scores import score_units
from scmaxatac.results._entries import read_entry
from scmaxatac.results._entry import DIFFERENTIAL
from scmaxatac.results._run_folder import run_folder
from scmaxatac.stats._background import make_background
from scmaxatac.stats._deviations import deviation_model
from scmaxatac.stats._multiple_testing import benjamini_hochberg

CHROM = "chr5"
CLUSTER = "Mono"
N_DONORS, N_FRAGMENTS = 6, 3_000_000
NEAR, FAR = 150, 1_000
"""Units within NEAR bp of a thinned site have changed, those FAR bp away or more have not; others are not counted."""

STEP = 1_024
"""Distance between windows in bp: four times the default, for the sake of time."""

FLANK = 100
"""Fragments with an end within so many bp of a site are thinned."""

DECOYS = (
    "CTCF-TCGA", "CTCF-CATG", "SPI1-CATG", "SPI1-GATC", "SPI1-TGCA", "GATA3-TCGA", "GATA3-TGCA",
)  # fmt: skip
"""Networks whose channels of bases are permuted: they look for another motif in the same chromatin."""


@dataclass(frozen=True)
class Case:
    """One run: which factor's sites are thinned, how strongly, and how much deeper that arm is."""

    tf: str
    strength: float
    ratio: int
    split: int


def factors() -> list[TFModel]:
    """The three demo models and the decoys."""
    models = {model.tf: model for model in load_many("demo")}
    return [*models.values(), *(_permuted(models[name.split("-")[0]], name) for name in DECOYS)]


def _permuted(model: TFModel, name: str) -> TFModel:
    order = ["ACGT".index(base) for base in name.split("-")[1]]
    weights = dict(model.weights)
    first = weights["convs.0.weight"].copy()
    first[:, :4] = first[:, order]
    return TFModel(name, weights | {"convs.0.weight": first}, model.calibration)


class Donors:
    """Cells of one cluster of six simulated donors, and what is known of them."""

    def __init__(self) -> None:
        self.toy = sma.datasets.toy(n_donors=N_DONORS, n_fragments=N_FRAGMENTS)
        data = self.toy.snapatac2
        self.data = data[(data.obs["cell_type"] == CLUSTER).to_numpy()].copy()
        self.donor = self.data.obs["donor"].astype(str).to_numpy()
        sizes = self.data.uns["reference_sequences"]["reference_seq_length"].to_numpy().astype(np.int64)
        names = list(self.data.uns["reference_sequences"]["reference_seq_name"])
        self.offset = int(np.concatenate([[0], np.cumsum(sizes)])[names.index(CHROM)])
        self.regions = self.toy.peaks.query("chrom == @CHROM")[["chrom", "start", "end"]].reset_index(drop=True)

    def sites(self, tf: str) -> pd.DataFrame:
        """Bound sites of a factor in the cluster, on the chromosome."""
        return self.toy.sites.query("bound and tf == @tf and group == @CLUSTER and chrom == @CHROM")

    def arms(self, split: int) -> np.ndarray:
        """(cells,) bool, in which arm a cell's donor is; ten ways to split six donors into three and three."""
        first = [pair for pair in itertools.combinations(range(1, N_DONORS + 1), 3) if 1 in pair][split]
        return np.isin(self.donor, [f"donor{i}" for i in first])

    def perturbed(self, case: Case) -> ad.AnnData:
        """The cells, with fragments taken out at the factor's sites in one arm, and everywhere in the other."""
        rng = np.random.default_rng([case.split, case.ratio, int(100 * case.strength)])
        arm = self.arms(case.split)
        matrix = self.data.obsm["fragment_paired"].tocsr()
        row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
        start = matrix.indices.astype(np.int64) - self.offset
        last = start + matrix.data.astype(np.int64) - 1
        near = np.zeros(len(start), dtype=bool)
        sites = self.sites(case.tf).sort_values("start")
        low, high = sites["start"].to_numpy() - FLANK, np.maximum.accumulate(sites["end"].to_numpy() + FLANK)
        for end in (start, last):
            near |= np.searchsorted(low, end, side="right") > np.searchsorted(high, end, side="right")
        chance = np.where(arm[row], np.where(near, 2.0**-case.strength, 1.0), 1.0 / case.ratio)
        kept = rng.random(len(row)) < chance
        thinned = sparse.csr_matrix((matrix.data[kept], (row[kept], matrix.indices[kept])), shape=matrix.shape)
        obs = self.data.obs.assign(arm=np.where(arm, "changed", "control"))
        data = ad.AnnData(obs=obs)
        data.obsm["fragment_paired"] = thinned
        data.uns["reference_sequences"] = self.data.uns["reference_sequences"]
        return data


def run(donors: Donors, case: Case, models: Sequence[TFModel], out_dir: Path) -> list[dict[str, object]]:
    """One whole run: rows of what each method says of each factor, and what is true."""
    data = donors.perturbed(case)
    sma.tl.differential_tfbs(
        data, "arm", group="changed", reference="control", replicate_key="donor", paired=False,
        genome=donors.toy.genome, models=models, regions=donors.regions, chroms=[CHROM], step=STEP, min_fragments=1_000,
        null=False, out_dir=out_dir,
    )  # fmt: skip
    table = sma.get.differential(data)
    units = sma.get.differential(data, "units")
    truth = changed_units(units, donors.sites(case.tf), case.strength)
    peers = others(donors, data, models)
    rows = []
    for found in table.itertuples():
        mine = (units["tf"] == found.tf).to_numpy()
        called = (units["q"] <= 0.05).to_numpy() & mine
        rows.append(
            {
                "tf": case.tf, "strength": case.strength, "depth_ratio": case.ratio, "split": case.split,
                "factor": found.tf, "rank": found.rank, "level_p": found.level_p, "level_q": found.level_q,
                "q": found.q, "n_units": found.n_units, "n_significant": int(called.sum()),
                "n_false": int((called & (truth == 0)).sum()), "n_true": int((called & (truth == 1)).sum()),
                "n_changed": int((mine & (truth == 1)).sum()), "n_unchanged": int((mine & (truth == 0)).sum()),
                "p_below": int((mine & (truth == 0) & (units["p"] < 0.05).to_numpy()).sum()),
                **peers.loc[found.tf].to_dict(),
            }
        )  # fmt: skip
    return rows


def changed_units(units: pd.DataFrame, sites: pd.DataFrame, strength: float) -> np.ndarray:
    """1 for units at a thinned site, 0 for those far from all, -1 for others; 0 throughout without thinning."""
    if strength == 0:
        return np.zeros(len(units), dtype=int)
    middle = ((units["start"] + units["end"]) // 2).to_numpy()[:, None]
    gap = np.abs(middle - ((sites["start"] + sites["end"]) // 2).to_numpy()[None, :]).min(axis=1)
    return np.where(gap <= NEAR + 100, 1, np.where(gap >= FAR, 0, -1))


def others(donors: Donors, data: ad.AnnData, models: Sequence[TFModel]) -> pd.DataFrame:
    """TOBIAS' and ArchR's rules on the same predictions: change and p-value of each factor."""
    tables, params = read_entry(data, DIFFERENTIAL, DIFFERENTIAL.name)
    store = Run.open(run_folder(params)).store
    samples = tables["samples"]
    arm = (samples["group"] == "changed").to_numpy()
    grid = bins_in(donors.regions)
    counts = np.zeros((len(grid), len(samples)))
    cells = cell_counts(donors, data)
    archr = wilcoxon_on_cells(donors, data, cells, tables["units"], models)
    rows = {}
    for model in models:
        everything = score_units(
            store, grid, model.tf, list(samples["sample"]), pd.Series(0.5, samples["sample"]), counts
        )
        units = tables["units"][tables["units"]["tf"] == model.tf]
        at = grid.set_index("start").index.isin(units["start"])
        scores = 1 / (1 + np.exp(-everything.logits))
        change, p = tobias(scores[:, arm].mean(axis=1), scores[:, ~arm].mean(axis=1), at)
        rows[model.tf] = {"tobias_change": change, "tobias_p": p, **archr.loc[model.tf].to_dict()}
    table = pd.DataFrame.from_dict(rows, orient="index")
    table["tobias_rank"] = table["tobias_change"].abs().rank(ascending=False, method="first")
    table["archr_q"] = benjamini_hochberg(table["archr_p"].to_numpy())
    table["archr_rank"] = table["archr_p"].rank(method="first")
    return table


def bins_in(regions: pd.DataFrame) -> pd.DataFrame:
    """200-bp bins that overlap the regions."""
    first, last = regions["start"] // 200, (regions["end"] - 1) // 200
    bins = np.unique(np.concatenate([np.arange(lo, hi + 1) for lo, hi in zip(first, last, strict=True)]))
    return pd.DataFrame({"chrom": CHROM, "start": bins * 200, "end": (bins + 1) * 200})


def tobias(group: np.ndarray, reference: np.ndarray, at_sites: np.ndarray, seed: int = 0) -> tuple[float, float]:
    """Change and p-value by the rule of BINDetect (Bentsen et al. 2020), on given scores of pooled replicates.

    Log2 fold changes at the sites against those of the background: the change is the difference of the means over the
    mean of the standard deviations; the p-value that of a t-test of 100 means of samples of the background, each as
    large as the sites, against the observed mean. The pseudocount is the background's tenth percentile.
    """
    pseudo = float(np.percentile(np.concatenate([group, reference]), 10))
    change = np.log2((group + pseudo) / (reference + pseudo))
    observed, background = change[at_sites], change
    if len(observed) < 2:
        return 0.0, 1.0
    rng = np.random.default_rng(seed)
    means = rng.choice(background, size=(100, len(observed))).mean(axis=1)
    spread = (observed.std() + background.std()) / 2
    return float((observed.mean() - background.mean()) / spread), float(
        stats.ttest_1samp(means, observed.mean()).pvalue
    )


def cell_counts(donors: Donors, data: ad.AnnData) -> np.ndarray:
    """Insertions of each cell in each region, (cells, regions)."""
    matrix = data.obsm["fragment_paired"].tocsr()
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    start = matrix.indices.astype(np.int64) - donors.offset
    lows, highs = donors.regions["start"].to_numpy(), donors.regions["end"].to_numpy()
    counts = np.zeros((matrix.shape[0], len(lows)), dtype=np.int32)
    for position in (start, start + matrix.data.astype(np.int64) - 1):
        region = np.searchsorted(lows, position, side="right") - 1
        inside = (region >= 0) & (position < highs[np.maximum(region, 0)])
        np.add.at(counts, (row[inside], region[inside]), 1)
    return counts


def wilcoxon_on_cells(
    donors: Donors, data: ad.AnnData, counts: np.ndarray, units: pd.DataFrame, models: Sequence[TFModel]
) -> pd.DataFrame:
    """ArchR's rule (Granja et al. 2021): a Wilcoxon test of the cells' deviations, cells being the replicates."""
    lows, highs = donors.regions["start"].to_numpy(), donors.regions["end"].to_numpy()
    weights = np.zeros((len(lows), len(models)))
    for i, model in enumerate(models):
        mine = units[units["tf"] == model.tf]
        for start, end in zip(mine["start"], mine["end"], strict=True):
            weights[(lows < end) & (highs > start), i] = 1
    model = deviation_model(counts.sum(axis=0), sparse.csr_matrix(weights), make_background(counts.sum(axis=0)))
    scores = model.of_cells(sparse.csr_matrix(counts)).scores
    arm = (data.obs["arm"] == "changed").to_numpy()
    rows = {}
    for i, one in enumerate(models):
        here, there = (column[~np.isnan(column)] for column in (scores[arm, i], scores[~arm, i]))
        enough = len(here) > 1 and len(there) > 1
        p = float(stats.mannwhitneyu(here, there).pvalue) if enough else 1.0
        rows[one.tf] = {"archr_change": float(here.mean() - there.mean()) if enough else 0.0, "archr_p": p}
    return pd.DataFrame.from_dict(rows, orient="index")
