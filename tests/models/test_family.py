"""A second family of models (windows of 2,048 bp, bins of 64 bp, three factors) from its folder to plots."""

import numpy as np
import pytest
from _family import SPEC, TFS, family_forward, family_model
from _networks import random_model

import scmaxatac as sma
from scmaxatac.models import TFModel

pytestmark = pytest.mark.filterwarnings("ignore:the published thresholds (don't|may not) fit")

CHROM = "chr5"
REGION = f"{CHROM}:100,000-140,000"


@pytest.fixture(scope="module")
def toy():
    return sma.datasets.toy()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The model as users have it."""
    return family_model().save(tmp_path_factory.mktemp("family") / "three")


def predict(toy, adata, folder, out_dir, **options):
    common = {"genome": toy.genome, "models": folder, "chroms": CHROM, "min_fragments": 1000, "out_dir": out_dir}
    sma.tl.predict_tfbs(adata, "cell_type", **common | options)


@pytest.fixture(scope="module", params=["torch", "openvino"])
def predicted(request, toy, folder, tmp_path_factory):
    """A prediction by each engine, with bigWigs."""
    pytest.importorskip(request.param)
    adata, out_dir = toy.adata.copy(), tmp_path_factory.mktemp(request.param)
    predict(toy, adata, folder, out_dir, backend=request.param, device="cpu", save_tracks=True, strand="mean")
    return adata, out_dir


@pytest.fixture(scope="module")
def expected(toy, predicted):
    """Scores of the bins of some regions by a network in numpy, mean of both strands; (3, bins), NaN elsewhere."""
    adata, _ = predicted
    codes = np.asarray(toy.genome.codes(CHROM))
    signal = np.zeros(len(codes), dtype=np.float32)
    for run in sma.get.signal(adata, "B").itertuples():
        signal[run.start : run.end] = run.value
    starts = np.arange(0, len(codes) - 2047, 512)
    if toy.genome.blacklist is not None:
        starts = starts[~toy.genome.blacklist.overlaps(CHROM, starts, starts + 2048)]
    regions = toy.adata.var.query("chrom == @CHROM")
    near = [
        ((starts + 2048 > start) & (starts < end)) for start, end in zip(regions["start"], regions["end"], strict=True)
    ]
    starts = starts[np.any(near, axis=0) & (starts < 140_000) & (starts + 2048 > 100_000)]
    windows = np.stack([codes[s : s + 2048] for s in starts]), np.stack([signal[s : s + 2048] for s in starts])
    other = np.array([3, 2, 1, 0, 4], dtype=np.uint8)[windows[0][:, ::-1]], windows[1][:, ::-1]
    weights = family_model().weights
    scores = (family_forward(weights, *windows) + family_forward(weights, *other)[:, :, ::-1]) / 2
    total, n = np.zeros((3, len(codes) // 64 + 1)), np.zeros(len(codes) // 64 + 1)
    for i, start in enumerate(starts):
        total[:, start // 64 : start // 64 + 32] += scores[:, i]
        n[start // 64 : start // 64 + 32] += 1
    return np.divide(total, n, out=np.full_like(total, np.nan), where=n > 0)


def bins_on_regions(toy, starts):
    """Starts of bins that a region overlaps."""
    regions = sma.genome.Intervals.from_frame(toy.adata.var)
    return set(starts[regions.overlaps(CHROM, starts, starts + 64)])


def test_the_folder_says_what_the_network_looks_like(folder):
    read = sma.models.load(folder)
    assert read.spec == SPEC
    assert read.tfs == TFS
    assert read.assembly == "hg38"
    assert [read.threshold(tf=tf) for tf in TFS] == pytest.approx([0.4, 0.5, 0.6])
    assert read.sha256 == family_model().sha256


def test_bins_are_those_of_a_network_in_numpy_whatever_the_engine(predicted, expected):
    adata, _ = predicted
    assert (sma.get.params(adata)["window"], sma.get.params(adata)["bin"]) == (2048, 64)
    assert sma.get.params(adata)["step"] == 512
    for row, tf in zip(expected, TFS, strict=True):
        track = sma.get.track(adata, tf, "B", region="chr5:104,000-136,000")
        assert set(track["end"] - track["start"]) == {64}
        assert len(track) == (~np.isnan(row[104_000 // 64 : 136_000 // 64])).sum() > 400
        assert np.ptp(track["score"]) > 0.3
        np.testing.assert_allclose(track["score"], row[track["start"] // 64], rtol=0, atol=2e-5)


def test_region_scores_are_the_largest_of_their_bins(predicted, expected):
    adata, _ = predicted
    scores = sma.get.scores(adata)
    assert list(filter(None, scores.layers)) == list(TFS)
    inside = (scores.var["start"] > 104_000) & (scores.var["end"] < 136_000)
    assert inside.sum() > 3
    for row, tf in zip(expected, TFS, strict=True):
        found = scores[["B"], inside.to_numpy()].layers[tf][0]
        bounds = scores.var[inside]
        largest = [np.nanmax(row[s // 64 : -(-e // 64)]) for s, e in zip(bounds["start"], bounds["end"], strict=True)]
        np.testing.assert_allclose(found, largest, rtol=0, atol=2e-5)


def test_sites_lie_on_the_grid_of_bins_at_each_factors_own_threshold(toy, predicted):
    adata, _ = predicted
    thresholds = sma.get.params(adata)["thresholds"]
    assert [thresholds[tf]["B"] for tf in TFS] == pytest.approx([0.4, 0.5, 0.6])
    sites = sma.get.sites(adata)
    assert set(sites["tf"]) == set(TFS)
    assert (sites["start"] % 64 == 0).all()
    for tf in TFS:
        for group in sites["group"].cat.categories:
            own = sma.get.sites(adata, tfs=tf, groups=group)
            track = sma.get.track(adata, tf, group)
            within = bins_on_regions(toy, track["start"].to_numpy())
            called = set(track["start"][track["score"] >= thresholds[tf][group]])
            for site in own.itertuples():
                bins = range(site.start, min(site.end, int(track["end"].max())), 64)
                assert set(bins) <= called
                assert not {site.start - 64, site.end} & called & within


def test_a_rank_is_one_among_the_maxima_of_200_bp_bins(toy, folder, predicted, tmp_path):
    adata, _ = predicted
    everywhere = toy.adata.copy()
    backend = sma.get.params(adata)["backend"]
    predict(toy, everywhere, folder, tmp_path, backend=backend, device="cpu", regions="genome", threshold="matched")
    codes = np.asarray(toy.genome.codes(CHROM))
    n = len(codes) // 200
    counts = (codes[: n * 200].reshape(n, 200) < 4).any(axis=1)
    if toy.genome.blacklist is not None:
        counts &= ~toy.genome.blacklist.overlaps(CHROM, np.arange(n) * 200, np.arange(n) * 200 + 200)
    for tf in TFS:
        track = sma.get.track(everywhere, tf, "B")
        largest = np.zeros(n + 1)
        for place in (track["start"] // 200, (track["start"] + 63) // 200):
            np.maximum.at(largest, np.minimum(place, n), track["score"])
        wanted = np.sort(largest[:n][counts])[-round(0.05 * counts.sum())]
        assert sma.get.params(everywhere)["thresholds"][tf]["B"] == pytest.approx(wanted, abs=1e-6)


def test_calling_again_and_predicting_again_compute_nothing(toy, folder, predicted, monkeypatch):
    adata, out_dir = predicted

    def refuse(*args, **options):
        raise AssertionError("everything is there already")

    monkeypatch.setattr("scmaxatac.predict._run.make_engine", refuse)
    called = sma.tl.call_sites(adata, 0.55, copy=True)
    assert sma.get.sites(called)["score"].min() >= 0.55
    again = toy.adata.copy()
    backend = sma.get.params(adata)["backend"]
    predict(toy, again, folder, out_dir, backend=backend, device="cpu", save_tracks=True, strand="mean")
    assert again.uns["tfbs"]["sites"].equals(adata.uns["tfbs"]["sites"])


def test_what_is_missing_is_computed_again(toy, folder, predicted):
    adata, out_dir = predicted
    (path, *_) = out_dir.glob("run-*/scores/*.npz")
    before = path.read_bytes()
    path.unlink()
    again = toy.adata.copy()
    backend = sma.get.params(adata)["backend"]
    predict(toy, again, folder, out_dir, backend=backend, device="cpu", save_tracks=True, strand="mean")
    with np.load(path) as found:
        assert {f"scores_{i}" for i in range(3)} <= set(found.files)
    assert len(before) > 0
    np.testing.assert_array_equal(again.uns["tfbs"]["scores"], adata.uns["tfbs"]["scores"])


def test_plots_show_all_factors(predicted):
    import matplotlib.pyplot as plt

    adata, _ = predicted
    ax = sma.pl.heatmap(adata)
    names = {label.get_text() for label in (*ax.get_xticklabels(), *ax.get_yticklabels())}
    assert set(TFS) <= names
    figure = sma.pl.tracks(adata, REGION)
    labels = [axes.get_label() for axes in figure.axes]
    assert [label for label in labels if label.startswith("B: ")] == ["B: signal", *(f"B: {tf}" for tf in TFS)]
    plt.close("all")


def test_some_of_the_factors_are_predicted_without_the_others(toy, folder, predicted, tmp_path):
    adata, _ = predicted
    some = toy.adata.copy()
    backend = sma.get.params(adata)["backend"]
    predict(toy, some, folder, tmp_path, backend=backend, device="cpu", tfs=["DDD", "AAA"], strand="mean")
    assert sma.get.params(some)["tfs"] == ["AAA", "DDD"]
    scores, every = sma.get.scores(some), sma.get.scores(adata)
    for tf in ("AAA", "DDD"):
        np.testing.assert_allclose(scores.layers[tf], every.layers[tf], rtol=0, atol=1e-6)


def test_models_of_two_families_are_refused_together(toy, folder, tmp_path):
    with pytest.raises(ValueError, match=r"windows of 2,048 bp in bins of 64 bp and 1,024 bp in bins of 32 bp"):
        predict(toy, toy.adata.copy(), [TFModel.read(folder), random_model("EEE", 0)], tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_step_that_does_not_fit_the_family_is_refused(toy, folder, tmp_path):
    with pytest.raises(ValueError, match="step is 32 bp; it has to be a multiple of 64 between 64 and 2048"):
        predict(toy, toy.adata.copy(), folder, tmp_path, step=32)


@pytest.fixture(scope="module")
def by_engine(toy, folder, predicted):
    """Options of functions that predict anew."""
    return {"genome": toy.genome, "models": folder, "chroms": CHROM, "min_fragments": 1000, "device": "cpu",
            "backend": sma.get.params(predicted[0])["backend"], "strand": "mean"}  # fmt: skip


def largest_in(track, start, end):
    """Largest score of the bins of 64 bp that overlap an interval, 0 without any."""
    return track["score"][(track["start"] < end) & (track["start"] + 64 > start)].max() if len(track) else 0.0


def union_of(sites):
    """Unions of sites, (start, end), of one chromosome."""
    merged = []
    for start, end in sorted(zip(sites["start"], sites["end"], strict=True)):
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(end, merged[-1][1])
        else:
            merged.append([start, end])
    return merged


@pytest.mark.filterwarnings("ignore:intervals of activities are too narrow")
def test_activities_with_intervals_are_means_over_bins_of_64_bp(predicted):
    adata, _ = predicted
    table = sma.get.activity(adata, interval=True, n_bootstrap=5).set_index(["group", "tf"])
    for tf in TFS:
        union = union_of(sma.get.sites(adata, tfs=tf))
        track = sma.get.track(adata, tf, "B")
        expected = np.mean([largest_in(track, *site) for site in union])
        assert table.loc[("B", tf), "activity"] == pytest.approx(expected, abs=1e-5)
        assert sma.get.activity(adata).loc["B", tf] == pytest.approx(expected, abs=1e-5)
        assert table.loc[("B", tf), "n_sites"] == len(union)


@pytest.mark.filterwarnings("ignore:B vs Mono. effects without p-values:UserWarning")
def test_units_that_are_compared_hold_the_largest_of_bins_of_64_bp(toy, by_engine, tmp_path):
    """A bin of 64 bp may lie in two units of 200 bp."""
    adata = toy.adata.copy()
    regions = toy.peaks[toy.peaks["chrom"] == CHROM].head(40)
    options = {**by_engine, "regions": regions, "out_dir": tmp_path}
    sma.tl.differential_tfbs(adata, "cell_type", group="B", reference="Mono", null=False, **options)
    factors, units = sma.get.differential(adata), sma.get.differential(adata, "units")
    assert list(factors["tf"].cat.categories) == list(TFS)
    assert set(factors["tf"]) == set(TFS)
    apart = toy.adata.copy()
    used = sma.get.differential(adata, "samples")["n_fragments_used"].unique()
    kept = {"B", "Mono"}
    apart.obs["two"] = apart.obs["cell_type"].astype(str).where(apart.obs["cell_type"].isin(kept))
    sma.tl.predict_tfbs(apart, "two", max_fragments=int(used[0]), rng=0, **options)
    spanning = 0
    for tf in TFS:
        track = sma.get.track(apart, tf, "B")
        mine = units[units["tf"] == tf]
        assert len(mine) > 3
        for unit in mine.itertuples():
            largest = max(largest_in(track, unit.start, unit.end), 1e-4)
            assert unit.score_group == pytest.approx(largest, abs=1e-4)
            spanning += unit.start % 64 != 0
    assert spanning > 3


def test_odds_of_an_enrichment_are_shrunk_by_half_a_bin_of_64_bp(toy, predicted):
    adata, _ = predicted
    short = toy.peaks[toy.peaks["chrom"] == CHROM].assign(end=lambda frame: frame["start"] + 250)
    table = sma.tl.enrichment(adata, short.query("B and not Mono"), background=short, genome=toy.genome)
    assert sorted(table["tf"]) == sorted(TFS)
    total = table["n_regions"] * 250
    odds = [(bases + 32) / (total - bases + 32) for bases in (table["bp"], table["expected_bp"])]
    np.testing.assert_allclose(table["log2_odds"], np.log2(odds[0] / odds[1]), rtol=1e-9)
