"""Results that were made from a prediction that is no longer there."""

import json
import warnings

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from _slots import Truth, make_truth

from scmaxatac import get, tl
from scmaxatac.results._entries import write_entry
from scmaxatac.results._entry import ENRICHMENT, NETWORK, RANKS
from scmaxatac.results._provenance import made_from
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
