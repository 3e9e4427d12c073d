"""Every slot of any prediction is the same after it was written to a file and read back."""

import tempfile
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from _compare import assert_same_slots
from _mini import SIZES
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import scmaxatac as sma
from scmaxatac.containers._mudata import columns_not_pulled

pytestmark = pytest.mark.usefixtures("analytic")

CHROMS = [chrom for chrom, size in SIZES.items() if size > 1024]
NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12)


@st.composite
def intervals(draw):
    chrom = draw(st.sampled_from(CHROMS))
    start = draw(st.integers(0, SIZES[chrom] - 600))
    return chrom, start, start + draw(st.integers(1, 600))


@st.composite
def predictions(draw):
    """Names of the groups, the group of each cell (-1 for none), and the options of the call."""
    names = draw(st.lists(NAMES.filter(str.strip), min_size=1, max_size=4, unique=True))
    cells = draw(st.lists(st.integers(-1, len(names) - 1), min_size=45, max_size=45).filter(lambda c: max(c) >= 0))
    regions = [("chr1", 2_000, 2_400), *draw(st.lists(intervals(), max_size=8, unique=True))]
    threshold = draw(st.one_of(st.floats(0.05, 1), st.sampled_from(["f1", "matched"])))
    key = draw(NAMES.filter(lambda name: name.strip(" .") and not set(name) & set("/\\")))
    return names, cells, pd.DataFrame(regions, columns=["chrom", "start", "end"]), threshold, key


def write_and_read(adata, folder, container):
    if container == "zarr":
        adata.write_zarr(folder / "a.zarr")
        return ad.read_zarr(folder / "a.zarr")
    if container == "h5ad":
        adata.write_h5ad(folder / "a.h5ad")
        return ad.read_h5ad(folder / "a.h5ad")
    mudata = pytest.importorskip("mudata")
    with columns_not_pulled():
        mudata.write_h5mu(folder / "a.h5mu", mudata.MuData({"atac": adata}))
        return mudata.read_h5mu(folder / "a.h5mu")["atac"]


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("container", ["h5ad", "h5mu", "zarr"])
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(prediction=predictions())
def test_every_slot_survives(predict, mini, fragment_file, container, prediction):
    names, cells, regions, threshold, key = prediction
    adata = mini.adata(fragment_file)
    adata.obs["leiden"] = pd.Categorical.from_codes(cells, categories=names)
    with tempfile.TemporaryDirectory() as folder:
        predict(
            adata, regions=regions, threshold=threshold, key_added=key, min_cells=1, min_fragments=1,
            out_dir=Path(folder) / "run",
        )  # fmt: skip
        back = write_and_read(adata, Path(folder), container)
        assert_same_slots(back.uns[key], adata.uns[key], but=())
        pd.testing.assert_frame_equal(back.obsm[f"X_{key}"], adata.obsm[f"X_{key}"])
        for group in adata.uns[key]["activity"].index:
            pd.testing.assert_frame_equal(
                sma.get.sites(back, groups=group, key=key), sma.get.sites(adata, groups=group, key=key)
            )
        for tf in ("AAA", "BBB"):
            np.testing.assert_array_equal(
                sma.get.scores(back, key=key).layers[tf], sma.get.scores(adata, key=key).layers[tf]
            )
