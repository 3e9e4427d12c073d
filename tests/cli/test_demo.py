"""The table of ``scmaxatac demo``."""

import numpy as np
import pandas as pd

import scmaxatac
from scmaxatac.cli._demo import accuracy


def test_demo_table_counts_what_lies_on_the_test_chromosome():
    toy = scmaxatac.datasets.toy()
    mdata = toy.mdata.copy()
    known = toy.chip_peaks[toy.chip_peaks["chrom"].isin(toy.chroms_test)]
    scmaxatac.tl.predict_tfbs(mdata, "cell_type", genome=toy.genome, models="demo", chroms=toy.chroms_test)
    table = accuracy(mdata, toy).set_index(["cluster", "TF"])
    for (group, tf), row in table.iterrows():
        assert row["known"] == ((known["group"] == group) & (known["tf"] == tf)).sum()
    sites = scmaxatac.get.sites(mdata)
    assert table["called"].sum() == len(sites)
    bound = table[table["known"] > 0]
    assert (bound["AUPR"] > 10 * bound["chance"]).all()
    assert np.isnan(table.loc[("B", "GATA3"), "AUPR"])
    assert isinstance(table, pd.DataFrame)
