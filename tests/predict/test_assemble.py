"""From the bins of a store to activities."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from scmaxatac.predict._assemble import assemble_activity


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
