"""Predictions from pseudobulks that were read once, and at equal depth."""

import warnings

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from _analytic import AnalyticEngine
from _compare import assert_same_slots
from _mini import REGIONS

import scmaxatac as sma
from scmaxatac.fragments._fragment_file import FragmentFile

GROUPS = ["B", "CD4/T", "Mono"]


@pytest.fixture
def adata(mini, fragment_file):
    """Groups of 840, 600 and 840 fragments."""
    adata = mini.adata(fragment_file)
    adata.obs.iloc[np.flatnonzero(adata.obs["leiden"] == "CD4/T")[:4], 0] = np.nan
    return adata


@pytest.fixture
def bulks(mini, adata):
    return sma.pp.pseudobulk(adata, "leiden", genome=mini.genome, min_fragments=100)


@pytest.fixture
def from_bulks(mini_models, tmp_path, analytic):
    def run(bulks, **options):
        common = {"models": mini_models, "regions": REGIONS, "out_dir": tmp_path / "run"}
        return sma.tl.predict_tfbs(bulks, **common | options)

    return run


@pytest.fixture
def no_reading(monkeypatch):
    """Fragments can't be read any more."""

    def chunks(self):
        raise AssertionError("fragments were read again")

    monkeypatch.setattr(FragmentFile, "chunks", chunks)


def run_of(data, key="tfbs"):
    return sma.get.params(data, key=key)["run"]


@pytest.mark.parametrize("options", [{}, {"max_fragments": "match"}, {"max_fragments": 300, "rng": 4}])
def test_pseudobulks_give_what_the_object_gives(adata, predict, bulks, from_bulks, no_reading, monkeypatch, options):
    groups = from_bulks(bulks, **options)
    monkeypatch.undo()  # reading is allowed again, and networks are what they were
    monkeypatch.setattr("scmaxatac.predict._run.make_engine", AnalyticEngine)
    predict(adata, regions=REGIONS, **options)
    assert_same_slots(groups.uns["tfbs"], adata.uns["tfbs"])
    one, other = sma.get.params(groups), sma.get.params(adata)
    assert one["run"] == other["run"]
    assert {name for name in other if one[name] != other[name]} == {"cells", "n_objects", "rows"}
    per_cell = adata.obsm["X_tfbs"].groupby(adata.obs["leiden"], observed=True).first()
    np.testing.assert_array_equal(groups.obsm["X_tfbs"].loc[per_cell.index.astype(str)], per_cell)


def test_an_object_of_groups_is_used_as_any_other(bulks, from_bulks, tmp_path):
    groups = from_bulks(bulks)
    assert groups.obs_names.tolist() == GROUPS
    assert groups.obs["n_fragments"].tolist() == bulks.qc["n_fragments"].tolist()
    sma.tl.call_sites(groups, 0.2, key_added="more")
    assert len(sma.get.sites(groups, key="more")) > len(sma.get.sites(groups)) > 0
    pd.testing.assert_frame_equal(groups.obsm["X_more"], sma.get.activity(groups, key="more"), check_dtype=False,
                                  check_names=False, check_index_type=False)  # fmt: skip
    assert sma.get.scores(groups).obs_names.tolist() == GROUPS
    groups.write_h5ad(tmp_path / "groups.h5ad")
    back = ad.read_h5ad(tmp_path / "groups.h5ad")
    assert run_of(back) == run_of(groups)
    sma.tl.call_sites(back, 0.2)
    pd.testing.assert_frame_equal(sma.get.sites(back), sma.get.sites(groups, key="more"))


@pytest.mark.filterwarnings("ignore:intervals of activities are too narrow:UserWarning")
def test_activities_of_an_object_of_groups_are_ranked(adata, predict, bulks, from_bulks):
    groups = from_bulks(bulks, max_fragments="match", threshold=0.2)
    sma.tl.rank_tfs(groups, source="activity", n_bootstrap=50)
    predict(adata, regions=REGIONS, max_fragments="match", threshold=0.2)
    sma.tl.rank_tfs(adata, source="activity", n_bootstrap=50)
    pd.testing.assert_frame_equal(sma.get.rank_tfs(groups), sma.get.rank_tfs(adata))
    with pytest.raises(ValueError, match="no scores of cells: rank with source='activity'"):
        sma.tl.rank_tfs(groups)


def test_an_object_of_groups_that_lost_some_is_told_of_groups_not_cells(bulks, from_bulks):
    groups = from_bulks(bulks)
    with pytest.warns(UserWarning, match=r"no longer fits the object: its rows, the groups, lost 'B'; call") as caught:
        sma.get.sites(groups[1:].copy())
    assert "cells" not in str(caught[0].message)


@pytest.mark.filterwarnings("error:.*no longer fits")
def test_groups_that_were_skipped_have_no_row(mini, fragment_file, from_bulks):
    adata = mini.adata(fragment_file)
    few = np.flatnonzero(adata.obs["leiden"] == "CD4/T")[4:]
    adata.obs.iloc[few, 0] = np.nan
    with pytest.warns(UserWarning, match="'CD4/T' is skipped"):
        bulks = sma.pp.pseudobulk(adata, "leiden", genome=mini.genome, min_fragments=100)
    groups = from_bulks(bulks)
    assert groups.obs_names.tolist() == ["B", "Mono"]
    assert sma.get.qc(groups)["n_sites"].loc["CD4/T"] == 0
    np.testing.assert_array_equal(groups.obsm["X_tfbs"], sma.get.activity(groups).to_numpy(np.float32))


def test_fewer_chromosomes_of_pseudobulks_give_the_run_of_the_object(adata, predict, bulks, from_bulks):
    groups = from_bulks(bulks, chroms="chr2", signal_chroms=["chr2", "chrX"])
    predict(adata, regions=REGIONS, chroms="chr2", signal_chroms=["chr2", "chrX"])
    assert run_of(groups) == run_of(adata)


def test_a_thinned_run_is_another_run_and_the_same_again(bulks, from_bulks):
    runs = [
        run_of(from_bulks(bulks, **options))
        for options in (
            {}, {"max_fragments": "match"}, {"max_fragments": 400}, {"max_fragments": 400, "rng": 1},
            {"max_fragments": 400}, {"max_fragments": 10**6},
        )
    ]  # fmt: skip
    assert len(set(runs)) == 4
    assert runs[4] == runs[2]
    assert runs[5] == runs[0], "nothing was thinned"


def test_depth_before_and_after_is_recorded(bulks, from_bulks):
    groups = from_bulks(bulks, max_fragments="match", rng=7)
    qc, params = sma.get.qc(groups), sma.get.params(groups)
    assert qc["n_fragments"].tolist() == bulks.qc["n_fragments"].tolist()
    least = bulks.qc["n_fragments_used"].min()
    assert (qc["n_fragments_used"] == least).all()
    assert (params["max_fragments"], params["thinned_to"], params["rng"]) == ("match", least, 7)
    again = sma.get.params(from_bulks(sma.pp.pseudobulk(bulks, max_fragments="match", rng=7)))
    assert again["run"] == params["run"]
    assert again["thinned_to"] == params["thinned_to"]


def test_what_pseudobulks_cannot_follow_is_an_error_before_any_work(mini, bulks, from_bulks, tmp_path):
    bad = [
        ({"groupby": "leiden"}, ValueError, "groupby: these pseudobulks are made already"),
        ({"min_cells": 3, "replicate_key": "x"}, ValueError, "replicate_key, min_cells: these pseudobulks"),
        ({"regions": "auto"}, ValueError, "pseudobulks hold none.*regions="),
        ({"chroms": "chr9"}, KeyError, "chr9"),
        ({"genome": sma.Genome.from_sizes({"chr1": 100})}, ValueError, "other contigs or lengths"),
        ({"genome": "hg38"}, FileNotFoundError, "genome is 'hg38', and there is none of hg38.fa"),
        ({"max_fragments": 99}, ValueError, r"max_fragments is 99, below min_fragments \(100\)"),
        ({"key_added": "a/b"}, ValueError, "key_added"),
        ({"threshold": {"CCC": 0.5}}, KeyError, "'CCC'"),
    ]
    for options, error, message in bad:
        with pytest.raises(error, match=message):
            from_bulks(bulks, **options)
    part = sma.pp.pseudobulk(bulks, chroms="chr1", signal_chroms="chr1")
    with pytest.raises(KeyError, match=r"made without chr2.*pp.pseudobulk"):
        from_bulks(part, chroms=["chr1", "chr2"])
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("given", [0, -5, "matched", 1.5, True, "100"])
def test_depths_that_are_none_are_errors_before_fragments_are_read(mini, fragment_file, predict, no_reading, given):
    with pytest.raises(ValueError, match=r'max_fragments is .*"match"'):
        predict(mini.adata(fragment_file), max_fragments=given)


def test_no_column_is_an_error(mini, fragment_file, predict, no_reading):
    for nothing in (None, "", []):
        with pytest.raises(ValueError, match="groupby is missing: name the column of obs"):
            predict(mini.adata(fragment_file), nothing)


def test_pieces_of_a_cluster_agree_at_equal_depth_and_not_without(simulated, tmp_path):
    """METHODS: activity follows depth. One cell type cut at random into 60%, 30% and 10% of its cells."""
    adata = simulated.adata[(simulated.adata.obs["cell_type"] == "CD4/T").to_numpy()].copy()
    shares = {"60%": 0.6, "30%": 0.3, "10%": 0.1}
    cells = np.random.default_rng(0).permutation(adata.n_obs)
    cuts = np.cumsum([round(share * adata.n_obs) for share in shares.values()])[:-1]
    adata.obs["piece"] = ""
    for name, rows in zip(shares, np.split(cells, cuts), strict=True):
        adata.obs.iloc[rows, adata.obs.columns.get_loc("piece")] = name
    with pytest.warns(UserWarning, match=r"'60%' is .* times as deep as '10%'.*max_fragments=\"match\""):
        bulks = sma.pp.pseudobulk(adata, "piece", genome=simulated.genome)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        options = {"models": "demo", "regions": simulated.peaks, "chroms": ["chr2", "chr4", "chr5"], "step": 512}
        found = {
            depth: sma.tl.predict_tfbs(bulks, max_fragments=depth, out_dir=tmp_path, **options)
            for depth in (None, "match")
        }
    assert not any("times as deep" in str(warning.message) for warning in caught), "that was said already"
    spread = {depth: np.ptp(sma.get.activity(groups).to_numpy(), axis=0) for depth, groups in found.items()}
    n_sites = sma.get.sites(found["match"]).groupby(["group", "tf"], observed=False).size()
    assert n_sites.min() >= 20
    assert (spread["match"] < 0.1).all()
    assert (spread[None] > 0.1).any()
