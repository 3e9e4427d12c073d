import anndata as ad
import h5py
import numpy as np
import pandas as pd
import pytest

from scmaxatac.io._h5_copy import check_copy, copy_with

TABLE = pd.DataFrame({"chrom": pd.Categorical(["chr1", "chr2"]), "start": [1, 2]}, index=["a", "b"])


@pytest.fixture
def source(tmp_path):
    adata = ad.AnnData(np.eye(2, dtype=np.float32), obs=pd.DataFrame({"x": ["1", "2"]}, index=["a", "b"]))
    adata.uns["tfbs"] = {"old": np.ones(3)}
    adata.write_h5ad(tmp_path / "source.h5ad")
    return tmp_path / "source.h5ad"


def test_entries_are_added_or_replaced_and_all_else_is_as_it_was(source, tmp_path):
    with h5py.File(source, "r+") as file:
        file["uns/odd"] = h5py.Empty("f4")  # which anndata can neither read nor write
        numbers = file.create_dataset("uns/numbers", data=np.arange(1000), compression="gzip")
        numbers.attrs.update({"encoding-type": "array", "encoding-version": "0.2.0"})
    before = source.read_bytes()
    copy_with(source, tmp_path / "copy.h5ad", {"uns/tfbs": {"sites": TABLE}, "obsm/X_tfbs": TABLE})
    assert source.read_bytes() == before
    with h5py.File(tmp_path / "copy.h5ad", "r+") as file:
        assert file["uns/odd"].shape is None
        assert file["uns/numbers"].compression == "gzip"
        del file["uns/odd"]
    back = ad.read_h5ad(tmp_path / "copy.h5ad")
    assert list(back.uns["tfbs"]) == ["sites"]
    pd.testing.assert_frame_equal(back.uns["tfbs"]["sites"], TABLE, check_dtype=False)
    pd.testing.assert_frame_equal(back.obsm["X_tfbs"], TABLE, check_dtype=False)
    np.testing.assert_array_equal(back.X, np.eye(2))


def test_a_file_without_uns_and_obsm_gets_them(source, tmp_path):
    with h5py.File(source, "r+") as file:
        del file["uns"], file["obsm"]
    copy_with(source, tmp_path / "copy.h5ad", {"uns/tfbs": {"params": "{}"}, "obsm/X_tfbs": TABLE})
    back = ad.read_h5ad(tmp_path / "copy.h5ad")
    assert back.uns["tfbs"] == {"params": "{}"}
    assert list(back.obsm["X_tfbs"].columns) == list(TABLE.columns)


@pytest.mark.parametrize("strings", ["string[python]", "string[pyarrow]"])
def test_nullable_strings_are_written_as_plain_ones(source, tmp_path, strings):
    table = TABLE.set_axis(pd.Index(TABLE.index.astype(strings)))
    table["chrom"] = pd.Categorical(pd.array(["chr1", "chr2"], dtype=strings))
    table["tf"] = pd.array(["CTCF", "SPI1"], dtype=strings)
    before = table.copy()
    copy_with(source, tmp_path / "copy.h5ad", {"uns/tfbs": {"sites": table}})
    pd.testing.assert_frame_equal(table, before)
    with h5py.File(tmp_path / "copy.h5ad") as file:
        for name in ("_index", "tf", "chrom/categories"):
            assert file["uns/tfbs/sites"][name].attrs["encoding-type"] == "string-array"
    assert ad.read_h5ad(tmp_path / "copy.h5ad").uns["tfbs"]["sites"]["tf"].tolist() == ["CTCF", "SPI1"]


@pytest.mark.parametrize("strings", ["string[python]", "object"])
def test_names_of_cells_are_stored_as_those_of_obs(tmp_path, strings):
    adata = ad.AnnData(obs=pd.DataFrame(index=pd.Index(["a", "b"], dtype=strings, name="barcode")))
    with ad.settings.override(allow_write_nullable_strings=True):
        adata.write_h5ad(tmp_path / "source.h5ad")
    copy_with(tmp_path / "source.h5ad", tmp_path / "copy.h5ad", {"obsm/X_tfbs": TABLE})
    back = ad.read_h5ad(tmp_path / "copy.h5ad")
    assert (
        back.obs_names.dtype
        == back.obsm["X_tfbs"].index.dtype
        == ad.read_h5ad(tmp_path / "source.h5ad").obs.index.dtype
    )
    assert back.obsm["X_tfbs"].index.tolist() == ["a", "b"]


def test_an_old_format_is_told_before_the_copy(source, tmp_path):
    check_copy(source, tmp_path / "copy.h5ad", ["uns/tfbs", "obsm/X_tfbs", "mod/none/uns/tfbs"])
    with h5py.File(source, "r+") as file:
        del file["obsm"]
        file["obsm"] = np.zeros(2, dtype=[("X_umap", "f4", 2)])
    with pytest.raises(ValueError, match="old format, whose obsm can't be added to"):
        check_copy(source, tmp_path / "copy.h5ad", ["uns/tfbs", "obsm/X_tfbs"])
    assert [path.name for path in tmp_path.iterdir()] == ["source.h5ad"]


def test_a_file_system_that_hdf5_can_not_work_on_is_told_before_the_copy(source, tmp_path, monkeypatch):
    whole = h5py.File

    def file(path, mode="r"):
        if mode == "r+":
            raise BlockingIOError("unable to lock file")
        return whole(path, mode)

    monkeypatch.setattr(h5py, "File", file)
    with pytest.raises(ValueError, match=r"no HDF5 file can be written.*unable to lock file"):
        check_copy(source, tmp_path / "copy.h5ad", ["uns/tfbs"])
    assert [path.name for path in tmp_path.iterdir()] == ["source.h5ad"]
