"""What is handed to modisco-lite and read from it, with a stand-in for it."""

import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from _planted_motifs import planted

from scmaxatac.datasets._motifs import MOTIFS
from scmaxatac.sequence._modisco import load_modisco, modisco_patterns


@pytest.fixture
def calls(monkeypatch):
    """Install a stand-in whose one pattern is where the planted CTCF motifs are; what it was called with is kept."""
    seen = {}

    def extract(scores, **options):
        seen["options"] = options
        seen["scores"] = scores
        return [None] * seen.get("n", 150), 0.5

    def find(one_hot, hypothetical, **options):
        seen.update(options)
        seen["one_hot"], seen["hypothetical"] = one_hot, hypothetical
        odds = MOTIFS["CTCF"].log_odds.astype(np.float32)
        seqlets = []
        for i, tracks in enumerate(one_hot):
            sums = [
                (float((tracks[s : s + 19] * turned).sum()), s, reverse)
                for reverse, turned in ((False, odds), (True, odds[::-1, ::-1]))
                for s in range(len(tracks) - 18)
            ]
            _, start, reverse = max(sums)
            seqlets.append(SimpleNamespace(example_idx=i, start=start, end=start + 19, is_revcomp=reverse))
        return [SimpleNamespace(seqlets=seqlets)], None

    package = ModuleType("modiscolite")
    for name, function in (("extract_seqlets", extract), ("tfmodisco", find)):
        module = ModuleType(f"modiscolite.{name}")
        setattr(module, "extract_seqlets" if function is extract else "TFMoDISco", function)
        monkeypatch.setitem(sys.modules, f"modiscolite.{name}", module)
    monkeypatch.setitem(sys.modules, "modiscolite", package)
    return seen


def test_sites_go_in_random_order_and_come_back_in_ours(calls):
    contributions, truth = planted(40, ("CTCF",))
    (pattern,), negative, n_seqlets = modisco_patterns(contributions, min_seqlets=7)
    assert (negative, n_seqlets) == ([], 150)
    assert calls["final_min_cluster_size"] == 7
    assert calls["one_hot"].shape == calls["hypothetical"].shape == (40, 129, 4)
    assert calls["one_hot"].dtype == calls["hypothetical"].dtype == np.float32
    assert not np.array_equal(calls["one_hot"], contributions.one_hot.transpose(0, 2, 1))
    np.testing.assert_allclose(
        np.sort(calls["scores"].sum(axis=1)), np.sort(contributions.actual.sum(axis=1)), rtol=1e-4
    )
    rows = truth.set_index("site").loc[pattern.site]
    assert sorted(pattern.site) == list(range(40))
    assert (pattern.reverse == rows["reverse"].to_numpy()).mean() > 0.97
    assert ((pattern.start >= rows["start"]) & (pattern.start + len(pattern.counts) <= rows["end"])).mean() > 0.97
    shares = pattern.counts / pattern.counts.sum(axis=1, keepdims=True)
    expected = MOTIFS["CTCF"].probabilities
    near = [np.abs(shares - expected[i : i + len(shares)]).mean() for i in range(len(expected) - len(shares) + 1)]
    assert min(near) < 0.06


def test_too_few_seqlets_and_no_contributions_give_no_pattern_without_a_search(calls):
    contributions, _ = planted(40, ("CTCF",))
    calls["n"] = 100
    assert modisco_patterns(contributions) == ([], [], 100)
    assert modisco_patterns(contributions._replace(hypothetical=contributions.hypothetical * 0)) == ([], [], 0)
    assert "one_hot" not in calls


def test_without_modisco_the_extra_and_the_other_method_are_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "modiscolite", None)
    monkeypatch.setitem(sys.modules, "modiscolite.tfmodisco", None)
    monkeypatch.setitem(sys.modules, "modiscolite.extract_seqlets", None)
    with pytest.raises(ImportError, match=r"'scmaxatac\[modisco\]'.*under the GPL.*method='cluster'"):
        load_modisco()
