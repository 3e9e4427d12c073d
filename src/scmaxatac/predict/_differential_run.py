"""A differential analysis from samples to tables: prediction, scores in units, levels, comparisons, null."""

from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from scmaxatac import _keys
from scmaxatac._logging import warn
from scmaxatac._text import abbreviate
from scmaxatac.predict._comparisons import Comparison
from scmaxatac.predict._differential import STATES, Halves, compare, null_of_halves
from scmaxatac.predict._levels import sample_levels
from scmaxatac.predict._prediction import run_prediction
from scmaxatac.predict._rules import Rules
from scmaxatac.predict._run import Run
from scmaxatac.predict._run_inputs import RunInputs
from scmaxatac.predict._samples import Samples
from scmaxatac.predict._unit_scores import Unit, UnitScores, count_insertions, score_units, units_of
from scmaxatac.results._run_folder import run_folder
from scmaxatac.results._score_store import ScoreStore


class Differential(NamedTuple):
    """Tables of all comparisons, and the parameters of the run."""

    factors: pd.DataFrame
    units: pd.DataFrame
    params: dict[str, Any]


def run_differential(
    inputs: RunInputs,
    samples: Samples,
    comparisons: Sequence[Comparison],
    *,
    rules: Rules,
    unit: Unit,
    level: float,
    out_dir: Path,
    include_flanks: bool = False,
    executor: Executor | None = None,
) -> Differential:
    """Predict all samples and halves, and compare.

    Parameters
    ----------
    inputs
        What is predicted; bins have to be kept down to the score that log odds are cut at.
    samples
        The samples, at one depth.
    comparisons
        What is compared.
    rules
        Which bins are sites.
    unit
        What is tested.
    level
        False discovery rate at which factors are selected.
    out_dir, include_flanks, executor
        As in :func:`scmaxatac.tl.predict_tfbs`.
    """
    slots = run_prediction(
        inputs, samples.bulks, rules=rules, out_dir=out_dir, include_flanks=include_flanks, executor=executor
    )
    params = slots[_keys.PARAMS]
    store = Run.open(run_folder(params)).store
    names = list(samples.table.index)
    order = [*names, *(half for pair in samples.halves.values() for half in pair)]
    sites = slots[_keys.SITES]
    sites = sites[sites["group"].isin(names)]
    scores = _scores(store, sites, params["thresholds"], samples, order, unit)
    regions = _regions(inputs, scores)
    counts = count_insertions(samples.insertions, samples.libraries(names), regions)
    smallest = int(samples.table["group"].value_counts().min())
    levels = sample_levels(
        counts, sites, params["thresholds"], regions, inputs.genome, store.tfs, at_least=-(-smallest // 2)
    )
    if untested := [comparison for comparison in comparisons if comparison.missing]:
        which = abbreviate(comparison.arms.name for comparison in untested)
        warn(f"{which}: effects without p-values, because {untested[0].missing}")
    if none := [tf for tf, found in scores.items() if found.units.empty]:
        warn(f"no sample has a site of {abbreviate(none)}, so nothing is compared there")
    every = _halves(samples, order)
    found = [
        compare(
            scores,
            levels,
            comparison,
            halves=_covering(every, comparison),
            null=_null(scores, every, comparison),
            level=level,
        )
        for comparison in comparisons
    ]
    factors, units = (_joined(tables, inputs, comparisons) for tables in zip(*found, strict=True))
    return Differential(factors, units, params)


def _scores(
    store: ScoreStore,
    sites: pd.DataFrame,
    thresholds: dict[str, dict[str, float]],
    samples: Samples,
    order: Sequence[str],
    unit: Unit,
) -> dict[str, UnitScores]:
    scores = {}
    for tf in store.tfs:
        units = units_of(sites[sites["tf"] == tf], unit, store.sizes)
        counts = count_insertions(samples.bulks.insertions, samples.libraries(samples.table.index), units)
        scores[tf] = score_units(store, units, tf, order, pd.Series(thresholds[tf]), counts)
    return scores


def _regions(inputs: RunInputs, scores: dict[str, UnitScores]) -> pd.DataFrame:
    """Regions among which levels are deviations: those of the run, or all units where it has none."""
    if inputs.regions is not None:
        return inputs.regions
    units = pd.concat([found.units for found in scores.values()])
    return units.drop_duplicates().sort_values(["chrom", "start"], ignore_index=True)


def _halves(samples: Samples, order: Sequence[str]) -> Halves | None:
    if not samples.halves:
        return None
    place = {name: i for i, name in enumerate(order)}
    first, second = (np.array([place[pair[i]] for pair in samples.halves.values()]) for i in (0, 1))
    whole = np.array([place[name] for name in samples.halves])
    return Halves(first, second, whole, tuple(samples.table["replicate"].iloc[whole]))


def _null(scores: dict[str, UnitScores], halves: Halves | None, comparison: Comparison) -> dict[str, dict[str, float]]:
    """Null of the samples of a comparison that were split; empty if none was."""
    if halves is None:
        return {}
    mine = np.isin(halves.whole, np.flatnonzero(comparison.contrast))
    if not mine.any():
        return {}
    replicates = tuple(name for name, keep in zip(halves.replicates, mine, strict=True) if keep)
    return null_of_halves(scores, Halves(halves.first[mine], halves.second[mine], halves.whole[mine], replicates))


def _covering(halves: Halves | None, comparison: Comparison) -> Halves | None:
    """The halves, if all samples of the comparison were split."""
    if halves is None or not set(np.flatnonzero(comparison.contrast)) <= set(halves.whole.tolist()):
        return None
    return halves


def _joined(tables: Sequence[pd.DataFrame], inputs: RunInputs, comparisons: Sequence[Comparison]) -> pd.DataFrame:
    """One table of all comparisons, names as categories in the order of the run."""
    table = pd.concat(tables, ignore_index=True)
    categories = {
        "comparison": [comparison.arms.name for comparison in comparisons],
        "tf": [tf for model in inputs.models for tf in model.tfs],
        "chrom": list(inputs.chroms),
        "state": list(STATES),
    }
    for name, values in categories.items():
        if name in table:
            table[name] = pd.Categorical(table[name], categories=values)
    return table
