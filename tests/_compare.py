"""Comparing the slots of predictions with each other and with the plain model."""

import json

import numpy as np
import pandas as pd
from _oracle import Oracle


def thresholds_of(slots) -> dict[str, dict[str, float]]:
    """The thresholds that were used, by TF and group."""
    return json.loads(slots["params"])["thresholds"]


def sites_of(slots, group: str, tf: str) -> pd.DataFrame:
    """Sites of a group and TF."""
    sites = slots["sites"]
    return sites[(sites["group"] == group) & (sites["tf"] == tf)]


def called_any(called: dict[str, list]) -> bool:
    """Whether any group has a site."""
    return any(map(len, called.values()))


def assert_follows(
    slots,
    oracle: Oracle,
    groups,
    threshold=None,
    *,
    include_flanks: bool = False,
    min_stored_score: float | None = 0.01,
) -> None:
    """Compare sites, scores and activity with the plain model, at thresholds by TF (by default those of the run).

    Without `min_stored_score` activities are not compared.
    """
    for tf in oracle.scores:
        called = {}
        for group in groups:
            at = thresholds_of(slots)[tf][group] if threshold is None else threshold[tf]
            assert at == thresholds_of(slots)[tf][group]
            # a threshold that is a score in float32 lies a little off the model's own
            called[group] = oracle.sites(
                group, tf, at - 1e-6 if threshold is None else at, include_flanks=include_flanks
            )
            found = sites_of(slots, group, tf)
            assert list(zip(found["chrom"], found["start"], found["end"], strict=True)) == [
                s[:3] for s in called[group]
            ]
            np.testing.assert_allclose(found["score"], [site[3] for site in called[group]], atol=1e-6)
        if min_stored_score is not None:
            # of bins below it those that a rank might need are kept as well, and count with their score
            at_least, at_most = (oracle.activity(tf, called, kept_from) for kept_from in (min_stored_score, 0.0))
            for group in groups:
                found, low, high = slots["activity"].loc[group, tf], at_least[group], at_most[group]
                assert low - 1e-6 <= found <= high + 1e-6 if called_any(called) else np.isnan(found)
    if "scores" in slots:
        regions = slots["regions"]
        for g, group in enumerate(groups):
            for t, tf in enumerate(oracle.scores):
                best = oracle.region_scores(group, tf, regions)
                np.testing.assert_allclose(slots["scores"][g, :, t], best, atol=1e-6)


def assert_same_slots(one, other, *, but: tuple[str, ...] = ("params", "files")) -> None:
    """Compare all slots of two predictions but some."""
    assert set(one) == set(other)
    for name in set(one) - set(but):
        if isinstance(one[name], pd.DataFrame):
            pd.testing.assert_frame_equal(one[name], other[name])
        else:
            np.testing.assert_array_equal(one[name], other[name])
