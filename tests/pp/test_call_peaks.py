import logging
import sys
import tempfile

import anndata as ad
import numpy as np
import pandas as pd
import pytest

import scmaxatac as sma
from scmaxatac.genome import Intervals

CHROM = "chr5"
COLUMNS = ["chrom", "start", "end", "group", "score", "signal_value", "p_value", "q_value", "peak"]


@pytest.fixture(scope="module")
def snap():
    """SnapATAC2; its macs3 leaves Python's folder for temporary files pointing to one that is gone."""
    yield pytest.importorskip("snapatac2")
    tempfile.tempdir = None


@pytest.fixture(scope="module")
def options(simulated) -> dict:
    return {"groupby": "cell_type", "genome": simulated.genome, "chroms": CHROM, "min_fragments": 1000}


@pytest.fixture(scope="module")
def called(snap, simulated, options) -> ad.AnnData:
    return sma.pp.call_peaks(simulated.adata, **options, copy=True)


@pytest.fixture(scope="module")
def on_one_chromosome(simulated) -> ad.AnnData:
    """Cells with a cluster and their fragments on one chromosome, as SnapATAC2 holds them."""
    whole = simulated.snapatac2
    reference = whole.uns["reference_sequences"]
    ends = np.cumsum(reference["reference_seq_length"].to_numpy())
    (i,) = np.flatnonzero(reference["reference_seq_name"] == CHROM)
    cells = whole.obs["cell_type"].notna().to_numpy()
    fragments = whole.obsm["fragment_paired"][cells][:, ends[i] - simulated.genome.sizes[CHROM] : ends[i]]
    adata = ad.AnnData(obs=whole.obs[cells].copy())
    adata.obsm["fragment_paired"] = fragments
    adata.uns["reference_sequences"] = reference.iloc[[i]].astype({"reference_seq_length": np.uint64})
    return adata


def test_peaks_are_those_of_snapatac2(called, on_one_chromosome, snap, simulated, tmp_path):
    blacklist = tmp_path / "blacklist.bed"
    simulated.genome.blacklist.frame().to_csv(blacklist, sep="\t", header=False, index=False)
    expected = snap.tl.macs3(on_one_chromosome, groupby="cell_type", inplace=False, n_jobs=1, blacklist=blacklist)
    peaks = called.uns["macs3"]
    assert peaks.columns.tolist() == COLUMNS
    assert set(peaks["group"]) == set(expected) == {"B", "CD4/T", "Mono"}
    for group, rows in peaks.groupby("group", observed=True):
        theirs = expected[group].to_pandas().sort_values(["start", "peak"], ignore_index=True)
        for column in ("start", "end", "peak", "signal_value", "q_value"):
            np.testing.assert_array_equal(rows[column], theirs[column])
    assert simulated.genome.blacklist.overlaps(CHROM, peaks["start"].to_numpy(), peaks["end"].to_numpy()).sum() == 0


def test_most_simulated_peaks_are_found(called, simulated):
    truth = simulated.peaks[(simulated.peaks["chrom"] == CHROM) & simulated.peaks["CD4/T"]]
    peaks = called.uns["macs3"]
    found = Intervals.from_frame(peaks[peaks["group"] == "CD4/T"].astype({"chrom": str}))
    assert found.overlaps(CHROM, truth["start"].to_numpy(), truth["end"].to_numpy()).mean() > 0.7


def test_other_sources_give_the_same_peaks(called, simulated, options):
    mdata = simulated.mdata.copy()
    halves = [simulated.adata[i::2].copy() for i in range(2)]
    snapatac2 = simulated.snapatac2.copy()
    for data, holders in ((mdata, [mdata["atac"]]), (halves, halves), (snapatac2, [snapatac2])):
        assert sma.pp.call_peaks(data, **options) is None
        for adata in holders:
            pd.testing.assert_frame_equal(adata.uns["macs3"], called.uns["macs3"])


def test_backed_objects_of_snapatac2_hold_the_peaks_too(called, snap, simulated, options, tmp_path):
    backed = snap.pp.import_fragments(
        simulated.fragments,
        chrom_sizes=simulated.genome.sizes,
        file=tmp_path / "x.h5ad",
        sorted_by_barcode=False,
        min_num_fragments=0,
    )
    labels = simulated.adata.obs["cell_type"].astype(object).reindex(backed.obs_names)
    backed.obs["cell_type"] = ["" if pd.isna(label) else label for label in labels]
    with pytest.warns(UserWarning, match="group '' is skipped: .* fragments"):
        sma.pp.call_peaks(backed, **{**options, "min_fragments": 10_000})
    frame = backed.uns["macs3"].to_pandas()
    expected = called.uns["macs3"].astype({"chrom": object, "group": object})
    pd.testing.assert_frame_equal(frame, expected, check_dtype=False)
    backed.close()


def test_copy_leaves_the_object_as_it_is(called, simulated):
    assert "macs3" not in simulated.adata.uns
    assert "macs3" in called.uns


def test_the_table_survives_h5ad(called, tmp_path):
    called.write_h5ad(tmp_path / "a.h5ad")
    back = ad.read_h5ad(tmp_path / "a.h5ad").uns["macs3"]
    pd.testing.assert_frame_equal(back, called.uns["macs3"], check_dtype=False)


def test_predictions_take_them_as_their_regions(called, simulated):
    from scmaxatac.predict._regions import resolve_regions

    bare = ad.AnnData(obs=called.obs, uns={"macs3": called.uns["macs3"]})
    regions = resolve_regions([bare], "auto", simulated.genome, [CHROM])
    expected = called.uns["macs3"][["start", "end"]].drop_duplicates().sort_values(["start", "end"], ignore_index=True)
    pd.testing.assert_frame_equal(regions[["start", "end"]], expected)


def test_python_and_its_logging_are_left_as_they_were(snap, simulated, options):
    root = logging.getLogger()
    before = root.level, tempfile.gettempdir()
    sma.pp.call_peaks(simulated.adata.copy(), **options)
    assert (root.level, tempfile.gettempdir()) == before


def test_groups_that_are_too_small_are_skipped(snap, simulated, options):
    with pytest.warns(UserWarning, match=r"group 'Mono' is skipped: 159 cells, min_cells is 170"):
        adata = sma.pp.call_peaks(simulated.adata, **options, min_cells=170, copy=True)
    assert adata.uns["macs3"]["group"].cat.categories.tolist() == ["B", "CD4/T"]
    with (
        pytest.raises(ValueError, match=r"no group is large enough to call peaks \('B': .*min_fragments is 9,000,000"),
        pytest.warns(UserWarning, match="skipped"),
    ):
        sma.pp.call_peaks(simulated.adata, **{**options, "min_fragments": 9_000_000})


def test_an_object_that_can_not_hold_peaks_is_refused_before_fragments_are_read(snap, simulated, options, tmp_path):
    simulated.adata.copy().write_h5ad(tmp_path / "x.h5ad")
    view = ad.read_h5ad(tmp_path / "x.h5ad", backed="r")[:50]
    with pytest.raises(ValueError, match="is a view of an AnnData that lies on disk"):
        sma.pp.call_peaks(view, **options, fragments="never read")


@pytest.mark.parametrize(
    "there",
    ["text", {"params": "{}", "sites": pd.DataFrame(columns=COLUMNS)}, pd.DataFrame({"a": [1]})],
    ids=["text", "tables and text", "another table"],
)
def test_what_somebody_else_wrote_is_not_replaced(snap, simulated, options, there):
    adata = simulated.adata.copy()
    adata.uns["mine"] = there
    with pytest.raises(ValueError, match=r"uns\['mine'\] holds something else than peaks; choose another key_added"):
        sma.pp.call_peaks(adata, **options, key_added="mine", fragments="never read")
    assert adata.uns["mine"] is there


@pytest.mark.parametrize("form", ["a table", "a table for each group", "nothing"])
def test_earlier_peaks_may_be_replaced(snap, simulated, options, form):
    peaks = pd.DataFrame(columns=COLUMNS)
    there = {"a table": peaks, "a table for each group": {"B": peaks.drop(columns="group")}, "nothing": {}}[form]
    adata = simulated.adata.copy()
    adata.uns["macs3"] = there
    with pytest.raises(FileNotFoundError, match="nowhere"):
        sma.pp.call_peaks(adata, **options, fragments="nowhere")


def test_without_snapatac2_the_error_says_how_to_install_it(simulated, options, monkeypatch):
    monkeypatch.setitem(sys.modules, "snapatac2", None)
    with pytest.raises(ImportError, match=r"pip install 'scmaxatac\[snapatac2\]'.*regions="):
        sma.pp.call_peaks(simulated.adata, **options)
