"""What was predicted together over several objects is drawn as that of one."""

import json
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from _slots import Truth, cells_of

from scmaxatac import get, pl

TAKE = {
    "heatmap": lambda data: pl.heatmap(data, annotate=["lineage", "p99"]).images[0].get_array(),
    "qc": lambda data: [bar.get_width() for ax in pl.qc(data).axes for bar in ax.patches],
    "score_distribution": lambda data: pl.score_distribution(data, "CTCF").axes[0].get_lines()[0].get_ydata(),
    "sites_per_group": lambda data: pl.sites_per_group(data).images[0].get_array(),
    "tracks": lambda data: [ax.get_label() for ax in pl.tracks(data, "chr22:18,712,000-18,730,000").axes],
    "files": lambda data: get.files(data)["path"].to_numpy(),
}


def parts_of(truth: Truth) -> dict[str, object]:
    """Two objects that hold half of the cells each, and one prediction."""
    lineage = {"B": "lymphoid", "Mono": "myeloid"}
    truth.adata.obs["lineage"] = truth.adata.obs["leiden"].astype(str).map(lineage)
    parts = {"one": truth.adata[::2].copy(), "two": truth.adata[1::2].copy()}
    params = get.params(truth.adata)
    params |= {"n_objects": 2, "cells": [cells_of(part) for part in (*parts.values(), truth.adata)]}
    for adata in (*parts.values(), truth.adata):
        adata.uns["tfbs"]["params"] = json.dumps(params)
    return parts


@pytest.mark.parametrize("name", TAKE)
def test_several_objects_are_drawn_as_one(truth, name):
    parts = parts_of(truth)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = [TAKE[name](data) for data in (truth.adata, parts, list(parts.values()))]
    plt.close("all")
    for other in found[1:]:
        np.testing.assert_array_equal(other, found[0])


def test_a_group_has_to_be_annotated_alike_in_all_objects(truth):
    parts = parts_of(truth)
    of_b = parts["two"].obs["leiden"] == "B"
    parts["two"].obs["lineage"] = pd.Series("other", index=of_b.index).where(of_b)
    with pytest.raises(ValueError, match=r"'lineage' has 2 values in the group 'B', such as lymphoid and other"):
        pl.heatmap(parts, annotate="lineage")
    del parts["two"].obs["lineage"]
    assert pl.heatmap(parts, annotate="lineage").child_axes[0].get_label() == "lineage"
