"""Whether the false discovery rates of tl.differential_tfbs are what they say, and whether it finds the factor.

Three parts: whole runs on six simulated donors, in which the sites of one factor lose accessibility in one arm; the
statistics alone on simulated log odds, 1,000 runs a setting; and one cluster cut into 3 + 3 pseudo-replicates. The
whole runs take about half an hour on two cores; what was computed is kept in the cache folder, so that a second call
goes on. Empty that folder before --check.

Usage: python experiments/differential.py [--check] [--threads 2]
"""

import itertools
import json
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from _pseudo_replicates import N_CUTS, of_cut, pseudo_replicates
from _report import options, publish
from _semi_simulation import Case, Donors, factors, run
from _simulated_logits import EFFECTS, simulate
from matplotlib.figure import Figure

import scmaxatac as sma

RATIOS = (1, 5, 20)
STRENGTHS = (0.0, 0.25, 0.5, 3.0)
CASES = [
    *(
        Case(tf, 1.0, ratio, split)
        for split, tf in ((0, "SPI1"), (1, "CTCF"), (2, "SPI1"), (3, "CTCF"), (5, "SPI1"), (6, "CTCF"))
        for ratio in RATIOS
    ),
    *(Case("SPI1", strength, ratio, 4) for strength in STRENGTHS for ratio in RATIOS),
    *(Case("SPI1", 0.0, 1, split) for split in range(10) if split != 4),
]
"""39 whole runs, 18 of them at strength 1, and all ten splits of the donors where nothing differs."""

N_SIMULATED = 1_000
"""Runs of the statistics a setting."""

NOMINAL = 0.05
COLORS = {"scmaxatac": "#0072B2", "TOBIAS": "#D55E00", "ArchR": "#009E73"}


def main() -> None:
    """Write the table and the figure."""
    args = options(
        __doc__,
        part={"choices": ("all", "whole", "statistics", "pseudo"), "default": "all", "help": "only compute this"},
    )
    sma.settings.progress = False
    warnings.simplefilter("ignore")
    parts: dict[str, Callable[[], pd.DataFrame]] = {"whole": whole_runs, "statistics": statistics, "pseudo": pieces}
    if args.part != "all":
        print(parts[args.part]().to_string())
        return
    whole, alone, cut = (compute() for compute in parts.values())
    table = pd.concat([summary(whole), alone, cut], ignore_index=True)
    tolerance = dict.fromkeys(("first", "called", "fdr", "fdr_high", "power", "low", "high"), 0.02)
    keys = ["part", "method", "strength", "depth_ratio"]
    publish("differential", table, draw(table, whole), keys=keys, tolerance=tolerance, check=args.check)


def folder() -> Path:
    """Folder of what was computed already."""
    return Path(sma.settings.cache_dir) / "differential"


def cached(name: str, compute: Callable[[], list[dict[str, object]]]) -> list[dict[str, object]]:
    """Rows, read where an earlier call has computed them."""
    path = folder() / f"{name}.json"
    if not path.is_file():
        rows = compute()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(rows))
        print(name, flush=True)
    return json.loads(path.read_text())


def whole_runs() -> pd.DataFrame:
    """Rows of all whole runs: a row a run and factor."""
    rows: list[dict[str, object]] = []
    for case in CASES:
        rows += cached(f"whole/{case.tf}_{case.strength:g}_{case.ratio}_{case.split}", partial(whole_run, case))
    return pd.DataFrame(rows)


def pieces() -> pd.DataFrame:
    """Rows of the pseudo-replicates."""
    rows: list[dict[str, object]] = []
    for seed in range(N_CUTS):
        rows += cached(f"pseudo/{seed}", partial(of_cut, seed, folder() / "runs"))
    return pseudo_replicates(pd.DataFrame(rows))


_prepared: list = []


def whole_run(case: Case) -> list[dict[str, object]]:
    """One whole run; donors and models are made once."""
    if not _prepared:
        _prepared.extend([Donors(), factors()])
    return run(_prepared[0], case, _prepared[1], folder() / "runs")


def summary(whole: pd.DataFrame) -> pd.DataFrame:
    """Rows of each method, strength and depth ratio."""
    rows = []
    for (strength, ratio), found in whole.groupby(["strength", "depth_ratio"]):
        runs = [one for _, one in found.groupby(["tf", "split"])]
        true = found[found["factor"] == found["tf"]]
        proportions = [false_proportion(one, strength) for one in runs]
        own = {
            "first": (true["rank"] == 1).mean(),
            "called": (found["level_q"] <= NOMINAL).mean(),
            "fdr": np.mean(proportions),
            "fdr_high": upper_bound(proportions),
            "power": np.nan if strength == 0 else (true["n_true"] / true["n_changed"]).mean(),
        }
        peers = {
            "TOBIAS": {"first": (true["tobias_rank"] == 1).mean(), "called": (found["tobias_p"] <= NOMINAL).mean()},
            "ArchR": {"first": (true["archr_rank"] == 1).mean(), "called": (found["archr_q"] <= NOMINAL).mean()},
        }
        for method, values in {"scmaxatac": own, **peers}.items():
            if strength == 0:
                values["first"] = np.nan
            rows.append(
                {
                    "part": "whole runs",
                    "method": method,
                    "strength": strength,
                    "depth_ratio": ratio,
                    "n_runs": len(runs),
                }
                | values
            )
    return pd.DataFrame(rows)


def false_proportion(one: pd.DataFrame, strength: float) -> float:
    """Mean over the selected factors of the share of false units among the significant ones; 0 without any."""
    selected = one[one["n_significant"] > 0]
    if selected.empty:
        return 0.0
    if strength == 0:
        return 1.0
    decided = selected["n_false"] + selected["n_true"]
    return float((selected["n_false"] / decided.clip(lower=1)).mean())


def upper_bound(proportions: list[float]) -> float:
    """95% upper bound of a mean."""
    if len(proportions) < 2:
        return float("nan")
    return float(np.mean(proportions) + 1.645 * np.std(proportions, ddof=1) / np.sqrt(len(proportions)))


def statistics() -> pd.DataFrame:
    """Rows of the runs on simulated log odds."""
    rows = []
    for part, effect in itertools.product(("independent", "correlated"), EFFECTS):
        runs = cached(f"statistics/{part}_{effect:g}", partial(simulated, effect, part == "correlated"))
        for method in ("scmaxatac", "TOBIAS"):
            values = pd.DataFrame([one[method] for one in runs])
            rows.append(
                {
                    "part": f"statistics, {part}", "method": method, "strength": effect, "depth_ratio": 1,
                    "n_runs": len(runs), "first": values["first"].mean() if effect else np.nan,
                    "called": values["called"].mean(),
                    "fdr": values["fdr"].mean(), "fdr_high": upper_bound(values["fdr"].tolist()),
                    "power": values["power"].mean() if effect else np.nan,
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def simulated(effect: float, correlated: bool) -> list[dict[str, object]]:
    """Runs of one setting."""
    return [simulate(effect, correlated=correlated, seed=seed) for seed in range(N_SIMULATED)]


def draw(table: pd.DataFrame, whole: pd.DataFrame) -> Figure:
    """Share of factors called where nothing differs; rank of the true factor; false discoveries and power."""
    figure, axes = plt.subplots(1, 3, figsize=(10.5, 3.2), layout="constrained")
    runs = table[table["part"] == "whole runs"]
    for i, (method, color) in enumerate(COLORS.items()):
        mine = runs[runs["method"] == method]
        nothing = mine[mine["strength"] == 0].sort_values("depth_ratio")
        axes[0].bar(np.arange(len(nothing)) + 0.27 * (i - 1), nothing["called"], 0.25, color=color, label=method)
        first = mine[mine["strength"] > 0].groupby("strength")["first"].mean()
        axes[1].plot(np.arange(len(first)), first, "o-", color=color, label=method)
    axes[0].set_xticks(range(len(RATIOS)), [f"{ratio}:1" for ratio in RATIOS])
    axes[0].axhline(NOMINAL, color="#6E6E6E", linewidth=0.8)
    axes[0].set(xlabel="Depth of the arms", ylabel="Factors called\nwhere nothing differs", ylim=(0, 1.05))
    axes[0].legend(frameon=False, fontsize=8)
    strengths = sorted(set(whole["strength"]) - {0})
    axes[1].set_xticks(range(len(strengths)), [f"{strength:g}" for strength in strengths])
    axes[1].set(
        xlabel="Strength (log2 of fragments lost)", ylabel="Runs with the true factor first", ylim=(-0.05, 1.05)
    )
    for part, color in (("independent", "#0072B2"), ("correlated", "#56B4E9")):
        mine = table[(table["part"] == f"statistics, {part}") & (table["method"] == "scmaxatac")]
        axes[2].plot(mine["strength"], mine["power"], "o-", color=color, label=f"power, {part}")
        axes[2].plot(mine["strength"], mine["fdr_high"], "s--", color=color, label=f"FDR, 95% bound, {part}")
    axes[2].axhline(NOMINAL, color="#6E6E6E", linewidth=0.8)
    axes[2].set(xlabel="Effect in standard deviations of a unit", ylabel="Share", ylim=(0, 1.05))
    axes[2].legend(frameon=False, fontsize=7)
    for ax in axes:
        ax.spines[["top", "right"]].set_visible(False)
    return figure


if __name__ == "__main__":
    main()
