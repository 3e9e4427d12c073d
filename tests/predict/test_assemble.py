"""From the bins of a store to activities."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from scmaxatac.get import activity
from scmaxatac.predict._assemble import assemble_activity

ROOT = Path(__file__).resolve().parents[2]


def test_a_site_counts_as_0_in_a_group_whose_scores_there_lie_below_the_floor():
    """The store has no bins below the floor: of group A at the second site, of group B at both."""
    bins = {"A": ([32, 64], [0.5, 0.75]), "B": ([960], [0.9])}
    store = SimpleNamespace(
        groups=["A", "B"],
        tfs=["T"],
        chroms=["chr1"],
        bin_size=32,
        read=lambda group, tf, chrom: tuple(map(np.array, bins[group])),
    )
    sites = pd.DataFrame(
        {"chrom": "chr1", "start": [32, 320], "end": [96, 352], "group": "A", "tf": "T", "score": [0.75, 0.5]}
    )
    assert assemble_activity(store, sites)["T"].tolist() == [0.375, 0.0]


@pytest.mark.parametrize("place", [activity, "docs/concepts.md"], ids=["get.activity", "docs"])
def test_that_scores_below_the_floor_count_as_0_is_said_where_activities_are_explained(place):
    text = (ROOT / place).read_text(encoding="utf-8") if isinstance(place, str) else place.__doc__
    said = "scores below the floor (`settings.min_stored_score`) count as 0."
    assert said in " ".join(text.replace("``", "`").split())
