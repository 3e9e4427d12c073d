import numpy as np
import pandas as pd
import pytest

from scmaxatac import pl
from scmaxatac.evaluate._site_hits import COLUMNS
from scmaxatac.results._entries import write_entry
from scmaxatac.results._entry import MOTIF_HITS

from ._overlaps import texts_in_trouble


def put(adata, groups, motifs, n=80, seed=0):
    rng = np.random.default_rng(seed)
    rows, summary = [], []
    for group in groups:
        for m, motif in enumerate(motifs):
            start = 1_000 * np.arange(n)
            distance = rng.normal(0, 10 + 10 * m, n).astype(int)
            rows.append(pd.DataFrame(dict(zip(COLUMNS, (
                "CTCF", group, motif, "chr22", start + 50 + distance, start + 60 + distance, "+", 9.0, 1e-5, start,
                start + 100, distance), strict=True))))  # fmt: skip
            summary.append(("CTCF", group, motif, 2 * n, n - m, (n - m) / (2 * n), n, 0.5))
    names = ["tf", "group", "motif", "n_sites", "n_with_hit", "share", "n_hits", "n_expected"]
    tables = {"hits": pd.concat(rows, ignore_index=True), "summary": pd.DataFrame(summary, columns=names)}
    write_entry([adata], MOTIF_HITS, "tfbs_motif_hits", tables, {"tfs": ["CTCF"], "groups": groups, "motifs": motifs})
    return tables


def test_a_line_a_group_counts_hits_by_their_distance(truth):
    tables = put(truth.adata, ["B", "Mono"], ["CTCF_1", "FOS::JUN"])
    figure = pl.motif_hits(truth.adata)
    assert [panel.get_label() for panel in figure.axes] == ["CTCF CTCF_1", "CTCF FOS::JUN"]
    panel = figure.axes[0]
    for line, group in zip(panel.lines, ["B", "Mono"], strict=True):
        distance = tables["hits"].query("group == @group and motif == 'CTCF_1'")["distance"].to_numpy()
        for x, y in line.get_xydata():
            assert y == pytest.approx(100 * ((distance >= x - 5) & (distance < x + 5)).sum() / 160)
        assert line.get_label() == group
    assert panel.get_title(loc="left") == "CTCF_1\nin 50% of sites of CTCF"


def test_motifs_of_a_factor_have_one_scale_so_that_a_few_hits_stay_low(truth):
    tables = put(truth.adata, ["B"], ["CTCF_1", "RARE"])
    rare = tables["hits"]["motif"] == "RARE"
    kept = pd.concat([tables["hits"][~rare], tables["hits"][rare].head(2)], ignore_index=True)
    truth.adata.uns["tfbs_motif_hits"]["hits"] = kept
    often, seldom = pl.motif_hits(truth.adata, motifs=["CTCF_1", "RARE"]).axes
    assert often.get_ylim() == seldom.get_ylim()
    assert max(seldom.lines[0].get_ydata()) < 0.2 * seldom.get_ylim()[1]


def test_motifs_in_most_sites_are_drawn_first(truth):
    put(truth.adata, ["B"], [f"M{i}" for i in range(9)])
    assert [panel.get_label() for panel in pl.motif_hits(truth.adata).axes] == [f"CTCF M{i}" for i in range(6)]
    assert len(pl.motif_hits(truth.adata, n_motifs=None).axes) == 9
    assert len(pl.motif_hits(truth.adata, motifs="M8").axes) == 1


@pytest.mark.parametrize(("n_groups", "n_motifs"), [(1, 1), (21, 2)])
def test_colours_of_groups_differ(truth, n_groups, n_motifs):
    put(truth.adata, [f"g{i}" for i in range(n_groups)], [f"m{i}" for i in range(n_motifs)])
    for panel in pl.motif_hits(truth.adata, n_motifs=None).axes:
        assert len({line.get_color() for line in panel.lines}) == n_groups


@pytest.mark.parametrize(("n_groups", "n_motifs"), [(1, 1), (2, 3), (14, 8)])
def test_texts_are_neither_clipped_nor_on_each_other(truth, n_groups, n_motifs):
    groups = [f"a long name of group {i}" for i in range(n_groups)]
    put(truth.adata, groups, [f"a very long name of a motif {i}" for i in range(n_motifs)])
    assert not texts_in_trouble(pl.motif_hits(truth.adata, n_motifs=None))


def test_panels_go_into_given_axes_and_sizes(truth):
    import matplotlib.pyplot as plt

    put(truth.adata, ["B"], ["CTCF_1", "M"])
    _, (_, ax) = plt.subplots(1, 2, figsize=(14, 3))
    assert pl.motif_hits(truth.adata, ax=ax) is None
    assert len(ax.child_axes) == 2
    assert pl.motif_hits(truth.adata, figsize=(6, 3)).get_size_inches().tolist() == pytest.approx([6, 3])


def test_without_hits_there_is_nothing_to_draw(truth):
    tables = put(truth.adata, ["B"], ["M"])
    tables["hits"] = tables["hits"].iloc[:0]
    write_entry(
        [truth.adata], MOTIF_HITS, "tfbs_motif_hits", tables, {"tfs": ["CTCF"], "groups": ["B"], "motifs": ["M"]}
    )
    with pytest.raises(ValueError, match="there is no hit to draw"):
        pl.motif_hits(truth.adata)
