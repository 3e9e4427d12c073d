import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from _slots import make_truth
from matplotlib.collections import PolyCollection

from scmaxatac import get, pl
from scmaxatac.results._slots import merge_slots

from ._overlaps import texts_in_trouble

THRESHOLD = 0.5


def with_variants(truth, n, *, seed=0, ids=True):
    """Put the scores of made-up variants into the object."""
    rng = np.random.default_rng(seed)
    groups, tfs = truth.groups, truth.tfs
    alts = rng.choice(["C", "CTTTTTTTTTTTTTTTG", "G"], n)
    table = pd.DataFrame(
        {
            "chrom": pd.Categorical(rng.choice(["chr21", "chr22"], n), categories=["chr22", "chr21"]),
            "pos": rng.integers(1, 10**8, n),
            "id": [f"rs{i}" if ids else "." for i in rng.integers(10**6, 10**9, n)],
            "ref": "A",
            "alt": alts,
            "kind": pd.Categorical(np.where(np.char.str_len(alts) == 1, "SNV", "insertion")),
            "record": np.arange(n),
            "allele": np.ones(n, int),
            "n_windows": np.full(n, 4),
        }
    )
    reference = rng.random((n, len(groups), len(tfs)))
    effect = rng.standard_t(2, reference.shape)
    alternative = 1 / (1 + (1 / reference - 1) * np.exp(-effect))
    scores = np.stack([reference, alternative, effect], axis=-1).astype(np.float32)
    params = dict.fromkeys(("source", "sha256", "strand", "outside_regions", "left_out", "null", "signal"), "")
    params |= {"groups": groups, "tfs": tfs}
    merge_slots(truth.adata, {"variants": table, "variant_scores": scores, "variant_params": params}, "tfbs")
    return truth.adata


@pytest.fixture
def adata(truth):
    return with_variants(truth, 30)


def labels(ax):
    return [t.get_text() for t in ax.get_yticklabels()], [t.get_text() for t in ax.get_xticklabels()]


def drawn(ax):
    """Values of the heatmap where the ticks stand."""
    image = ax.images[0].get_array().filled(np.nan)
    left, right, _, _ = ax.images[0].get_extent()
    columns = ((ax.get_xticks() - left) / (right - left) * image.shape[1]).astype(int)
    return image[:, columns]


def test_the_variants_with_the_largest_effects_are_drawn_in_the_order_of_the_genome(adata):
    ax = pl.variant_effects(adata, n_variants=8)
    table = get.variants(adata)
    largest = table.assign(size=table["effect"].abs()).groupby(["chrom", "pos"], observed=True)["size"].max()
    chosen = largest.nlargest(8).sort_index()
    names, factors = labels(ax)
    assert factors == ["CTCF", "SPI1"] * 3
    values = table.set_index(["chrom", "pos", "group", "tf"])["effect"]
    groups = ["CD4/naive T | donor_1"] * 2 + ["B"] * 2 + ["Mono"] * 2
    for row, (chrom, pos) in enumerate(chosen.index):
        expected = [values[chrom, pos, group, tf] for group, tf in zip(groups, factors, strict=True)]
        np.testing.assert_allclose(drawn(ax)[row], expected, rtol=1e-6)
        (name,) = table.loc[table["pos"] == pos, "id"].unique()
        assert names[row].startswith(f"{name} A>")
    low, high = ax.images[0].get_clim()
    assert low == -high
    assert high == pytest.approx(np.quantile(np.abs(drawn(ax)), 0.99))
    assert "8 of 30 variants" in ax.get_xlabel()


def test_sites_gained_and_lost_are_marked_where_they_are(adata):
    ax = pl.variant_effects(adata, n_variants=30, tfs=["SPI1", "CTCF"], groups=["Mono", "B"])
    table = get.variants(adata).sort_values(["chrom", "pos"])
    names, factors = labels(ax)
    assert factors == ["SPI1", "CTCF"] * 2
    assert ax.get_xlabel().startswith("30 variants;")
    order = {key: i for i, key in enumerate(zip(["Mono"] * 2 + ["B"] * 2, factors, strict=True))}
    rows = {f"{i} A>": n for n, i in enumerate(dict.fromkeys(table["id"]))}
    for points in ax.collections[:2]:
        state = points.get_label()
        here = table[(table["status"] == state) & table["group"].isin(["Mono", "B"])]
        expected = {(order[one.group, one.tf], rows[f"{one.id} A>"]) for one in here.itertuples()}
        places = {x: i for i, x in enumerate(ax.get_xticks())}
        assert {(places[x], int(y)) for x, y in points.get_offsets()} == expected
        assert expected
    assert len(names) == 30


def test_of_many_factors_those_with_the_largest_effects_are_drawn(tmp_path):
    truth = make_truth(tmp_path, groups=["B", "T"], tfs=[f"ZNF{i}" for i in range(30)])
    adata = with_variants(truth, 10)
    table = get.variants(adata)
    ax = pl.variant_effects(adata, n_variants=10, n_tfs=5)
    largest = table.assign(size=table["effect"].abs()).groupby("tf", observed=True)["size"].max().nlargest(5)
    assert labels(ax)[1] == [tf for tf in truth.tfs if tf in largest.index] * 2


@pytest.mark.parametrize(("n_groups", "n_tfs", "n", "ids"), [(1, 1, 1, True), (3, 12, 20, False), (2, 40, 200, True)])
def test_no_texts_overlap_or_are_clipped(tmp_path, n_groups, n_tfs, n, ids):
    groups = [f"CD4/naive T cells | donor_{i}" for i in range(n_groups)]
    adata = with_variants(make_truth(tmp_path, groups=groups, tfs=[f"ZNF{i}" for i in range(n_tfs)]), n, ids=ids)
    ax = pl.variant_effects(adata, n_variants=n, n_tfs=n_tfs)
    assert texts_in_trouble(ax.figure) == []


@pytest.mark.parametrize(("n_groups", "n_tfs"), [(15, 1), (15, 4), (30, 2), (4, 3)])
def test_long_names_of_many_groups_do_not_run_into_each_other(tmp_path, n_groups, n_tfs):
    groups = [f"CD{i} memory T cells of the blood | donor_{i % 3}" for i in range(n_groups)]
    adata = with_variants(make_truth(tmp_path, groups=groups, tfs=[f"ZNF{i}" for i in range(n_tfs)]), 20)
    for options in ({}, {"figsize": (12, 7)}):
        ax = pl.variant_effects(adata, **options)
        assert texts_in_trouble(ax.figure) == []
        headers = [text.get_text() for text in ax.texts]
        assert len(set(headers)) == n_groups


def test_it_is_drawn_into_an_axes_and_bad_numbers_are_told(adata):
    figure, ax = plt.subplots()
    assert pl.variant_effects(adata, ax=ax) is ax
    assert plt.get_fignums() == [figure.number]
    with pytest.raises(ValueError, match="n_variants"):
        pl.variant_effects(adata, n_variants=0)
    with pytest.raises(ValueError, match="n_tfs"):
        pl.variant_effects(adata, n_tfs=1.5)
    with pytest.raises(KeyError, match="variants were scored for"):
        pl.variant_effects(adata, tfs="MAX")
    scores = adata.uns["tfbs"]["variant_scores"]
    scores[..., 2] = 0
    with pytest.raises(ValueError, match="none of the 30 variants has an effect"):
        pl.variant_effects(adata)


def test_it_is_saved(adata, tmp_path):
    with pytest.raises(ValueError, match="its ending has to be"):
        pl.variant_effects(adata, save="a.x")
    pl.variant_effects(adata, save=tmp_path / "a.svg")
    assert (tmp_path / "a.svg").stat().st_size > 1_000


def frames(ax):
    """Columns and rows of the fields with a frame."""
    return {
        tuple(np.round(path.vertices[:4].mean(axis=0), 3))
        for collection in ax.collections
        if isinstance(collection, PolyCollection)
        for path in collection.get_paths()
    }


def test_a_frame_marks_small_q_values_where_variants_were_compared_with_common_ones(adata):
    rng = np.random.default_rng(3)
    shape = adata.uns["tfbs"]["variant_scores"].shape[:3]
    q = rng.choice([0.01, 0.05, 0.2, np.nan], shape)
    merge_slots(adata, {"variant_tests": np.stack([q / 2, q, np.full(shape, 99)], -1).astype(np.float32)}, "tfbs")
    ax = pl.variant_effects(adata, n_variants=12)
    long = get.variants(adata)
    names = [text.split(" ")[0] for text in labels(ax)[0]]
    places = ax.get_xticks()
    pairs = [(group, tf) for group in long["group"].cat.categories for tf in long["tf"].cat.categories]
    found = long.set_index(["id", "group", "tf"])["q"]
    expected = {
        (round(float(place), 3), float(row))
        for row, name in enumerate(names)
        for place, (group, tf) in zip(places, pairs, strict=True)
        if found[name, group, tf] <= 0.05
    }
    assert frames(ax) == expected != set()
    assert "q \N{LESS-THAN OR EQUAL TO} 0.05 against common variants" in ax.get_xlabel()
    assert texts_in_trouble(ax.figure) == []


def test_without_common_variants_there_is_no_frame_and_no_word_of_q(adata):
    ax = pl.variant_effects(adata)
    assert frames(ax) == set()
    assert " q " not in ax.get_xlabel()
