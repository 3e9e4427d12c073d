import anndata as ad
import numpy as np
import pandas as pd
import pytest

from scmaxatac.results._entries import read_entry, write_entry

TABLE = pd.DataFrame({"source": ["A", "B/C"], "weight": [0.5, 2.0]})


def test_an_entry_is_read_as_it_was_written():
    adata = ad.AnnData(np.zeros((2, 1)))
    write_entry(adata, "tfbs", "network", TABLE, {"run": "abc", "window": 5})
    table, params = read_entry(adata, "tfbs", "network", "it")
    pd.testing.assert_frame_equal(table, TABLE)
    assert params == {"run": "abc", "window": 5}
    table["weight"] = 0.0
    pd.testing.assert_frame_equal(read_entry(adata, "tfbs", "network", "it")[0], TABLE)
    write_entry(adata, "tfbs", "network", TABLE.iloc[:1], {})
    assert len(read_entry(adata, "tfbs", "network", "it")[0]) == 1


@pytest.mark.parametrize("there", ["text", {"table": TABLE}, TABLE])
def test_what_somebody_else_wrote_is_neither_replaced_nor_read(there):
    adata = ad.AnnData(np.zeros((2, 1)))
    adata.uns["tfbs_network"] = there
    with pytest.raises(ValueError, match=r"uns\['tfbs_network'\] holds something else"):
        write_entry(adata, "tfbs", "network", TABLE, {})
    with pytest.raises(KeyError, match="call make first"):
        read_entry(adata, "tfbs", "network", "make")
