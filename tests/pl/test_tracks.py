import gzip
import json
import logging
import shutil

import matplotlib.pyplot as plt
import numpy as np
import pytest
from _slots import END, START, make_truth
from matplotlib.figure import Figure

from scmaxatac import Genes, get, pl
from scmaxatac.plotting._runs import column_maxima

from ._overlaps import shown_texts, texts_in_trouble

REGION, LEFT, RIGHT = "chr22:18,712,000-18,730,000", 18_712_000, 18_730_000


def panels(figure):
    return {ax.get_label(): ax for ax in figure.axes}


def heights(ax, positions):
    """Height of what is filled at the positions."""
    out = np.zeros(len(positions))
    for patch in ax.patches:
        x, y = patch.get_xy()[:-1].T
        for left, right, height in zip(x[1::4], x[2::4], y[1::4], strict=True):
            out[(positions >= left) & (positions < right)] = height
    return out


def test_each_group_has_a_panel_for_the_signal_and_each_tf(truth):
    figure = pl.tracks(truth.adata, REGION)
    assert isinstance(figure, Figure)
    expected = [f"{group}: {name}" for group in truth.groups for name in ("signal", "CTCF", "SPI1")]
    assert list(panels(figure)) == expected


def test_drawn_scores_and_signal_are_those_that_get_gives(truth):
    drawn = panels(pl.tracks(truth.adata, REGION))
    positions = np.arange(LEFT, RIGHT)
    for group in truth.groups:
        for name in ("signal", "CTCF", "SPI1"):
            if name == "signal":
                frame = get.signal(truth.adata, group, region=REGION)
            else:
                frame = get.track(truth.adata, name, group, region=REGION)
            expected = np.zeros(len(positions))
            for start, end, value in zip(frame["start"], frame["end"], frame.iloc[:, 3], strict=True):
                expected[(positions >= start) & (positions < end)] = value
            assert np.allclose(heights(drawn[f"{group}: {name}"], positions), expected)


def test_ranges_are_shared_by_all_groups(truth):
    drawn = panels(pl.tracks(truth.adata, REGION))
    for kind in ("signal", "CTCF", "SPI1"):
        assert len({ax.get_ylim() for name, ax in drawn.items() if name.endswith(kind)}) == 1
    assert drawn["B: CTCF"].get_ylim() == drawn["B: SPI1"].get_ylim()
    assert {ax.get_xlim() for ax in drawn.values()} == {(LEFT, RIGHT)}


def test_scores_are_drawn_from_0_to_1_with_the_threshold_of_group_and_tf(truth):
    """However small they are: noise that filled the height would look like binding."""
    for path in (truth.folder / "store" / "scores").glob("*.npz"):
        with np.load(path) as unit:
            arrays = dict(unit)
        small = {name: array * np.float32(0.08) for name, array in arrays.items() if name.startswith("scores_")}
        np.savez(path, **arrays | small)
    figure = pl.tracks(truth.adata, REGION)
    thresholds = get.params(truth.adata)["thresholds"]
    for group in truth.groups:
        for tf in truth.tfs:
            ax = panels(figure)[f"{group}: {tf}"]
            assert ax.get_ylim()[1] == 1
            assert [text.get_text() for text in ax.get_yticklabels()] == ["0", "1"]
            lines = [line.get_ydata()[0] for line in ax.get_lines()]
            assert lines == [0, thresholds[tf][group]]
        assert [line.get_ydata()[0] for line in panels(figure)[f"{group}: signal"].get_lines()] == [0]
    assert any("threshold" in text.get_text() for text in figure.texts)


def test_a_threshold_out_of_reach_is_not_drawn(truth):
    params = get.params(truth.adata)
    params["thresholds"] = {tf: dict.fromkeys(truth.groups, float("inf")) for tf in truth.tfs}
    truth.adata.uns["tfbs"]["params"] = json.dumps(params)
    assert len(panels(pl.tracks(truth.adata, REGION))["B: CTCF"].get_lines()) == 1


def test_forty_groups_whose_names_begin_and_end_alike_are_told_apart(tmp_path):
    groups = [f"hematopoietic multipotent progenitor cell|donor_{i:02d}|adult bone marrow" for i in range(40)]
    truth = make_truth(tmp_path, groups=groups, tfs=["CTCF"])
    truth.adata.uns["tfbs"]["qc"]["warnings"] = ""
    for figure in (pl.tracks(truth.adata, REGION), pl.qc(truth.adata), pl.heatmap(truth.adata).figure):
        assert texts_in_trouble(figure) == []
        drawn = {text.get_text() for text in shown_texts(figure) if text.get_text().startswith("hemato")}
        assert len(drawn) == len(groups)
        for i in range(40):
            assert any(f"{i:02d}" in text.replace("\n", "") for text in drawn)


def test_called_sites_are_marked_below_the_scores(truth):
    drawn = panels(pl.tracks(truth.adata, REGION))
    for group in truth.groups:
        for tf in truth.tfs:
            sites = get.sites(truth.adata, tfs=tf, groups=group)
            middles = (sites["start"] + sites["end"]) / 2
            middles = middles[(sites["end"] > LEFT) & (sites["start"] < RIGHT)]
            (collection,) = drawn[f"{group}: {tf}"].collections
            bars = [path.get_extents() for path in collection.get_paths()]
            assert np.allclose(sorted((bar.x0 + bar.x1) / 2 for bar in bars), sorted(middles))
            assert all(bar.y1 < 0 for bar in bars)
    assert not panels(pl.tracks(truth.adata, REGION, sites=False))["B: CTCF"].collections


def test_groups_and_tfs_come_in_the_order_that_was_asked_for(truth):
    figure = pl.tracks(truth.adata, REGION, groups=["Mono", "B"], tfs="SPI1", signal=False)
    assert list(panels(figure)) == ["Mono: SPI1", "B: SPI1"]


def test_positions_stand_on_the_lowest_panel_in_mb(truth):
    figure = pl.tracks(truth.adata, REGION)
    figure.draw_without_rendering()
    ax = figure.axes[-1]
    assert ax.get_xlabel() == "Position on chr22 (Mb)"
    assert "18.715" in [label.get_text() for label in ax.get_xticklabels()]
    assert any(text.get_text() == "chr22: 18.712\N{EN DASH}18.730 Mb (18 kb)" for text in figure.texts)


@pytest.mark.parametrize(
    ("n_groups", "n_tfs", "region"),
    [
        (1, 1, REGION),
        (3, 2, REGION),
        (3, 2, "chr22:18,712,500-18,712,867"),
        (3, 2, "chr22:10,000,000-18,800,000"),
        (20, 1, REGION),
        (12, 6, REGION),
    ],
)
def test_no_texts_overlap_or_are_clipped(tmp_path, n_groups, n_tfs, region):
    groups = ["CD4/naive T | donor_1", "CD14+ monocytes (classical)", *(f"cluster {i}" for i in range(18))]
    truth = make_truth(tmp_path, groups=groups[:n_groups], tfs=["CTCF", "SPI1", "GATA3", "ELF1", "YY1", "REST"][:n_tfs])
    assert texts_in_trouble(pl.tracks(truth.adata, region)) == []


def test_of_many_tfs_those_with_most_sites_are_drawn(tmp_path, caplog):
    truth = make_truth(tmp_path, groups=["B"], tfs=[f"TF{i}" for i in range(9)])
    caplog.set_level(logging.INFO, "scmaxatac")
    figure = pl.tracks(truth.adata, f"chr22:{START}-{END}", signal=False)
    counts = get.sites(truth.adata)["tf"].value_counts(sort=False)
    drawn = [name.removeprefix("B: ") for name in panels(figure)]
    assert len(drawn) == 6
    assert counts[drawn].min() >= counts.drop(drawn).max()
    assert "6 TFs with most sites" in caplog.text
    with pytest.raises(ValueError, match="7 TFs are too many"):
        pl.tracks(truth.adata, REGION, tfs=[f"TF{i}" for i in range(7)])


def test_panels_are_drawn_in_the_place_of_an_axes(truth):
    figure, axes = plt.subplots(1, 2, figsize=(12, 5))
    assert pl.tracks(truth.adata, REGION, ax=axes[0], groups=["B"]) is None
    assert [ax.get_label() for ax in axes[0].child_axes] == ["B: signal", "B: CTCF", "B: SPI1"]
    figure.draw_without_rendering()
    place = axes[0].get_window_extent()
    for ax in axes[0].child_axes:
        box = ax.get_window_extent()
        assert place.x0 <= box.x0 < box.x1 <= place.x1
        assert place.y0 <= box.y0 < box.y1 <= place.y1
    assert texts_in_trouble(figure) == []


def test_a_figure_has_the_size_that_was_asked_for(truth):
    figure = pl.tracks(truth.adata, REGION, figsize=(7, 4))
    assert figure.get_size_inches().tolist() == pytest.approx([7, 4], abs=0.05)
    assert texts_in_trouble(figure) == []


def test_without_a_store_only_the_signal_is_left_out_with_a_warning(tmp_path):
    truth = make_truth(tmp_path / "run", groups=["B"], tfs=["CTCF"], bigwigs=True)
    shutil.rmtree(next(truth.folder.glob("run-*/insertions")))
    next(truth.folder.glob("*.signal.bw")).unlink()
    with pytest.warns(UserWarning, match="drawing no signal"):
        figure = pl.tracks(truth.adata, REGION)
    assert list(panels(figure)) == ["B: CTCF"]


def test_a_region_that_is_no_region_is_told(truth):
    with pytest.raises(ValueError, match="not understood"):
        pl.tracks(truth.adata, "chr22")
    with pytest.raises(ValueError, match="was not predicted"):
        pl.tracks(truth.adata, "chr7:1-1,000")


def test_genes_are_drawn_below(truth, tmp_path):
    lines = [
        ("exon", 18_713_001, 18_713_200, "+", "GENE1"),
        ("exon", 18_714_001, 18_714_500, "+", "GENE1"),
        ("CDS", 18_714_001, 18_714_400, "+", "GENE1"),
        ("exon", 18_714_101, 18_714_300, "-", "GENE2"),
        ("exon", 18_600_001, 18_601_000, "-", "FAR"),
    ]
    path = tmp_path / "genes.gtf.gz"
    with gzip.open(path, "wt") as handle:
        for kind, start, end, strand, name in lines:
            attributes = f'gene_id "{name}.1"; gene_name "{name}";'
            handle.write(f"chr22\tHAVANA\t{kind}\t{start}\t{end}\t.\t{strand}\t.\t{attributes}\n")
    figure = pl.tracks(truth.adata, REGION, genes=path)
    ax = panels(figure)["genes"]
    assert [text.get_text() for text in ax.texts] == ["GENE1 >", "< GENE2"]
    boxes = [path.get_extents() for path in ax.collections[0].get_paths()]
    assert [(box.x0, box.x1) for box in boxes] == [(18_713_000, 18_713_200), (18_714_000, 18_714_500)]
    assert texts_in_trouble(figure) == []


def test_genes_of_the_runs_annotation_are_drawn_unless_told_otherwise(truth, tmp_path):
    path = tmp_path / "genes.gtf"
    path.write_text('chr22\tx\tgene\t18713001\t18714500\t.\t+\t.\tgene_id "g1"; gene_name "GENE1";\n')
    assert "genes" not in panels(pl.tracks(truth.adata, REGION))
    with pytest.raises(ValueError, match="the run's genome had no annotation"):
        pl.tracks(truth.adata, REGION, genes=True)
    params = get.params(truth.adata)
    params["genome"]["annotation"] = str(path)
    truth.adata.uns["tfbs"]["params"] = json.dumps(params)
    for genes in (None, True, Genes(path)):
        drawn = panels(pl.tracks(truth.adata, REGION, genes=genes))["genes"]
        assert [text.get_text() for text in drawn.texts] == ["GENE1 >"]
    assert "genes" not in panels(pl.tracks(truth.adata, REGION, genes=False))
    path.unlink()
    assert "genes" not in panels(pl.tracks(truth.adata, REGION))
    with pytest.raises(FileNotFoundError, match="annotation of the run's genome is not there any more"):
        pl.tracks(truth.adata, REGION, genes=True)


def test_narrow_peaks_stay_visible_in_wide_regions():
    rng = np.random.default_rng(0)
    edges = np.sort(rng.choice(100_000, 4000, replace=False))
    starts, ends, values = edges[::2], edges[1::2], rng.random(2000)
    limits, n = (1000, 99_000), 70
    dense = np.zeros(100_000)
    for start, end, value in zip(starts, ends, values, strict=True):
        dense[start:end] = value
    left, right, heights = column_maxima(starts, ends, values, limits, n)
    assert np.allclose(heights, dense[slice(*limits)].reshape(n, -1).max(axis=1))
    assert np.array_equal(left[1:], right[:-1])
