"""Comparisons from the fragments to the tables: on the tiny data set by formula, and on the toy's donors."""

import json
import warnings

import anndata as ad
import numpy as np
import pandas as pd
import pytest

import scmaxatac as sma
from scmaxatac.containers._mudata import columns_not_pulled
from scmaxatac.results._reader import find_results

DONORS = ("d1", "d2", "d3")


@pytest.fixture
def donors(mini, fragment_file):
    """The tiny data set, each group's cells from three donors."""
    adata = mini.adata(fragment_file)
    number = adata.obs.groupby("leiden", observed=True).cumcount().fillna(0).to_numpy(int)
    adata.obs["donor"] = pd.Categorical(np.where(adata.obs["leiden"].isna(), None, np.array(DONORS)[number % 3]))
    adata.obs["batch"] = np.where(adata.obs["donor"] == "d1", "x", "y")
    return adata


@pytest.fixture
def compare(mini, mini_models, tmp_path):
    def run(data, groupby="leiden", **options):
        common = {
            "genome": mini.genome, "models": mini_models, "min_fragments": 30, "min_cells": 2,
            "out_dir": tmp_path / "run", "replicate_key": "donor", "group": "Mono", "reference": "B",
        }  # fmt: skip
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "no level of")
            return sma.tl.differential_tfbs(data, groupby, **common | options)

    return run


pytestmark = pytest.mark.usefixtures("analytic")


def params_of(adata):
    return json.loads(adata.uns["differential"]["parameters"])


def test_all_samples_and_halves_have_one_depth(donors, compare):
    compare(donors)
    samples = sma.get.differential(donors, "samples")
    assert sorted(samples["sample"]) == [f"{g}|{d}" for g in ("B", "Mono") for d in DONORS]
    assert samples["n_fragments_used"].nunique() == 1
    assert samples["n_fragments_used"].iloc[0] < samples["n_fragments"].min()
    assert samples["n_fragments_used"].iloc[0] == params_of(donors)["thinned_to"]


def test_without_the_null_samples_are_as_deep_as_the_smallest(donors, compare):
    compare(donors, null=False)
    samples = sma.get.differential(donors, "samples")
    assert samples["n_fragments_used"].iloc[0] == samples["n_fragments"].min()
    assert "null_effect" not in sma.get.differential(donors)
    compare(donors, null=False, max_fragments=100)
    assert set(sma.get.differential(donors, "samples")["n_fragments_used"]) == {100}


def test_the_design_is_recorded(donors, compare):
    compare(donors)
    found = params_of(donors)["comparisons"]["Mono vs B"]
    assert found["paired"]
    assert found["df"] == 2
    assert found["smallest_permutation_p"] == 0.25
    compare(donors, paired=False)
    assert params_of(donors)["comparisons"]["Mono vs B"]["df"] == 4


def test_scores_are_those_of_a_prediction_of_the_samples(donors, compare, predict):
    """Four cells a sample, which have as many fragments each, so that nothing is thinned."""
    rank = donors.obs.groupby(["leiden", "donor"], observed=True).cumcount()
    same = donors[((rank < 4) & donors.obs["leiden"].notna()).to_numpy()].copy()
    compare(same, null=False, paired=False)
    units = sma.get.differential(same, "units")
    predict(same, ["leiden", "donor"], min_cells=1, key_added="apart")
    store = find_results(same, "apart", "atac").store
    assert len(units) > 10
    for row in units.itertuples():
        logits = {}
        for group in ("Mono", "B"):
            scores = []
            for donor in DONORS:
                starts, found = store.read(f"{group}|{donor}", row.tf, row.chrom, row.start, row.end)
                assert len(starts)  # what is below the floor of the prediction would be missing
                scores.append(found.max())
            scores = np.clip(scores, 1e-4, 1 - 1e-4)
            logits[group] = np.mean(np.log(scores / (1 - scores)))
        # near 1 - 1e-4 a step of float32 is 6e-4 in log odds
        assert row.effect == pytest.approx(logits["Mono"] - logits["B"], abs=2e-3)


@pytest.mark.parametrize("container", ["h5ad", "zarr", "h5mu"])
def test_slots_survive_files(donors, compare, tmp_path, container):
    compare(donors)
    if container == "h5ad":
        donors.write_h5ad(tmp_path / "a.h5ad")
        back = ad.read_h5ad(tmp_path / "a.h5ad")
    elif container == "zarr":
        donors.write_zarr(tmp_path / "a.zarr")
        back = ad.read_zarr(tmp_path / "a.zarr")
    else:
        mudata = pytest.importorskip("mudata")
        with columns_not_pulled():
            mudata.MuData({"atac": donors}).write(tmp_path / "a.h5mu")
            back = mudata.read_h5mu(tmp_path / "a.h5mu")
    for level in ("factors", "units", "samples"):
        pd.testing.assert_frame_equal(sma.get.differential(back, level), sma.get.differential(donors, level))


def test_a_copy_leaves_the_object_as_it_was(donors, compare):
    changed = compare(donors, copy=True)
    assert "differential" not in donors.uns
    assert len(sma.get.differential(changed)) == 2


def test_the_same_seed_gives_the_same_tables(donors, compare, tmp_path):
    first = compare(donors, copy=True)
    again = compare(donors, copy=True, out_dir=tmp_path / "elsewhere")
    pd.testing.assert_frame_equal(sma.get.differential(first, "units"), sma.get.differential(again, "units"))


def test_one_replicate_gets_effects_and_technical_intervals_and_never_a_q_value(donors, compare):
    with pytest.warns(UserWarning, match="Mono vs B: effects without p-values, because 'Mono' has no replicates"):
        compare(donors, replicate_key=None)
    factors = sma.get.differential(donors)
    assert {"effect", "gained", "lost", "shared", "technical_low", "technical_high", "null_gained"} <= set(factors)
    assert not {"p", "q", "level_p"} & set(factors)
    with pytest.raises(
        ValueError, match="Mono vs B has no q-values: 'Mono' has no replicates; a test needs at least two"
    ):
        sma.get.differential(donors, max_q=0.05)


def test_one_replicate_in_one_arm(donors, compare):
    few = donors[(donors.obs["leiden"] != "B") | (donors.obs["donor"] == "d1")].copy()
    with pytest.warns(UserWarning, match=r"effects without p-values, because 'B' has one replicate \('d1'\)"):
        compare(few)
    with pytest.raises(ValueError, match=r"'B' has one replicate \('d1'\)"):
        sma.get.differential(few, "units", max_q=0.05)


@pytest.mark.filterwarnings("ignore:only 40 of the object's 45 cells:UserWarning")
def test_replicates_without_a_fragment_are_named(donors, compare, mini, tmp_path):
    lost = donors.obs_names[(donors.obs["leiden"] == "B") & (donors.obs["donor"] == "d2")]
    path = mini.write_fragments(tmp_path / "few.tsv.gz", [name for name in donors.obs_names if name not in set(lost)])
    donors.uns["files"] = {"fragments": str(path)}
    with pytest.warns(UserWarning, match=r"1 of 6 samples are left out: 'B\|d2' has no fragment"):
        compare(donors, paired=False)
    assert "B|d2" not in set(sma.get.differential(donors, "samples")["sample"])


def test_samples_below_the_minimum_are_named(donors, compare):
    with pytest.warns(UserWarning, match=r"2 of 6 samples are left out: 'Mono\|d3' has 4 cells, min_cells is 5"):
        compare(donors, min_cells=5)


def test_a_group_that_falls_below_the_minimum_after_thinning(donors, compare):
    with pytest.raises(ValueError, match=r"max_fragments is 20, below min_fragments \(30\)"):
        compare(donors, max_fragments=20)
    with pytest.warns(
        UserWarning, match="halves of samples would have .* min_fragments is 200: there is no null of halves"
    ):
        compare(donors, min_fragments=200)


def test_no_sample_is_deep_enough(donors, compare):
    with pytest.raises(
        ValueError, match=r"no sample is deep enough: 'Mono\|d1' has .* fragments, min_fragments is 9,999"
    ):
        compare(donors, min_fragments=9_999)


def test_a_factor_without_sites_in_any_sample_is_named(donors, compare):
    with pytest.warns(UserWarning, match="no sample has a site of BBB"):
        compare(donors, threshold={"AAA": 0.3, "BBB": 1.0})
    factors = sma.get.differential(donors).set_index("tf")
    assert factors.loc["BBB", "n_units"] == 0
    assert factors.loc["AAA", "n_units"] > 0


def test_donors_of_one_condition_only(donors, compare):
    donors.obs["donor"] = donors.obs["donor"].astype(str) + "_" + donors.obs["leiden"].astype(str)
    with pytest.warns(UserWarning, match="no donor occurs in both arms, so pairing is impossible"):
        compare(donors)
    with pytest.raises(ValueError, match="pairing is impossible"):
        compare(donors, paired=True)


def test_covariates_have_one_value_a_replicate_and_are_not_confounded(donors, compare):
    with pytest.warns(UserWarning, match="'batch' says nothing beyond the others"):
        compare(donors, covariates="batch")
    donors.obs["run"] = np.where(donors.obs["leiden"] == "B", "one", "two")
    with pytest.raises(ValueError, match="can't be told from 'run'"):
        compare(donors, covariates=["run"])
    donors.obs["mixed"] = np.arange(donors.n_obs) % 2
    with pytest.raises(ValueError, match=r"covariate 'mixed' has no single value in sample 'Mono\|d1': '[01]', '[01]'"):
        compare(donors, covariates="mixed")
    with pytest.raises(KeyError, match="no column 'sexx'"):
        compare(donors, covariates="sexx")


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"group": "NK"}, KeyError, "no group 'NK'"),
        ({"unit": "peaks"}, ValueError, "unit is 'peaks'"),
        ({"fdr": 5}, ValueError, "fdr is 5"),
        ({"replicate_key": None, "covariates": "batch"}, ValueError, "covariates need replicates"),
        ({"replicate_key": "donour"}, KeyError, "no column 'donour'"),
        ({"key_added": "a/b"}, ValueError, "key_added"),
    ],
)
def test_mistakes_are_told_before_the_work(donors, compare, analytic, options, error, message):
    with pytest.raises(error, match=message):
        compare(donors, **options)
    assert analytic.windows == 0
    assert "differential" not in donors.uns


def test_results_are_neither_taken_for_a_prediction_nor_replaced_by_one(donors, compare, predict):
    compare(donors)
    with pytest.raises(KeyError, match=r"call scmaxatac\.tl\.predict_tfbs first"):
        sma.get.sites(donors)
    with pytest.raises(ValueError, match="holds something else than a prediction"):
        predict(donors, key_added="differential")


def test_another_entry_is_not_replaced(donors, compare):
    donors.uns["differential"] = {"mine": 1}
    with pytest.raises(ValueError, match="holds something else than a comparison"):
        compare(donors)


def test_one_against_the_rest_and_several_comparisons_in_one_table(donors, compare):
    compare(donors, group=None, reference=None)
    factors = sma.get.differential(donors)
    assert list(factors["comparison"].cat.categories) == ["B vs rest", "CD4/T vs rest", "Mono vs rest"]
    assert len(factors) == 6
    assert set(sma.get.differential(donors, comparisons="B vs rest")["comparison"]) == {"B vs rest"}
    with pytest.raises(KeyError, match="no comparison 'B'; there are 'B vs rest'"):
        sma.get.differential(donors, comparisons="B")
    with pytest.raises(KeyError, match="no TF 'X'"):
        sma.get.differential(donors, tfs="X")


def test_results_that_are_not_there(donors):
    with pytest.raises(KeyError, match=r"call scmaxatac\.tl\.differential_tfbs first"):
        sma.get.differential(donors)
    with pytest.raises(ValueError, match="level is 'bins'"):
        sma.get.differential(donors, "bins")


def test_the_toys_stimulus_takes_sites_away_from_its_factor(monkeypatch):
    """The whole way, with networks: the lost sites are found where they are, and not in another cell type."""
    monkeypatch.undo()  # the networks themselves
    toy = sma.datasets.toy(n_donors=3)
    near = toy.sites.query("chrom == 'chr5' and tf == 'GATA3' and bound and group == 'CD4/T'")
    peaks = toy.peaks.query("chrom == 'chr5'")
    has = [((near["start"] < p.end) & (near["end"] > p.start)).any() for p in peaks.itertuples()]
    cells = toy.adata[(toy.adata.obs["cell_type"] == "CD4/T").to_numpy()].copy()
    sma.tl.differential_tfbs(
        cells, "condition", group="stim", reference="ctrl", replicate_key="donor", genome=toy.genome, models="demo",
        tfs=["GATA3"], regions=peaks[np.array(has)], chroms="chr5", signal_chroms=None, min_fragments=1_000, step=512,
        null=False,
    )  # fmt: skip
    factors, units = sma.get.differential(cells), sma.get.differential(cells, "units")
    assert factors["lost"].iloc[0] > 2 * factors["gained"].iloc[0]
    middle = (units["start"] + units["end"]) / 2
    lost = toy.lost_sites.query("chrom == 'chr5'")
    at_lost = np.array([(np.abs((lost["start"] + lost["end"]) / 2 - m) < 200).any() for m in middle])
    assert units["effect"][at_lost].median() < -1
    assert units["effect"][~at_lost].median() > units["effect"][at_lost].median() + 1
