import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.special import expit, logit

from scmaxatac import pl, tl

from ._haplotypes import START, make_haplotypes
from ._overlaps import texts_in_trouble

PAIR = {"target": "donor1", "reference": "donor2"}


def panels(figure):
    return {ax.get_label(): ax for ax in figure.findobj(Axes)}


def drawn(ax):
    return ax.images[0].get_array().filled(np.nan)


def difference_of(figure):
    (ax,) = [ax for name, ax in panels(figure).items() if name.startswith("Difference")]
    return ax


def means(haplotypes, tf, sample):
    """Mean log odds of a sample's haplotypes, from the formula."""
    scores = haplotypes[haplotypes.obs["sample"] == sample].layers[tf].astype(float)
    return logit(np.clip(scores, 1e-4, 1 - 1e-4)).mean(axis=0)


def test_drawn_are_the_scores_of_mean_log_odds_and_their_difference():
    haplotypes = make_haplotypes(["CTCF", "SPI1"], 200, 9)
    figure = pl.haplotypes(haplotypes, tfs=["SPI1", "CTCF"], **PAIR)
    assert isinstance(figure, Figure)
    found = panels(figure)
    for i, tf in enumerate(["SPI1", "CTCF"]):
        mine, theirs = (means(haplotypes, tf, sample) for sample in ("donor1", "donor2"))
        np.testing.assert_allclose(drawn(found["donor1"])[i], expit(mine), atol=1e-6)
        np.testing.assert_allclose(drawn(found["donor2"])[i], expit(theirs), atol=1e-6)
        np.testing.assert_allclose(drawn(difference_of(figure))[i], mine - theirs, atol=1e-5)
    assert [text.get_text() for text in found["donor1"].get_yticklabels()] == ["SPI1", "CTCF"]
    assert found["donor1"].images[0].get_extent()[:2] == [START, START + 200 * 32]


def test_of_many_bins_the_most_different_are_drawn_and_none_is_lost():
    haplotypes = make_haplotypes(["CTCF"], 5_000, 9)
    mine, theirs = (means(haplotypes, "CTCF", sample) for sample in ("donor1", "donor2"))
    values = drawn(difference_of(pl.haplotypes(haplotypes, **PAIR)))[0]
    assert len(values) == 900
    each = np.arange(5_000) * 900 // 5_000
    expected = [max((mine - theirs)[each == point], key=abs) for point in range(900)]
    np.testing.assert_allclose(values, expected, atol=1e-5)


def test_factors_come_in_the_order_of_their_ranking():
    tfs = [f"ZNF{i}" for i in range(9)]
    haplotypes = make_haplotypes(tfs, 400, 9)
    ranked = tl.compare_haplotypes(haplotypes, **PAIR)["tf"].tolist()
    assert ranked[:4] != tfs[:4]
    found = panels(pl.haplotypes(haplotypes, n_tfs=4, **PAIR))
    assert [text.get_text() for text in found["donor1"].get_yticklabels()] == ranked[:4]


def test_alleles_are_marked_as_high_as_they_are_frequent_and_coloured_where_they_differ():
    haplotypes = make_haplotypes(["CTCF"], 200, 30)
    figure = pl.haplotypes(haplotypes, **PAIR)
    carried, at = haplotypes.obsm["alleles"], haplotypes.uns["alleles"]["start"].to_numpy()
    shares = {s: carried[(haplotypes.obs["sample"] == s).to_numpy()].mean(axis=0) for s in ("donor1", "donor2")}
    differs = shares["donor1"] != shares["donor2"]
    for sample, share in shares.items():
        for lines in panels(figure)[f"alleles of {sample}"].collections:
            wanted = (differs == (lines.get_label() == "differs")) & (share > 0)
            segments = np.array(lines.get_segments()).reshape(-1, 4)
            np.testing.assert_allclose(segments[:, [0, 3]], np.stack([at + 0.5, share], axis=1)[wanted])
    assert any(f"{differs.sum()} of 30 alleles differ" in text.get_text() for text in figure.texts)


def test_alleles_beside_the_block_are_not_counted():
    haplotypes = make_haplotypes(["CTCF"], 20, 5)
    first, last = START, START + 20 * 32
    # a deletion that ends where the block begins, one that reaches into it, an insertion before its first base
    haplotypes.uns["alleles"] = haplotypes.uns["alleles"].assign(
        start=[first - 4, first - 4, first, last - 1, last], end=[first, first + 1, first, last, last + 1]
    )
    haplotypes.obsm["alleles"][:] = [[False] * 5] * 2 + [[True] * 5] * 2
    figure = pl.haplotypes(haplotypes, **PAIR)
    assert any("3 of 3 alleles differ" in text.get_text() for text in figure.texts)


def test_a_region_and_bins_in_several_places():
    haplotypes = make_haplotypes(["CTCF", "SPI1"], 200, 9)
    parts = haplotypes[:, np.r_[0:60, 100:200]].copy()
    with pytest.raises(ValueError, match=r"in 2 places \(chr21:\d+-\d+, chr21:\d+-\d+\); name one: region="):
        pl.haplotypes(parts, **PAIR)
    region = f"chr21:{START + 120 * 32 + 5}-{START + 130 * 32}"
    figure = pl.haplotypes(parts, region=region, tfs=["CTCF", "SPI1"], **PAIR)
    mine = expit(means(haplotypes, "CTCF", "donor1"))[120:130]
    np.testing.assert_allclose(drawn(panels(figure)["donor1"])[0], mine, atol=1e-6)
    with pytest.raises(ValueError, match="no bins were predicted in region 'chr1:5-9'"):
        pl.haplotypes(parts, region="chr1:5-9", **PAIR)


def test_bins_without_a_score_are_empty():
    haplotypes = make_haplotypes(["CTCF"], 50, 9)
    haplotypes.layers["CTCF"][:2, 7] = np.nan
    figure = pl.haplotypes(haplotypes, **PAIR)
    assert np.flatnonzero(np.isnan(drawn(difference_of(figure))[0])).tolist() == [7]
    assert np.isfinite(drawn(panels(figure)["donor2"])).all()


def test_without_any_allele_or_difference_it_can_be_drawn():
    haplotypes = make_haplotypes(["CTCF"], 50, 0)
    haplotypes.layers["CTCF"][:] = 0.5
    assert drawn(difference_of(pl.haplotypes(haplotypes, **PAIR))).any() == 0


def test_bad_input_is_one_clear_error():
    haplotypes = make_haplotypes(["CTCF"], 50, 9, groups=("B", "Mono"))
    with pytest.raises(ValueError, match="scored with the signals of 2 groups; name one: group='B'"):
        pl.haplotypes(haplotypes, **PAIR)
    pl.haplotypes(haplotypes, group="Mono", **PAIR)
    for options, message in (
        ({"group": "T"}, "no group 'T'"),
        ({"tfs": "MAX"}, "no TF 'MAX'"),
        ({"by": "x"}, "no column"),
    ):
        with pytest.raises(KeyError, match=message):
            pl.haplotypes(haplotypes, **{"group": "B"} | PAIR | options)
    with pytest.raises(ValueError, match="n_tfs"):
        pl.haplotypes(haplotypes, n_tfs=0, **PAIR)
    other = haplotypes.copy()
    del other.uns["haplotypes"]
    with pytest.raises(KeyError, match="not predicted by"):
        pl.haplotypes(other, **PAIR)


@pytest.mark.parametrize(("n_tfs", "n_bins", "n_alleles"), [(1, 3, 1), (12, 3_000, 300), (60, 500, 40)])
def test_no_texts_overlap_or_are_clipped(n_tfs, n_bins, n_alleles):
    samples = ("donor one of the family", "donor2")
    haplotypes = make_haplotypes([f"ZNF{i}" for i in range(n_tfs)], n_bins, n_alleles, samples=samples)
    figure = pl.haplotypes(haplotypes, target=samples[0], reference=samples[1], n_tfs=n_tfs)
    assert texts_in_trouble(figure) == []


def test_it_is_drawn_in_the_place_of_an_axes():
    figure, axes = plt.subplots(2, figsize=(8, 12))
    assert pl.haplotypes(make_haplotypes(["CTCF"], 50, 9), ax=axes[0], **PAIR) is None
    assert plt.get_fignums() == [figure.number]
    assert axes[0].child_axes


def test_it_is_saved(tmp_path):
    with pytest.raises(ValueError, match="its ending has to be"):
        pl.haplotypes(make_haplotypes(["CTCF"], 50, 9), save="a.x", **PAIR)
    pl.haplotypes(make_haplotypes(["CTCF"], 50, 9), save=tmp_path / "a.svg", **PAIR)
    assert (tmp_path / "a.svg").stat().st_size > 1_000


def test_classes_of_true_and_false_are_named_with_their_column():
    haplotypes = make_haplotypes(["CTCF"], 50, 5)
    haplotypes.obs["risk"] = (haplotypes.obs["sample"] == "donor1").to_numpy()
    figure = pl.haplotypes(haplotypes, "risk", target="True", reference="False")
    assert {"risk: True", "risk: False"} <= set(panels(figure))
    assert texts_in_trouble(figure) == []


def test_the_title_is_the_region_that_was_asked_for_and_the_axes_end_there():
    haplotypes = make_haplotypes(["CTCF"], 200, 9)
    region = f"chr21:{START + 1001}-{START + 4005}"
    figure = pl.haplotypes(haplotypes, region=region, **PAIR)
    assert figure.texts[0].get_text() == f"chr21:{START + 1001:,}-{START + 4005:,} (3 kb)"
    assert difference_of(figure).get_xlim() == (START + 1001, START + 4005)
    beyond = pl.haplotypes(haplotypes, region=f"chr21:{START - 99}-{START + 640}", **PAIR)
    assert beyond.texts[0].get_text().startswith(f"chr21:{START:,}-{START + 640:,} ")


@pytest.mark.parametrize("n_alleles", [3, 300])
def test_alleles_that_differ_are_named_where_there_is_room(n_alleles):
    haplotypes = make_haplotypes(["CTCF"], 200, n_alleles)
    haplotypes.uns["alleles"]["ref"] = [f"A{'C' * (i % 20)}" for i in range(n_alleles)]
    figure = pl.haplotypes(haplotypes, **PAIR)
    names = [text.get_text() for text in figure.texts if ">C" in text.get_text()]
    in_donor = [np.asarray(haplotypes.obsm["alleles"])[(haplotypes.obs["sample"] == name).to_numpy()].mean(axis=0)
                for name in ("donor1", "donor2")]  # fmt: skip
    n_differing = int((in_donor[0] != in_donor[1]).sum())
    assert 0 < len(names) <= n_differing
    assert all(len(name) <= 11 for name in names)
    assert texts_in_trouble(figure) == []


def test_rounding_is_not_drawn_as_a_difference():
    haplotypes = make_haplotypes(["CTCF"], 100, 3)
    haplotypes.layers["CTCF"][:] = haplotypes.layers["CTCF"][:1]
    haplotypes.layers["CTCF"][0] *= np.float32(1 + 1e-6)
    assert difference_of(pl.haplotypes(haplotypes, **PAIR)).images[0].get_clim() == (-0.1, 0.1)
