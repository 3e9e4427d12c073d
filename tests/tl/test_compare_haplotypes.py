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
    sites = sma.tl.compare_haplotypes(haplotypes, group="a", reference="b", level="sites")
    rows = sites[["start", "end", "state"]].to_numpy().tolist()
    assert rows == [[0, 64, "shared"], [128, 160, "gained"], [320, 384, "shared"]]
    nine = np.log(9)
    np.testing.assert_allclose(sites["effect"], [nine, 2 * nine, nine - (np.log(4) - nine) / 2], rtol=1e-5)


def test_factors_are_ranked_by_what_differs(haplotypes):
    table = sma.tl.compare_haplotypes(haplotypes, group="b", reference="a")
    assert table["tf"].tolist() == ["T", "U"]
    assert table[["gained", "lost", "shared", "rank"]].to_numpy().tolist() == [[0, 1, 2, 1], [0, 0, 0, 2]]
    assert table["changed"].iloc[0] == pytest.approx(1 / 3)


def test_any_column_can_hold_the_classes(haplotypes):
    sites = sma.tl.compare_haplotypes(haplotypes, "risk", group="x", reference="y", tfs="T", level="sites")
    assert set(sites["state"]) <= {"gained", "lost", "shared"}
    for options, message in (
        ({"by": "sex"}, "no column 'sex'"), ({"group": "c"}, "no 'c', only 'a', 'b'"), ({"tfs": "V"}, "no TF 'V'"),
    ):  # fmt: skip
        with pytest.raises(KeyError, match=message):
            sma.tl.compare_haplotypes(haplotypes, **{"group": "a", "reference": "b"} | options)
    with pytest.raises(ValueError, match="both 'a'"):
        sma.tl.compare_haplotypes(haplotypes, group="a", reference="a")
    with pytest.raises(ValueError, match="level is 'bins'"):
        sma.tl.compare_haplotypes(haplotypes, group="a", reference="b", level="bins")
    del haplotypes.uns["haplotypes"]
    with pytest.raises(KeyError, match="not predicted by"):
        sma.tl.compare_haplotypes(haplotypes, group="a", reference="b")
