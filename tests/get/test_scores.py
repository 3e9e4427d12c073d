import numpy as np
import pandas as pd
import pytest

from scmaxatac import get
from scmaxatac.predict._run import Run


def test_scores_have_a_layer_for_each_tf(truth):
    scores = get.scores(truth.adata)
    slots = truth.adata.uns["tfbs"]
    assert scores.shape == slots["scores"].shape[:2]
    assert list(filter(None, scores.layers)) == ["CTCF", "SPI1"]
    for t, tf in enumerate(filter(None, scores.layers)):
        assert np.array_equal(scores.layers[tf], slots["scores"][:, :, t])
        assert scores.layers[tf].dtype == np.float32


def test_scores_know_their_regions_and_groups(truth):
    scores = get.scores(truth.adata)
    regions = truth.adata.uns["tfbs"]["regions"]
    assert scores.var[["chrom", "start", "end"]].to_numpy().tolist() == regions.to_numpy().tolist()
    assert scores.var_names[0] == f"chr22:{regions['start'][0]}-{regions['end'][0]}"
    assert scores.obs_names.tolist() == truth.groups
    assert scores.obs["n_cells"].tolist() == [30, 30, 30]


def test_only_the_layers_that_were_asked_for_are_read(truth):
    assert list(filter(None, get.scores(truth.adata, tfs="SPI1").layers)) == ["SPI1"]


@pytest.mark.parametrize("moved", [False, True])
def test_scores_on_disk_are_read_from_zarr(truth, moved):
    zarr = pytest.importorskip("zarr")
    slots = truth.adata.uns["tfbs"]
    expected = get.scores(truth.adata)
    run = Run.open(truth.folder)
    array = zarr.create_array(str(run.folder / "scores.zarr"), data=slots.pop("scores"))
    slots["files"].loc[len(slots["files"])] = ["", "", "scores", f"{run.folder.name}/scores.zarr", ""]
    run.finish()
    if moved:
        truth.folder.rename(truth.folder.with_name("elsewhere"))
        with pytest.raises(FileNotFoundError, match="not there any more"):
            get.scores(truth.adata)
    else:
        for tf in truth.tfs:
            assert np.array_equal(get.scores(truth.adata).layers[tf], expected.layers[tf])
        assert array.shape == (*expected.shape, 2)


def test_a_genome_without_regions_has_no_scores(truth):
    del truth.adata.uns["tfbs"]["regions"], truth.adata.uns["tfbs"]["scores"]
    with pytest.raises(KeyError, match=r"no region scores.*get\.track"):
        get.scores(truth.adata)


def test_scores_can_be_written(truth, tmp_path):
    import anndata

    get.scores(truth.adata).write_h5ad(tmp_path / "scores.h5ad")
    pd.testing.assert_index_equal(
        anndata.read_h5ad(tmp_path / "scores.h5ad").obs_names, get.scores(truth.adata).obs_names, check_names=False
    )
