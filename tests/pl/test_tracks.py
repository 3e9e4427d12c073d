import gzip
import json
import logging
import shutil

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from _slots import END, START, make_truth
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle

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
        if not isinstance(patch, Polygon):
            continue
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
    assert any(text.get_text() == "chr22:18,712,000-18,730,000 (18 kb)" for text in figure.texts)


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


def test_a_region_in_which_nothing_was_predicted_is_told_with_where_predictions_lie(truth):
    regions = truth.adata.uns["tfbs"]["regions"]
    first, last = regions.iloc[0], regions.iloc[-1]
    nearest = f"{last['chrom']}:{last['start']:,}-{last['end']:,}"
    far = f"chr22:{last['end'] + 50_000}-{last['end'] + 60_000}"
    with pytest.warns(
        UserWarning, match=f"^nothing was predicted in chr22:.* the nearest region that was is {nearest}$"
    ):
        pl.tracks(truth.adata, far, groups="B", tfs="CTCF")
    with pytest.warns(UserWarning, match=f"nearest region that was is chr22:{first['start']:,}-"):
        pl.tracks(truth.adata, f"chr22:{first['start'] - 60_000}-{first['start'] - 50_000}", groups="B", tfs="CTCF")
    pl.tracks(truth.adata, f"chr22:{last['end'] - 100}-{last['end'] + 60_000}", groups="B", tfs="CTCF")  # in part


def test_a_region_that_is_no_region_is_told(truth):
    with pytest.raises(ValueError, match="'chr22' is a chromosome; for all of it give 'chr22:0-"):
        pl.tracks(truth.adata, "chr22")
    with pytest.raises(ValueError, match="not understood"):
        pl.tracks(truth.adata, "22")
    assert pl.tracks(truth.adata, "chr22:18.712M-900M", groups="B").axes[0].get_xlim()[1] < 10**8
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


@pytest.mark.parametrize("n_groups", [15, 30])
def test_the_legend_of_many_groups_over_each_other_has_as_many_rows_as_it_needs(tmp_path, n_groups):
    groups = [f"CD{i} memory T cells | donor_{i % 3}" for i in range(n_groups)]
    truth = make_truth(tmp_path, groups=groups, tfs=["CTCF"])
    for options in ({}, {"figsize": (7, 6)}):
        figure = pl.tracks(truth.adata, REGION, layout="overlay", **options)
        assert texts_in_trouble(figure) == []
        entries = [text.get_text() for text in figure.texts if text.get_text().startswith("\N{BLACK SQUARE}")]
        assert entries == [f"\N{BLACK SQUARE} {group}" for group in groups]
        legend = [text.get_window_extent() for text in figure.texts if text.get_text() in entries]
        assert min(box.y0 for box in legend) > max(ax.get_window_extent().y1 for ax in figure.axes)


def test_factors_stand_together_or_groups_over_each_other(truth):
    by_tf = pl.tracks(truth.adata, REGION, layout="tfs")
    assert list(panels(by_tf)) == [f"{group}: {name}" for name in ("signal", "CTCF", "SPI1") for group in truth.groups]
    overlaid = pl.tracks(truth.adata, REGION, layout="overlay")
    assert list(panels(overlaid)) == [f"{', '.join(truth.groups)}: {name}" for name in ("signal", "CTCF", "SPI1")]
    assert texts_in_trouble(by_tf) == []
    assert texts_in_trouble(overlaid) == []
    with pytest.raises(ValueError, match=r"layout is 'cells'; it can be 'groups', 'tfs', 'overlay'"):
        pl.tracks(truth.adata, REGION, layout="cells")


def test_lines_of_groups_over_each_other_have_the_heights_that_get_gives(truth):
    (panel,) = (ax for ax in pl.tracks(truth.adata, REGION, layout="overlay", tfs="CTCF", signal=False).axes)
    lines = [line for line in panel.get_lines() if len(line.get_xdata()) > 2]
    assert len({line.get_color() for line in lines}) == len(lines) == len(truth.groups)
    for group, line in zip(truth.groups, lines, strict=True):
        track = get.track(truth.adata, "CTCF", group, region=REGION)
        track = track[track["score"] > 0]
        x, y = line.get_xdata(), line.get_ydata()
        for start, end, score in zip(track["start"], track["end"], track["score"], strict=True):
            assert np.any((y == score) & (x == start)), (start, score)
            assert np.any((y == score) & (x == end))
        levels = y[np.isfinite(y) & (y > 0)]
        assert set(levels) == set(track["score"].to_numpy().astype(float))


def test_the_signal_has_the_colours_of_the_groups(truth):
    column = get.params(truth.adata)["groupby"]
    truth.adata.obs[column] = truth.adata.obs[column].astype("category")
    names = [str(name) for name in truth.adata.obs[column].cat.categories]
    colours = dict(zip(names, ["#123456", "#654321", "#abcdef", "#fedcba"], strict=False))
    truth.adata.uns[f"{column}_colors"] = list(colours.values())
    drawn = panels(pl.tracks(truth.adata, REGION))
    for group in truth.groups:
        (area,) = (patch for patch in drawn[f"{group}: signal"].patches if isinstance(patch, Polygon))
        assert to_hex(area.get_facecolor()) == colours[group]


def tf_colours(figure):
    """Colour of what is filled in the panels of each factor."""
    areas = [(ax.get_label().split(": ")[1], patch) for ax in figure.axes for patch in ax.patches
             if isinstance(patch, Polygon)]  # fmt: skip
    return {name: to_hex(patch.get_facecolor()) for name, patch in areas if name != "signal"}


def test_a_factor_has_one_colour_in_all_figures_of_a_run(tmp_path):
    truth = make_truth(tmp_path, groups=["B"], tfs=[f"TF{i}" for i in range(9)])
    draw = {name: tf_colours(pl.tracks(truth.adata, REGION, tfs=name))[name] for name in truth.tfs}
    together = tf_colours(pl.tracks(truth.adata, REGION, tfs=["TF4", "TF1", "TF2"]))
    assert together == {name: draw[name] for name in ("TF4", "TF1", "TF2")}
    assert len(set(together.values())) == 3
    shared = next(name for name in truth.tfs[1:] if draw[name] == draw["TF0"])
    clashing = tf_colours(pl.tracks(truth.adata, REGION, tfs=[shared, "TF0", "TF2"]))
    assert (clashing["TF0"], clashing["TF2"]) == (draw["TF0"], draw["TF2"])
    assert len(set(clashing.values())) == 3


def test_a_gene_stands_before_its_region_in_the_title(truth, tmp_path):
    path = tmp_path / "genes.gtf"
    path.write_text('chr22\tx\tgene\t18713001\t18714500\t.\t+\t.\tgene_id "g1"; gene_name "GENE1";\n')
    figure = pl.tracks(truth.adata, "GENE1", genes=path, flank=200, groups="B", tfs="CTCF")
    assert "GENE1, chr22:18,712,800-18,714,700 (1.9 kb)" in [text.get_text() for text in figure.texts]
    assert texts_in_trouble(figure) == []


def test_a_part_of_the_cells_is_told(truth):
    part = truth.adata[truth.adata.obs["leiden"] == "B"].copy()
    with pytest.warns(
        UserWarning, match="no longer fits the object: group 'CD4/naive T . donor_1' had 30 cells and now"
    ):
        pl.tracks(part, REGION)


def test_a_gene_or_a_row_is_shown_with_its_surroundings(truth, tmp_path):
    path = tmp_path / "genes.gtf"
    path.write_text('chr22\tx\tgene\t18713001\t18714500\t.\t+\t.\tgene_id "g1"; gene_name "GENE1";\n')
    ax = panels(pl.tracks(truth.adata, "GENE1", genes=path, flank=200, groups="B", tfs="CTCF"))["B: CTCF"]
    assert ax.get_xlim() == (18_712_800, 18_714_700)
    site = get.sites(truth.adata).iloc[0]
    for row in (site, site.to_dict(), next(get.sites(truth.adata).itertuples())):
        ax = pl.tracks(truth.adata, row, flank=100, groups="B", tfs="CTCF", genes=False).axes[0]
        assert ax.get_xlim() == (site["start"] - 100, site["end"] + 100)
    with pytest.raises(KeyError, match="GENE2"):
        pl.tracks(truth.adata, "GENE2", genes=path)
    with pytest.raises(ValueError, match=r"'GENE1' is not understood.*For genes give genes="):
        pl.tracks(truth.adata, "GENE1")
    with pytest.raises(ValueError, match=r"region is a table of .* rows; give one of them"):
        pl.tracks(truth.adata, get.sites(truth.adata))
    with pytest.raises(ValueError, match="region is a int"):
        pl.tracks(truth.adata, 5)


def test_positions_can_be_written_in_thousands_and_millions(truth):
    ax = pl.tracks(truth.adata, "chr22:18.712M-18.73M", groups="B", tfs="CTCF").axes[0]
    assert ax.get_xlim() == (LEFT, RIGHT)


def test_what_was_not_predicted_is_hatched(truth):
    params = get.params(truth.adata)
    regions = pd.DataFrame({"chrom": ["chr22"], "start": [18_716_000], "end": [18_717_000]})
    truth.adata.uns["tfbs"]["regions"] = regions
    drawn = panels(pl.tracks(truth.adata, REGION))
    first = (18_716_000 - params["window"]) // params["step"] + 1
    last = 18_716_999 // params["step"]
    expected = [(LEFT, first * params["step"]), (last * params["step"] + params["window"], RIGHT)]
    for group in truth.groups:
        hatched = [patch for patch in drawn[f"{group}: CTCF"].patches if patch.get_hatch()]
        assert [(patch.get_x(), patch.get_x() + patch.get_width()) for patch in hatched] == expected
        assert not [patch for patch in drawn[f"{group}: signal"].patches if patch.get_hatch()]


def test_intervals_of_the_users_are_rows_below(truth, tmp_path):
    bed = tmp_path / "chip.bed"
    bed.write_text("chr22\t18713000\t18714000\nchr22\t18729500\t18731000\nchr7\t1\t100\n")
    peaks = pd.DataFrame({"chrom": ["chr22"], "start": [18_720_000], "end": [18_721_000]})
    figure = pl.tracks(truth.adata, REGION, intervals={"peaks": peaks, "ChIP-seq of CTCF": bed}, genes=False)
    assert list(panels(figure))[-2:] == ["peaks", "ChIP-seq of CTCF"]
    boxes = [path.get_extents() for path in panels(figure)["ChIP-seq of CTCF"].collections[0].get_paths()]
    assert [(box.x0, box.x1) for box in boxes] == [(18_713_000, 18_714_000), (18_729_500, RIGHT)]
    assert texts_in_trouble(figure) == []
    with pytest.raises(ValueError, match="intervals is a DataFrame; give a name to each row"):
        pl.tracks(truth.adata, REGION, intervals=peaks)
    with pytest.raises(ValueError, match=r"intervals 'peaks'.*end"):
        pl.tracks(truth.adata, REGION, intervals={"peaks": peaks.assign(end=5)})


def test_highlights_are_shaded_in_every_panel(truth):
    figure = pl.tracks(truth.adata, REGION, highlight="chr22:18,715,000-18,716,000", groups="B")
    for panel in figure.axes:
        assert (18_715_000, 1_000) in [
            (patch.get_x(), patch.get_width()) for patch in panel.patches if isinstance(patch, Rectangle)
        ]
    one = pl.tracks(truth.adata, REGION, highlight="chr22:18,715,000-18,715,001", groups="B").axes[0].patches
    assert any(patch.get_width() == 1 and patch.get_linewidth() > 1 for patch in one if isinstance(patch, Rectangle))


def test_genes_that_do_not_fit_are_counted_and_coding_ones_come_first(truth, tmp_path):
    lines = [
        f'chr22\tx\tgene\t{18_713_001 + i}\t18728500\t.\t+\t.\tgene_id "g{i}"; gene_name "N{i}"; gene_type "lncRNA";'
        for i in range(8)
    ]
    coding = 'chr22\tx\tgene\t18720001\t18721000\t.\t+\t.\tgene_id "c"; gene_name "CODING"; gene_type "protein_coding";'
    path = tmp_path / "genes.gtf"
    path.write_text("\n".join([*lines, coding]) + "\n")
    names = [text.get_text() for text in panels(pl.tracks(truth.adata, REGION, genes=path))["genes"].texts]
    assert names[0] == "+3"
    assert names[1:] == ["CODING >", *(f"N{i} >" for i in range(5))]


def variants_drawn(figure):
    (panel,) = [ax for ax in figure.axes if ax.get_label() == "variants"]
    (lines,) = panel.collections
    return [line[0][0] for line in lines.get_segments()], [text.get_text() for text in panel.texts[1:]]


def test_variants_are_marks_at_their_positions_and_named_where_there_is_room(truth, tmp_path):
    rows = [("chr22", 18_701_001, "rs1", "A", "G"), ("chr22", 18_701_051, ".", "AC", "A"),
            ("chr22", 18_705_001, ".", "C", "T"), ("chr21", 18_705_001, ".", "C", "T")]  # fmt: skip
    table = pd.DataFrame(rows, columns=["chrom", "pos", "id", "ref", "alt"])
    path = tmp_path / "variants.vcf"
    lines = ["\t".join((chrom, str(pos), *rest, ".", "PASS", ".")) for chrom, pos, *rest in rows]
    head = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"
    path.write_text("\n".join(["##fileformat=VCFv4.2", head, *sorted(lines), ""]))
    twice = pd.concat([table.assign(tf="CTCF"), table.assign(tf="SPI1")])
    for variants in (table, twice, path):
        chip = {"ChIP-seq": ["chr22:18,703,000-18,704,000"]}
        figure = pl.tracks(truth.adata, "chr22:18,700,000-18,710,000", variants=variants, intervals=chip)
        places, names = variants_drawn(figure)
        assert places == [18_701_000.5, 18_701_050.5, 18_705_000.5]
        assert names == ["AC>A", "C>T"]  # the first has no room before the second
        assert texts_in_trouble(figure) == []


def test_variants_that_are_none_or_on_chromosomes_of_other_names_are_told(truth):
    table = pd.DataFrame({"chrom": ["22"], "pos": [18_701_001], "ref": ["A"], "alt": ["G"]})
    with pytest.raises(ValueError, match="variants: '22' there is 'chr22' in the region that is shown"):
        pl.tracks(truth.adata, REGION, variants=table)
    with pytest.raises(ValueError, match="has no column 'pos'"):
        pl.tracks(truth.adata, REGION, variants=table.drop(columns="pos"))
    with pytest.raises(FileNotFoundError, match="VCF"):
        pl.tracks(truth.adata, REGION, variants="nowhere.vcf")
    assert variants_drawn(pl.tracks(truth.adata, REGION, variants=table.assign(chrom="chr21"))) == ([], [])
