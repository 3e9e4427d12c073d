"""Results that were made from a prediction that is no longer there."""

import json
import warnings

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from _planted_motifs import planted, put_contributions
from _slots import Truth, make_truth

from scmaxatac import get, tl
from scmaxatac.results._entries import write_entry
from scmaxatac.results._entry import ENRICHMENT, MOTIF_HITS, MOTIFS, NETWORK, RANKS
from scmaxatac.results._provenance import contributions_used, entry_used, made_from
from scmaxatac.results._reader import find_results

CALLS = {
    "tfbs_network": (get.network, "scmaxatac.tl.to_network"),
    "tfbs_enrichment": (get.enrichment, "scmaxatac.tl.enrichment"),
    "rank_tfs": (get.rank_tfs, "scmaxatac.tl.rank_tfs"),
    "scores": (get.cell_scores, "scmaxatac.tl.score_cells"),
}


@pytest.fixture
def truth(tmp_path) -> Truth:
    """A prediction, and one of each result that is made from it."""
    truth = make_truth(tmp_path / "run", groups=["B", "Mono"], tfs=["CTCF", "SPI1"])
    adata = truth.adata
    origin = made_from(find_results(adata, "tfbs", "atac"))
    table = pd.DataFrame({"group": ["B"], "tf": ["CTCF"], "rank": [1]})
    for entry, name in ((NETWORK, "tfbs_network"), (ENRICHMENT, "tfbs_enrichment"), (RANKS, "rank_tfs")):
        write_entry([adata], entry, name, dict.fromkeys(entry.tables, table), {"made_from": origin})
    values = np.random.default_rng(0).normal(size=(adata.n_obs, 2))
    adata.obsm["score_tfbs"] = pd.DataFrame(values, index=adata.obs_names, columns=["CTCF", "SPI1"])
    adata.uns["score_tfbs"] = json.dumps({"tfs": ["CTCF", "SPI1"], "n_regions": {}, "made_from": origin})
    return truth


def change(adata: ad.AnnData, **changes: object) -> None:
    adata.uns["tfbs"]["params"] = json.dumps(json.loads(adata.uns["tfbs"]["params"]) | changes)


def told(read, adata: ad.AnnData) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        read(adata)
    return [str(one.message) for one in caught if one.category is UserWarning]


def with_contributions(adata: ad.AnnData) -> None:
    parts = [planted(5, ("CTCF",), seed=0).contributions._replace(tf="CTCF", group="B")]
    put_contributions(adata, parts)
    params = json.loads(adata.uns["tfbs"]["contribution_params"])
    origin = made_from(find_results(adata, "tfbs", "atac"))
    adata.uns["tfbs"]["contribution_params"] = json.dumps(params | {"made_from": origin})


def test_contributions_of_called_sites_tell_that_sites_were_called_anew(truth):
    adata = truth.adata
    with_contributions(adata)
    assert told(get.contributions, adata) == []
    change(adata, threshold="matched")
    (message,) = told(get.contributions, adata)
    assert "uns['tfbs']['contributions'] was made from sites at other thresholds" in message
    assert "scmaxatac.tl.contributions again" in message
    assert told(get.contributions, adata) == []


def test_contributions_of_given_regions_do_not_depend_on_thresholds(truth):
    adata = truth.adata
    with_contributions(adata)
    params = json.loads(adata.uns["tfbs"]["contribution_params"])
    params["made_from"]["thresholds"] = None
    adata.uns["tfbs"]["contribution_params"] = json.dumps(params)
    change(adata, threshold="matched")
    assert told(get.contributions, adata) == []
    change(adata, run="other")
    assert "another prediction" in told(get.contributions, adata)[0]


def test_motifs_tell_that_contributions_were_computed_anew_and_hits_that_motifs_were(truth):
    adata = truth.adata
    with_contributions(adata)
    results = find_results(adata, "tfbs", "atac")
    table = pd.DataFrame({"motif": ["CTCF_1"], "tf": ["CTCF"], "group": ["B"]})
    origin = made_from(results) | {"contributions": contributions_used(results)}
    write = {"tfs": ["CTCF"], "groups": ["B"], "motifs": ["CTCF_1"]}
    write_entry([adata], MOTIFS, "tfbs_motifs", dict.fromkeys(MOTIFS.tables, table), write | {"made_from": origin})
    found = made_from(results) | {"entry": entry_used(adata, "tfbs_motifs")}
    write_entry([adata], MOTIF_HITS, "tfbs_motif_hits", dict.fromkeys(MOTIF_HITS.tables, table),
                write | {"made_from": found})  # fmt: skip
    assert told(get.motifs, adata) == told(get.motif_hits, adata) == []
    sites = adata.uns["tfbs"]["contribution_sites"].copy()
    adata.uns["tfbs"]["contribution_sites"] = sites.assign(start=sites["start"] + 1)
    (message,) = told(get.motifs, adata)
    assert "uns['tfbs_motifs'] was made from other contributions than uns['tfbs'] now holds" in message
    assert told(get.motif_hits, adata) == []
    origin["contributions"] = contributions_used(find_results(adata, "tfbs", "atac"))
    write_entry([adata], MOTIFS, "tfbs_motifs", dict.fromkeys(MOTIFS.tables, table), write | {"made_from": origin})
    assert told(get.motifs, adata) == []
    (message,) = told(get.motif_hits, adata)
    assert "uns['tfbs_motif_hits'] was made from what uns['tfbs_motifs'] held before it was made anew" in message


@pytest.mark.parametrize("name", CALLS)
def test_readers_tell_once_that_the_prediction_is_another(truth, name):
    read, call = CALLS[name]
    adata = truth.adata
    before = json.loads(adata.uns["tfbs"]["params"])
    assert told(read, adata) == []
    change(adata, run="other")
    (message,) = told(read, adata)
    assert "was made from another prediction than uns['tfbs'] now holds" in message
    assert f"call {call}" in message
    assert told(read, adata) == []
    change(adata, run=before["run"], threshold=0.9)
    (message,) = told(read, adata)
    assert "was made from sites at other thresholds" in message
    change(adata, **before)
    assert told(read, adata) == []
    change(adata, run="other")
    assert len(told(read, adata)) == 1, "it fitted in between"
    assert len(told(read, adata.copy())) == 1, "another object"


def test_results_without_their_prediction_are_read(truth):
    del truth.adata.uns["tfbs"]
    assert told(get.cell_scores, truth.adata) == told(get.rank_tfs, truth.adata) == []


def test_a_ranking_does_not_mix_old_scores_with_new_sites(truth):
    adata = truth.adata
    tl.rank_tfs(adata)
    assert get.rank_tfs(adata)["n_sites"].notna().all()
    change(adata, run="other")
    with pytest.warns(UserWarning, match="call scmaxatac.tl.score_cells again"):
        tl.rank_tfs(adata)
    assert get.rank_tfs(adata)["n_sites"].isna().all()


def test_a_ranking_of_earlier_scores_is_told(truth):
    adata = truth.adata
    tl.rank_tfs(adata)
    assert told(get.rank_tfs, adata) == []
    adata.uns["score_tfbs"] = json.dumps(json.loads(adata.uns["score_tfbs"]) | {"counts": "raw"})
    (message,) = told(get.rank_tfs, adata)
    assert message.startswith("uns['rank_tfs'] was made from other scores of cells than obsm['score_tfbs'] now holds")
