"""Scores of cells in the slots of objects, and parameters that no longer name their columns."""

import anndata
import numpy as np
import pytest

from scmaxatac.results._cell_scores import check_score_key, read_cell_scores, write_cell_scores
from scmaxatac.results._schema import SCORE_PARAMS

TFS = ["CTCF", "SPI1"]
SCORES = np.array([[1, 2], [3, np.nan], [5, 6]], dtype=np.float32)


def write(adata) -> None:
    params = dict.fromkeys((column.name for column in SCORE_PARAMS.columns), None) | {"tfs": TFS}
    write_cell_scores(adata, SCORES, -SCORES, params, "tfbs")


@pytest.fixture
def backed(tmp_path):
    snapatac2 = pytest.importorskip("snapatac2")
    adata = snapatac2.AnnData(filename=str(tmp_path / "backed.h5ad"), X=np.zeros((len(SCORES), 1)))
    adata.obs_names = ["a", "b", "c"]
    write(adata)
    yield adata
    adata.close()


def test_scores_come_back_by_the_names_of_cells_and_factors():
    adata = anndata.AnnData(np.zeros((len(SCORES), 1)))
    write(adata)
    for z, values in ((False, SCORES), (True, -SCORES)):
        table = read_cell_scores(adata, ["SPI1", "CTCF"], z=z, key="tfbs")
        assert table.index.tolist() == adata.obs_names.tolist()
        assert table.columns.tolist() == ["SPI1", "CTCF"]
        np.testing.assert_array_equal(table.to_numpy(), values[:, ::-1])
    with pytest.raises(KeyError, match="scores exist under 'tfbs'"):
        read_cell_scores(adata, None, z=False, key="other")


def test_snapatac2s_arrays_get_the_names_that_the_parameters_have(backed):
    table = read_cell_scores(backed, None, z=False, key="tfbs")
    assert (table.index.tolist(), table.columns.tolist()) == (["a", "b", "c"], TFS)
    np.testing.assert_array_equal(table.to_numpy(), SCORES)


@pytest.mark.parametrize(
    "stored", [None, "{'tfs': 1}", '["CTCF"]', '{"tfs": 2, "n_regions": {}}', '{"tfs": ["CTCF"], "n_regions": {}}']
)
def test_parameters_that_do_not_name_the_columns_of_arrays_are_refused(backed, stored):
    backed.obsm["score_x"] = SCORES
    if stored is not None:
        backed.uns["score_x"] = stored
    with pytest.raises(ValueError, match=r"uns\['score_x'\] does not name the factors of the 2 columns of obsm"):
        read_cell_scores(backed, None, z=False, key="x")


@pytest.mark.parametrize("there", ["text", {"tfs": TFS}, "[1]", '{"tfs": []}'])
def test_what_somebody_else_wrote_is_not_replaced(there):
    adata = anndata.AnnData(np.zeros((1, 1)), uns={"score_tfbs": there})
    with pytest.raises(ValueError, match=r"uns\['score_tfbs'\] holds something else than parameters of scores"):
        check_score_key([adata], "tfbs")
    check_score_key([adata], "other")
