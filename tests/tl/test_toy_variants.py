"""Variants of the toy data: those that were planted are found, neutral ones are not."""

import numpy as np
import pytest

import scmaxatac as sma


@pytest.fixture(scope="module")
def scored():
    toy = sma.datasets.toy()
    adata = toy.adata.copy()
    sma.tl.predict_tfbs(adata, "cell_type", genome=toy.genome, models="demo", chroms="chr5")
    planted = toy.variants.query("chrom == 'chr5'")
    sma.tl.score_variants(adata, planted, genome=toy.genome)
    planted = planted[["id", "effect", "tf", "group"]].set_axis(
        ["id", "planted", "planted_tf", "planted_group"], axis=1
    )
    return sma.get.variants(adata).merge(planted, on="id")


def test_planted_effects_are_found_and_neutral_variants_have_none(scored):
    here = (scored["tf"] == scored["planted_tf"]) & (scored["group"] == scored["planted_group"])
    planted, neutral = scored[here], scored[scored["planted"] == "neutral"]
    sign = np.where(planted["planted"] == "makes", 1, -1)
    assert (planted["effect"] * sign > 1).mean() >= 0.9
    assert len(planted) >= 20
    assert (neutral["effect"].abs() < 1).mean() >= 0.95
    assert not neutral["status"].isin(["gained", "lost"]).any()


def test_a_motif_that_is_made_is_gained_and_one_that_is_broken_lost(scored):
    here = (scored["tf"] == scored["planted_tf"]) & (scored["group"] == scored["planted_group"])
    status = scored[here].groupby("planted")["status"].value_counts().unstack(fill_value=0)
    assert status.loc["makes", "gained"] >= 3
    assert status.loc["breaks", "lost"] >= 6
    assert status.loc["makes", "lost"] == status.loc["breaks", "gained"] == 0
