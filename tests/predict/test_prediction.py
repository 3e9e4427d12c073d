"""Region scores that are too large for the object."""

import numpy as np
import pytest
from _mini import GROUPS, REGIONS

import scmaxatac as sma
from scmaxatac import settings


@pytest.fixture
def scores(analytic, predict, mini, fragment_file, monkeypatch, tmp_path):
    """Region scores as an AnnData: those kept in the object, and those kept on disk."""
    found = []
    for limit in (200.0, 0.0):
        monkeypatch.setattr(settings, "max_scores_mb", limit)
        adata = mini.adata(fragment_file)
        predict(adata, out_dir=tmp_path / f"limit_{limit:g}")
        found.append(adata)
    return found


def test_scores_on_disk_equal_those_in_the_object(scores):
    pytest.importorskip("zarr")
    in_object, on_disk = map(sma.get.scores, scores)
    assert list(filter(None, in_object.layers)) == list(filter(None, on_disk.layers)) == ["AAA", "BBB"]
    for tf in in_object.layers:
        np.testing.assert_array_equal(np.asarray(on_disk.layers[tf]), in_object.layers[tf])
    assert in_object.var.equals(on_disk.var)
    assert in_object.obs_names.equals(on_disk.obs_names)


@pytest.mark.parametrize(("bytes_more", "in_object"), [(0, True), (-1, False)])
def test_scores_of_exactly_the_limit_stay_in_the_object(
    analytic, predict, mini, fragment_file, monkeypatch, bytes_more, in_object
):
    """Groups x regions x factors of 4 bytes each."""
    monkeypatch.setattr(settings, "max_scores_mb", (len(GROUPS) * len(REGIONS) * 2 * 4 + bytes_more) / 1e6)
    adata = mini.adata(fragment_file)
    predict(adata)
    assert ("scores" in adata.uns["tfbs"]) is in_object
    assert len(sma.get.scores(adata).layers["AAA"]) == len(GROUPS)


def test_scores_on_disk_are_listed_among_the_files_and_not_in_the_object(scores):
    pytest.importorskip("zarr")
    in_object, on_disk = scores
    assert "scores" in in_object.uns["tfbs"]
    assert "scores" not in on_disk.uns["tfbs"]
    files = on_disk.uns["tfbs"]["files"]
    (path,) = files.loc[files["kind"] == "scores", "path"]
    assert "scores" not in set(in_object.uns["tfbs"]["files"]["kind"])
    import zarr

    array = zarr.open_array(f"{sma.get.params(on_disk)['out_dir']}/{path}", mode="r")
    np.testing.assert_array_equal(array[:], in_object.uns["tfbs"]["scores"])


def test_scores_on_disk_survive_writing_and_reading_the_object(scores, tmp_path):
    pytest.importorskip("zarr")
    import anndata as ad

    in_object, on_disk = scores
    on_disk.write_h5ad(tmp_path / "data.h5ad")
    again = sma.get.scores(ad.read_h5ad(tmp_path / "data.h5ad"))
    np.testing.assert_array_equal(np.asarray(again.layers["AAA"]), sma.get.scores(in_object).layers["AAA"])


@pytest.mark.parametrize("damage", ["lost", "cut", "all lost"])
def test_damaged_scores_on_disk_are_told_and_made_again(
    analytic, predict, mini, fragment_file, monkeypatch, tmp_path, damage
):
    """zarr itself reads zeros where a chunk is missing."""
    pytest.importorskip("zarr")
    monkeypatch.setattr(settings, "max_scores_mb", 0.0)
    adata = mini.adata(fragment_file)
    predict(adata)
    before = np.asarray(sma.get.scores(adata).layers["AAA"])
    chunks = [path for path in (tmp_path / "run").glob("run-*/scores.zarr/c/**/*") if path.is_file()]
    for path in chunks if damage == "all lost" else chunks[:1]:
        path.write_bytes(path.read_bytes()[:-1]) if damage == "cut" else path.unlink()
    with pytest.raises(FileNotFoundError, match=r"not there any more as they were written.*predict_tfbs again"):
        sma.get.scores(adata)
    predict(adata)
    np.testing.assert_array_equal(np.asarray(sma.get.scores(adata).layers["AAA"]), before)
