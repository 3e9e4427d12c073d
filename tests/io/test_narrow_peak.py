"""Sites as narrowPeak, for browsers and for the command line."""

import pandas as pd
import pytest

from scmaxatac.io._narrow_peak import narrow_peaks


@pytest.mark.parametrize("names", ["CTCF", ["a", "b", "c"]])
def test_columns_order_and_scores(names):
    sites = pd.DataFrame(
        {
            "chrom": pd.Categorical(["chr2", "chr10", "chr2"], categories=["chr2", "chr10"]),
            "start": [64, 0, 32],
            "end": [96, 32, 64],
            "score": [0.12345678, 1.0000004, 0.9996],
        },
        index=[7, 5, 3],
    )
    order = ["CTCF"] * 3 if isinstance(names, str) else ["b", "c", "a"]
    assert narrow_peaks(sites, names).to_numpy().tolist() == [
        ["chr10", 0, 32, order[0], 1000, ".", 1.0, -1, -1, -1],
        ["chr2", 32, 64, order[1], 1000, ".", 0.9996, -1, -1, -1],
        ["chr2", 64, 96, order[2], 123, ".", 0.123457, -1, -1, -1],
    ]
