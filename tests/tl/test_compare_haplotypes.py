"""Sites of haplotypes, counted by hand."""

import json

import anndata as ad
import numpy as np
import pandas as pd
import pytest

import scmaxatac as sma

SCORES = [  # bins 0 to 4 lie side by side, 5 and 6 elsewhere
    [0.9, 0.9, 0.1, 0.2, 0.9, 0.9, 0.1],
    [0.9, 0.1, 0.1, 0.2, 0.9, 0.9, 0.1],
    [0.1, 0.9, 0.1, 0.2, 0.1, 0.1, 0.8],
    [0.1, 0.1, 0.1, 0.2, 0.1, 0.1, np.nan],
]
STARTS = [0, 32, 64, 96, 128, 320, 352]


@pytest.fixture
def haplotypes():
    obs = pd.DataFrame({"sample": ["a", "a", "b", "b"], "haplotype": [1, 2] * 2, "group": "B", "risk": list("xyxy")})
    obs.index = obs.index.astype(str)
    var = pd.DataFrame({"chrom": "chr1", "start": STARTS, "end": np.array(STARTS) + 32})
    var.index = var.index.astype(str)
    layers = {"T": np.array(SCORES, dtype=np.float32), "U": np.full((4, 7), 0.1, dtype=np.float32)}
    uns = {"haplotypes": json.dumps({"thresholds": {"T": {"B": 0.5}, "U": {"B": 0.5}}})}
    return ad.AnnData(X=np.zeros((4, 7), np.float32), obs=obs, var=var, layers=layers, uns=uns)


def test_sites_are_gained_lost_and_shared(haplotypes):
    sites = sma.tl.compare_haplotypes(haplotypes, target="a", reference="b", level="sites")
    rows = sites[["start", "end", "state"]].to_numpy().tolist()
    assert rows == [[0, 64, "shared"], [128, 160, "gained"], [320, 384, "shared"]]
    nine = np.log(9)
    np.testing.assert_allclose(sites["effect"], [nine, 2 * nine, nine - (np.log(4) - nine) / 2], rtol=1e-5)


def all_sites(scores, n_target):
    """Haplotypes (the first of `a`, the others of `b`) with a site of their own in every bin."""
    n, n_bins = scores.shape
    obs = pd.DataFrame({"sample": ["a"] * n_target + ["b"] * (n - n_target), "group": "B"})
    obs.index = obs.index.astype(str)
    starts = np.arange(n_bins) * 64
    var = pd.DataFrame({"chrom": "chr1", "start": starts, "end": starts + 32}, index=starts.astype(str))
    uns = {"haplotypes": json.dumps({"thresholds": {"T": {"B": 0.5}}})}
    return ad.AnnData(X=np.zeros_like(scores), obs=obs, var=var, layers={"T": scores}, uns=uns)


@pytest.mark.parametrize(("n_target", "n_reference"), [(1, 3), (2, 7), (6, 11), (49, 10)])
def test_equal_scores_have_an_effect_of_exactly_0(n_target, n_reference):
    scores = np.random.default_rng(0).uniform(0.5, 1, 200).astype(np.float32)
    same = all_sites(np.tile(scores, (n_target + n_reference, 1)), n_target)
    sites = sma.tl.compare_haplotypes(same, target="a", reference="b", level="sites")
    assert len(sites) == 200
    assert (sites["effect"] == 0).all()
    assert (sites["score_target"] == sites["score_reference"]).all()


def test_the_order_of_haplotypes_does_not_give_an_effect():
    scores = np.random.default_rng(0).uniform(0.5, 1, (3, 200)).astype(np.float32)
    both = all_sites(scores[[0, 1, 2, 2, 0, 1]], 3)
    sites = sma.tl.compare_haplotypes(both, target="a", reference="b", level="sites")
    assert len(sites) == 200
    assert (sites["effect"] == 0).all()


@pytest.mark.parametrize("values", [[True, False] * 2, pd.array([True, False, True, None], dtype="boolean")])
@pytest.mark.parametrize("truth", [bool, np.bool_, str])
def test_a_column_of_truth_values_can_hold_the_classes(haplotypes, values, truth):
    haplotypes.obs["risk"] = values
    by_text = haplotypes.obs["risk"].astype(str)
    table = sma.tl.compare_haplotypes(haplotypes, "risk", target=truth(True), reference=truth(False))
    haplotypes.obs["risk"] = by_text
    expected = sma.tl.compare_haplotypes(haplotypes, "risk", target="True", reference="False")
    pd.testing.assert_frame_equal(table, expected)


def test_after_concat_it_is_said_that_uns_is_gone(haplotypes):
    other = haplotypes.copy()
    other.obs_names = other.obs_names + "x"
    with pytest.raises(KeyError, match=r"anndata\.concat drops uns.*uns_merge='first'"):
        sma.tl.compare_haplotypes(ad.concat([haplotypes, other]), target="a", reference="b")
    both = ad.concat([haplotypes, other], merge="first", uns_merge="first")
    assert len(sma.tl.compare_haplotypes(both, target="a", reference="b")) == 2


def test_factors_are_ranked_by_what_differs(haplotypes):
    table = sma.tl.compare_haplotypes(haplotypes, target="b", reference="a")
    assert table["tf"].tolist() == ["T", "U"]
    assert table[["gained", "lost", "shared", "rank"]].to_numpy().tolist() == [[0, 1, 2, 1], [0, 0, 0, 2]]
    assert table["changed"].iloc[0] == pytest.approx(1 / 3)


def test_any_column_can_hold_the_classes(haplotypes):
    sites = sma.tl.compare_haplotypes(haplotypes, "risk", target="x", reference="y", tfs="T", level="sites")
    assert set(sites["state"]) <= {"gained", "lost", "shared"}
    for options, message in (
        ({"by": "sex"}, "no column 'sex'"), ({"target": "c"}, "no 'c'; it has 'a', 'b'"), ({"tfs": "V"}, "no TF 'V'"),
    ):  # fmt: skip
        with pytest.raises(KeyError, match=message):
            sma.tl.compare_haplotypes(haplotypes, **{"target": "a", "reference": "b"} | options)
    with pytest.raises(ValueError, match="both 'a'"):
        sma.tl.compare_haplotypes(haplotypes, target="a", reference="a")
    with pytest.raises(ValueError, match="level is 'bins'"):
        sma.tl.compare_haplotypes(haplotypes, target="a", reference="b", level="bins")
    del haplotypes.uns["haplotypes"]
    with pytest.raises(KeyError, match="not predicted by"):
        sma.tl.compare_haplotypes(haplotypes, target="a", reference="b")


@pytest.fixture
def two_groups(haplotypes):
    """The same haplotypes with the signals of B and of Mono, which closes the sites of the first bins."""
    mono = haplotypes.copy()
    mono.obs["group"] = "Mono"
    mono.layers["T"] = mono.layers["T"] * np.array([0.1] * 4 + [1] * 3, np.float32)
    mono.obs_names = mono.obs_names + "m"
    both = ad.concat([haplotypes, mono], merge="same")
    thresholds = {"B": 0.5, "Mono": 0.5}
    both.uns["haplotypes"] = json.dumps({"thresholds": {"T": thresholds, "U": thresholds}})
    return both


def test_groups_are_compared_one_by_one_and_never_pooled(two_groups):
    options = {"target": "a", "reference": "b"}
    for level in ("factors", "sites"):
        table = sma.tl.compare_haplotypes(two_groups, **options, level=level)
        for name in ("B", "Mono"):
            alone = two_groups[two_groups.obs["group"] == name].copy()
            expected = sma.tl.compare_haplotypes(alone, **options, level=level)
            chosen = sma.tl.compare_haplotypes(two_groups, **options, level=level, groups=name)
            pd.testing.assert_frame_equal(chosen, expected)
            pd.testing.assert_frame_equal(table[table["group"] == name].reset_index(drop=True), expected)
    sites = sma.tl.compare_haplotypes(two_groups, **options, level="sites")
    assert sites["group"].tolist() == ["B"] * 3 + ["Mono"] * 2
    with pytest.raises(KeyError, match="no group 'NK'"):
        sma.tl.compare_haplotypes(two_groups, **options, groups="NK")
    with pytest.raises(ValueError, match="by='group' would compare ATAC signals"):
        sma.tl.compare_haplotypes(two_groups, "group", target="B", reference="Mono")


def test_groups_of_one_class_alone_are_told(two_groups):
    lacks = two_groups[~((two_groups.obs["group"] == "Mono") & (two_groups.obs["sample"] == "b"))].copy()
    with pytest.warns(UserWarning, match="1 of 2 groups have haplotypes .* left out: 'Mono'"):
        table = sma.tl.compare_haplotypes(lacks, target="a", reference="b")
    assert set(table["group"]) == {"B"}
    with pytest.raises(ValueError, match="target's are of 'Mono', the reference's of none"):
        sma.tl.compare_haplotypes(lacks, target="a", reference="b", groups="Mono")


def test_samples_with_the_signal_of_their_own_cells_are_compared(two_groups):
    rows = (two_groups.obs["group"] == "Mono") == (two_groups.obs["sample"] == "b")
    table = sma.tl.compare_haplotypes(two_groups[rows].copy(), target="a", reference="b", level="sites")
    assert set(table["group"]) == {"B vs Mono"}
    assert table["state"].tolist() == ["gained", "gained", "shared"]


def test_a_factor_without_sites_comes_last(haplotypes):
    haplotypes.layers["U"] = haplotypes.layers["T"][[0, 0, 0, 0]]
    haplotypes.layers["A"] = np.full((4, 7), 0.1, dtype=np.float32)
    params = json.loads(haplotypes.uns["haplotypes"])["thresholds"]
    thresholds = {"A": params["U"], "U": params["U"]}
    haplotypes.uns["haplotypes"] = json.dumps({"thresholds": thresholds})
    table = sma.tl.compare_haplotypes(haplotypes, target="a", reference="b")
    assert table["tf"].tolist() == ["U", "A"]
    assert table["effect"].iloc[0] == 0
    assert np.isnan(table["effect"].iloc[1])


def test_without_any_site_tables_are_empty_and_factors_are_ranked_all_the_same(haplotypes):
    haplotypes.layers["T"] = haplotypes.layers["U"]
    options = {"target": "a", "reference": "b"}
    sites = sma.tl.compare_haplotypes(haplotypes, **options, level="sites")
    assert len(sites) == 0
    table = sma.tl.compare_haplotypes(haplotypes, **options)
    assert table["tf"].tolist() == ["T", "U"]
    assert table[["gained", "lost", "shared"]].to_numpy().sum() == 0
    assert table["effect"].isna().all()


@pytest.mark.parametrize("wrong", ["{'thresholds': 1}", "[1]", "", "{}", '{"thresholds": [0.5]}'])
def test_damaged_parameters_are_named(haplotypes, wrong):
    haplotypes.uns["haplotypes"] = wrong
    with pytest.raises(ValueError, match=r"uns\['haplotypes'\] .*call scmaxatac\.tl\.predict_haplotypes again"):
        sma.tl.compare_haplotypes(haplotypes, target="a", reference="b")
