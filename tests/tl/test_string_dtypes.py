"""Text means the same whichever of pandas' types holds it: names of cells and peaks, labels, samples, chromosomes."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from _compare import assert_same_slots
from _mini import REGIONS

import scmaxatac as sma
from scmaxatac.containers._mudata import columns_not_pulled

pytestmark = pytest.mark.usefixtures("analytic")

DTYPES = {
    "default": pd.Series(["a"]).dtype,  # object in pandas 2, str in pandas 3
    "python": "string[python]",
    "pyarrow": "string[pyarrow]",
    "arrow": pd.ArrowDtype(pa.string()),
}


@pytest.fixture
def reference(mini, fragment_file, predict):
    """Results with text in objects."""
    adata = mini.adata(fragment_file)
    predict(adata)
    return adata


@pytest.fixture(params=DTYPES)
def restore(request):
    """Convert text to a type, missing values to that type's."""
    dtype = DTYPES[request.param]

    def convert(values):
        texts = [None if pd.isna(value) else str(value) for value in values]
        return pd.Series(texts, dtype=object).astype(dtype)

    return convert


@pytest.fixture
def adata(mini, fragment_file, restore):
    """The data set with all of its text in that type."""
    adata = mini.adata(fragment_file)
    obs = pd.DataFrame({name: restore(adata.obs[name]) for name in ("leiden", "batch")})
    obs.index, obs.columns = pd.Index(restore(adata.obs_names)), pd.Index(restore(obs.columns))
    adata.obs, adata.var.index = obs, pd.Index(restore(adata.var_names))
    return adata


@pytest.mark.parametrize("categorical", [False, True])
def test_results_are_the_same(adata, reference, predict, tmp_path, categorical):
    if categorical:
        adata.obs["leiden"] = adata.obs["leiden"].astype("category")
    assert adata.obs["leiden"].isna().sum() == 3
    predict(adata, out_dir=tmp_path / "other")
    assert_same_slots(adata.uns["tfbs"], reference.uns["tfbs"], but=("params", "files"))
    np.testing.assert_array_equal(adata.obsm["X_tfbs"].to_numpy(), reference.obsm["X_tfbs"].to_numpy())
    pd.testing.assert_frame_equal(sma.get.sites(adata), sma.get.sites(reference))


def test_results_are_the_same_with_samples_and_barcodes_in_columns(
    adata, reference, predict, fragment_file, restore, tmp_path
):
    adata.obs["barcode"] = restore(adata.obs_names).array
    adata.obs_names = [f"cell{i}" for i in range(len(adata))]
    samples = dict.fromkeys(["s1", "s2"], fragment_file)
    predict(adata, sample_key="batch", barcode_key="barcode", fragments=samples, out_dir=tmp_path / "other")
    assert_same_slots(adata.uns["tfbs"], reference.uns["tfbs"], but=("params", "files"))


def test_results_are_the_same_in_a_mudata(adata, reference, predict, tmp_path):
    import mudata

    with columns_not_pulled():
        mdata = mudata.MuData({"atac": adata})
    mdata.obs["cluster"] = adata.obs["leiden"].reindex(mdata.obs_names)
    predict(mdata, "cluster", out_dir=tmp_path / "other")
    assert_same_slots(mdata["atac"].uns["tfbs"], reference.uns["tfbs"], but=("params", "files"))


def test_regions_may_have_their_chromosomes_in_any_type(adata, reference, predict, restore, tmp_path):
    predict(adata, regions=REGIONS.assign(chrom=restore(REGIONS["chrom"]).array), out_dir=tmp_path / "other")
    assert_same_slots(adata.uns["tfbs"], reference.uns["tfbs"], but=("params", "files"))
