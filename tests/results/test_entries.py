import anndata as ad
import numpy as np
import pandas as pd
import pytest

from scmaxatac.containers._prediction_entry import is_prediction
from scmaxatac.results._entries import check_entry, read_entry, write_entry
from scmaxatac.results._entry import ENTRIES, NETWORK, RANKS

TABLE = pd.DataFrame({"source": ["A", "B/C"], "weight": [0.5, 2.0]})


@pytest.fixture
def adata():
    return ad.AnnData(np.zeros((2, 1)))


@pytest.mark.parametrize("entry", ENTRIES)
def test_an_entry_is_read_as_it_was_written(adata, entry):
    other = adata.copy()
    write_entry([adata, other], entry, "x", dict.fromkeys(entry.tables, TABLE), {"run": "abc", "window": 5})
    for written in (adata, other):
        tables, params = read_entry(written, entry, "x")
        assert list(tables) == list(entry.tables)
        for table in tables.values():
            pd.testing.assert_frame_equal(table, TABLE)
            table["weight"] = 0.0
        assert params == {"run": "abc", "window": 5}
    for table in read_entry(adata, entry, "x")[0].values():
        pd.testing.assert_frame_equal(table, TABLE)
    check_entry([adata], entry, "x")
    write_entry([adata], entry, "x", dict.fromkeys(entry.tables, TABLE.iloc[:1]), {})
    assert {len(table) for table in read_entry(adata, entry, "x")[0].values()} == {1}


@pytest.mark.parametrize("entry", ENTRIES)
def test_entries_are_neither_predictions_nor_one_another(adata, entry):
    write_entry([adata], entry, "x", dict.fromkeys(entry.tables, TABLE), {})
    assert not is_prediction(adata.uns["x"])
    assert [other for other in ENTRIES if other.is_in(adata.uns["x"])] == [entry]


@pytest.mark.parametrize("there", ["text", {"edges": TABLE}, TABLE])
def test_what_somebody_else_wrote_is_neither_replaced_nor_read(adata, there):
    adata.uns["tfbs_network"] = there
    with pytest.raises(ValueError, match=r"uns\['tfbs_network'\] holds something else than a network"):
        check_entry([adata], NETWORK, NETWORK.beside("tfbs"))
    with pytest.raises(KeyError, match=r"no network under uns\['tfbs_network'\]: call scmaxatac\.tl\.to_network"):
        read_entry(adata, NETWORK, NETWORK.beside("tfbs"))


@pytest.mark.parametrize("wrong", ["{'run': 1}", "[1]", "", 3])
def test_parameters_that_are_no_json_object_are_named(adata, wrong):
    write_entry([adata], RANKS, "x", {"ranks": TABLE}, {})
    adata.uns["x"]["parameters"] = wrong
    message = r"uns\['x'\]\['parameters'\] is no JSON object.*call scmaxatac\.tl\.rank_tfs again"
    with pytest.raises(ValueError, match=message):
        read_entry(adata, RANKS, "x")


def test_entries_under_other_names_are_pointed_out(adata):
    write_entry([adata], RANKS, "mine", {"ranks": TABLE}, {})
    with pytest.raises(KeyError, match="there are some under 'mine'"):
        read_entry(adata, RANKS, "rank_tfs")


@pytest.mark.parametrize("name", ["a/b", "a\\b", "", ".", " .", 3])
def test_names_that_files_do_not_keep_are_refused(adata, name):
    with pytest.raises(ValueError, match=r"key_added is .*text without '/'"):
        check_entry([adata], RANKS, name)


def test_tables_that_are_not_declared_are_refused(adata):
    with pytest.raises(ValueError, match="the tables of 'rank_tfs' are ranks, not edges"):
        write_entry([adata], RANKS, "x", {"edges": TABLE}, {})


@pytest.mark.parametrize("entry", ENTRIES)
def test_entries_lie_in_snapatac2s_objects_too(tmp_path, entry):
    snapatac2 = pytest.importorskip("snapatac2")
    backed = snapatac2.AnnData(filename=str(tmp_path / "backed.h5ad"), X=np.zeros((2, 1)))
    labelled = TABLE.assign(source=pd.Categorical(TABLE["source"]))
    write_entry([backed], entry, "x", dict.fromkeys(entry.tables, labelled), {"run": "abc"})
    check_entry([backed], entry, "x")
    tables, params = read_entry(backed, entry, "x")
    backed.close()
    assert params == {"run": "abc"}
    for name in entry.tables:
        pd.testing.assert_frame_equal(tables[name], TABLE, check_dtype=False)
