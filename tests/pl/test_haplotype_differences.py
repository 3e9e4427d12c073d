import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes

from scmaxatac import pl, tl

from ._haplotypes import make_haplotypes
from ._overlaps import texts_in_trouble

PAIR = {"target": "donor1", "reference": "donor2"}


def make_table(n_tfs, groups=("B",)):
    haplotypes = make_haplotypes([f"ZNF{i}" for i in range(n_tfs)], 300, 5, groups=groups)
    return tl.compare_haplotypes(haplotypes, **PAIR)


def panels(figure):
    return {ax.get_label(): ax for ax in figure.findobj(Axes)}


def test_bars_are_the_numbers_of_the_table_in_the_order_of_the_ranks():
    table = make_table(8, ("B", "Mono"))
    figure = pl.haplotype_differences(table.sample(frac=1, random_state=0), n_tfs=5)
    for group in ("B", "Mono"):
        rows = table[table["group"] == group].sort_values("rank").head(5)
        sites, effect = panels(figure)[f"{group}: sites"], panels(figure)[f"{group}: effect"]
        assert [text.get_text() for text in sites.get_yticklabels()] == rows["tf"].tolist()
        gained, lost = ([bar.get_width() for bar in bars] for bars in sites.containers)
        assert gained == rows["gained"].tolist()
        assert lost == (-rows["lost"]).tolist()
        np.testing.assert_allclose([bar.get_width() for bar in effect.patches], rows["effect"])
    written = [text.get_text() for text in figure.texts]
    shared = table[table["rank"] <= 5].sort_values(["group", "rank"])["shared"].astype(str).tolist()
    assert [text for text in written if text.isdecimal()] == shared
    assert written.count("5 of 8 factors") == 2


def test_factors_and_groups_without_sites_are_left_out():
    table = make_table(4, ("B", "Mono"))
    table.loc[table["group"] == "Mono", ["gained", "lost", "shared"]] = 0
    table.loc[table["tf"] == "ZNF2", ["gained", "lost", "shared"]] = 0
    figure = pl.haplotype_differences(table)
    assert {name for name in panels(figure) if name} == {"B: sites", "B: effect"}
    assert len(panels(figure)["B: sites"].get_yticklabels()) == 3
    with pytest.raises(ValueError, match="none of the 8 factors has sites"):
        pl.haplotype_differences(table.assign(gained=0, lost=0, shared=0))


def test_another_table_is_told():
    with pytest.raises(ValueError, match=r"lacks the column 'gained', 'rank'; give what tl\.compare_haplotypes"):
        pl.haplotype_differences(make_table(2).drop(columns=["gained", "rank"]))
    with pytest.raises(ValueError, match="n_tfs"):
        pl.haplotype_differences(make_table(2), n_tfs=0)


@pytest.mark.parametrize(("n_tfs", "groups"), [(1, ("B",)), (20, ("CD4/naive T cells | donor_1", "B")), (60, ("B",))])
def test_no_texts_overlap_or_are_clipped(n_tfs, groups):
    figure = pl.haplotype_differences(make_table(n_tfs, groups), n_tfs=n_tfs)
    assert texts_in_trouble(figure) == []


def test_it_is_drawn_in_the_place_of_an_axes():
    figure, axes = plt.subplots(2, figsize=(7, 9))
    assert pl.haplotype_differences(make_table(3), ax=axes[0]) is None
    assert plt.get_fignums() == [figure.number]
    assert axes[0].child_axes


def test_it_is_saved(tmp_path):
    with pytest.raises(ValueError, match="its ending has to be"):
        pl.haplotype_differences(make_table(3), save="a.x")
    pl.haplotype_differences(make_table(3), save=tmp_path / "a.svg")
    assert (tmp_path / "a.svg").stat().st_size > 1_000
