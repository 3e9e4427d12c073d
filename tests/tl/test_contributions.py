"""Contributions of a prediction against single windows by hand, and against motifs that were planted."""

from functools import partial

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from _family import SPEC, TFS, family_forward, family_model
from _mini import GROUPS, SIZES
from _networks import forward, random_weights
from _oracle import MODELS

import scmaxatac as sma
from scmaxatac import settings
from scmaxatac.containers._mudata import columns_not_pulled
from scmaxatac.predict import _run_contributions
from scmaxatac.results._read_contributions import read_contribution_params
from scmaxatac.results._reader import find_results

REGIONS = ["chr1:1,500-1,700", "chr2:4,600-4,800", "chr1:3,200-3,360", "chr1:13,300-13,345", "chr1:9,690-9,760"]
"""Open places, a chromosome's end, and unknown bases."""


@pytest.fixture(scope="module")
def predicted(mini, fragment_file, mini_models, tmp_path_factory):
    """Predicted on whole chromosomes by random networks."""
    adata = mini.adata(fragment_file)
    sma.tl.predict_tfbs(
        adata, "leiden", genome=mini.genome, models=mini_models, regions="genome", min_fragments=100,
        out_dir=tmp_path_factory.mktemp("contributions"), device="cpu",
    )  # fmt: skip
    return adata


@pytest.fixture
def adata(predicted):
    return predicted.copy()


def explain(adata, mini, tf="AAA", group="B", **options):
    sma.tl.contributions(adata, tf, group, **{"genome": mini.genome, "regions": REGIONS, "width": 40} | options)
    return sma.get.contributions(adata)


def signal_of(adata, group, chrom, size):
    values = np.zeros(size, dtype=np.float32)
    for run in sma.get.signal(adata, group).query("chrom == @chrom").itertuples():
        values[run.start : run.end] = run.value
    return values


def logits_of_bases(score, codes, signal, at, bin_):
    """Logit of a bin with each base at a place of a window."""
    windows = np.repeat(codes[None], 4, axis=0)
    windows[:, at] = np.arange(4)
    scores = score(windows, np.repeat(signal[None], 4, axis=0))[:, bin_]
    return np.log(scores / (1 - scores))


def minus_others(logits):
    return np.array([logits[b] - np.delete(logits, b).mean() for b in range(4)])


@pytest.mark.parametrize("strand", ["forward", "mean"])
def test_a_base_is_worth_what_its_window_scores_with_it_against_the_others(adata, mini, strand):
    found = explain(adata, mini, strand=strand)
    weights = random_weights(MODELS["AAA"])
    assert found.hypothetical.shape == (len(REGIONS), 4, 40)
    for i, column in ((0, 0), (0, 39), (1, 17), (3, 38), (4, 30)):
        site = found.sites.iloc[i]
        codes, signal = mini.codes[site["chrom"]], signal_of(adata, "B", site["chrom"], SIZES[site["chrom"]])
        last = (len(codes) - 1024) // 32 * 32
        begin = min(max(site["bin"] - 512, 0), last)
        window, held = codes[begin : begin + 1024], signal[begin : begin + 1024]
        at, bin_ = site["start"] + column - begin, (site["bin"] - begin) // 32
        assert window[at] == found.codes[i, column]
        score = partial(forward, weights)
        expected = minus_others(logits_of_bases(score, window, held, at, bin_))
        if strand == "mean":
            turned = np.array([3, 2, 1, 0, 4], dtype=np.uint8)[window[::-1]]
            other = minus_others(logits_of_bases(score, turned, held[::-1], 1023 - at, 31 - bin_))
            expected = (expected + other[::-1]) / 2
        np.testing.assert_allclose(found.hypothetical[i, :, column], expected, atol=5e-5)
    assert np.abs(found.hypothetical[0]).max() > 0.01


def test_the_bin_is_the_largest_of_the_region_and_lies_in_the_middle_where_it_can(adata, mini):
    found = explain(adata, mini)
    assert list(found.sites.columns) == ["chrom", "start", "end", "site_start", "site_end", "bin", "score"]
    assert [f"{s.chrom}:{s.site_start:,}-{s.site_end:,}" for s in found.sites.itertuples()] == REGIONS
    track = sma.get.track(adata, "AAA", "B")
    for site in found.sites.itertuples():
        here = track[(track["chrom"] == site.chrom) & (track["end"] > site.site_start)]
        here = here[here["start"] < site.site_end]
        best = here.loc[here["score"].idxmax()] if len(here) else None
        if best is None:
            assert np.isnan(site.score)
            assert site.bin == (site.site_start + site.site_end - 1) // 2 // 32 * 32
        else:
            assert (site.bin, site.score) == (best["start"], best["score"])
        assert site.end - site.start == 40
        assert 0 <= site.start <= site.end <= SIZES[site.chrom]
        np.testing.assert_array_equal(
            found.codes[site.Index], np.minimum(mini.codes[site.chrom][site.start : site.end], 4)
        )
    assert (found.sites["start"] == found.sites["bin"] + 16 - 20)[:3].all()


def test_unknown_bases_contribute_nothing(adata, mini):
    found = explain(adata, mini, regions=["chr1:9,690-9,720"])
    unknown = found.codes[0] == 4
    assert 0 < unknown.sum() < 40
    assert not found.hypothetical[0][:, unknown].any()
    assert found.hypothetical[0][:, ~unknown].any()
    assert not found.actual[0][unknown].any()


def test_called_sites_are_explained_by_default_each_in_its_own_group(adata, mini):
    sma.tl.call_sites(adata, 0.5)
    sites = sma.get.sites(adata).groupby(["tf", "group"], observed=True).head(2)
    few = adata.uns["tfbs"]["sites"].iloc[:0]
    adata.uns["tfbs"]["sites"] = pd.concat([few, sites[sites["group"] != "Mono"]], ignore_index=True)
    with pytest.warns(UserWarning, match="no sites were called of AAA in Mono, BBB in Mono, so") as caught:
        sma.tl.contributions(adata, None, None, genome=mini.genome, width=6)
    assert len(caught) == 1
    for tf in ("AAA", "BBB"):
        for group in GROUPS:
            found = sma.get.contributions(adata, tf, group)
            mine = adata.uns["tfbs"]["sites"].query("tf == @tf and group == @group")
            assert (found.tf, found.group) == (tf, group)
            assert found.sites["site_start"].tolist() == mine["start"].tolist()
            np.testing.assert_array_equal(found.sites["score"], mine["score"])  # a site is as high as its largest bin
            assert found.codes.shape == (len(mine), 6)
    with pytest.raises(ValueError, match="contributions of 'AAA', 'BBB'; name one with tf="):
        sma.get.contributions(adata)
    with pytest.raises(KeyError, match="no group 'X'"):
        sma.get.contributions(adata, "AAA", "X")


def test_groups_are_explained_at_one_bin_of_a_region_the_largest_in_any_of_them(adata, mini):
    sma.tl.contributions(adata, "BBB", ["Mono", "B"], genome=mini.genome, regions=REGIONS, width=4)
    found = {group: sma.get.contributions(adata, group=group) for group in ("Mono", "B")}
    pd.testing.assert_series_equal(found["B"].sites["bin"], found["Mono"].sites["bin"])
    np.testing.assert_array_equal(found["B"].codes, found["Mono"].codes)
    assert np.abs(found["B"].hypothetical - found["Mono"].hypothetical).max() > 1e-3
    track = pd.concat([sma.get.track(adata, "BBB", group) for group in found])
    here = track[(track["chrom"] == "chr1") & (track["end"] > 1_500) & (track["start"] < 1_700)]
    assert found["B"].sites["bin"][0] == here.iloc[here["score"].argmax()]["start"]
    scores = np.stack([one.sites["score"] for one in found.values()])
    assert np.nanmax(scores[:, 0]) == here["score"].max()


def test_a_factor_of_a_network_with_several_and_of_another_geometry(mini, fragment_file, tmp_path):
    adata = mini.adata(fragment_file)
    sma.tl.predict_tfbs(
        adata, "leiden", genome=mini.genome, models=[family_model()], regions="genome", chroms="chr1",
        min_fragments=100, out_dir=tmp_path, device="cpu",
    )  # fmt: skip
    sma.tl.contributions(adata, TFS[2], "B", genome=mini.genome, regions="chr1:3,200-3,360", width=200)
    found = sma.get.contributions(adata)
    site, codes = found.sites.iloc[0], mini.codes["chr1"]
    signal, begin = signal_of(adata, "B", "chr1", len(codes)), site["bin"] - 1024

    def score(windows, held):
        return family_forward(family_model().weights, windows, held)[2]

    for column in (3, 150):
        at, bin_ = site["start"] + column - begin, 16
        expected = minus_others(
            logits_of_bases(score, codes[begin : begin + 2048], signal[begin : begin + 2048], at, bin_)
        )
        np.testing.assert_allclose(found.hypothetical[0, :, column], expected, atol=5e-5)
    assert SPEC.bin == 64
    with pytest.raises(ValueError, match="width is 2049"):
        sma.tl.contributions(adata, TFS[2], "B", genome=mini.genome, width=2_049)


def test_contributions_lie_on_the_motifs_that_were_planted():
    toy = sma.datasets.toy()
    adata = toy.adata.copy()
    regions = toy.peaks.query("chrom == 'chr5'").head(12)[["chrom", "start", "end"]]
    sma.tl.predict_tfbs(adata, "cell_type", genome=toy.genome, models="demo", chroms="chr5", regions=regions)
    planted = toy.sites.query("chrom == 'chr5' and bound and strength == 'strong'")
    width, share, n = 160, [], 0
    for tf, group in (("CTCF", "B"), ("SPI1", "Mono"), ("GATA3", "CD4/T")):
        mine = planted[(planted["tf"] == tf) & (planted["group"] == group)]
        sites = sma.get.sites(adata, tfs=tf, groups=group)
        near = [((mine["chrom"] == s.chrom) & (mine["start"] >= s.start) & (mine["end"] <= s.end)).any()
                for s in sites.itertuples()]  # fmt: skip
        if not any(near):
            continue
        sma.tl.contributions(adata, tf, group, genome=toy.genome, regions=sites[near].head(2), width=width)
        found = sma.get.contributions(adata)
        for i, site in found.sites.iterrows():
            inside = np.zeros(width, dtype=bool)
            for motif in mine[(mine["start"] >= site["start"]) & (mine["end"] <= site["end"])].itertuples():
                inside[motif.start - site["start"] : motif.end - site["start"]] = True
            if inside.any():
                n += 1
                worth = np.abs(found.actual[i])
                share.append(worth[inside].mean() / worth[~inside].mean())
                assert found.actual[i][inside].sum() > 1
    assert n >= 3
    assert np.median(share) > 8


def test_deeplift_leaves_out_what_does_not_add_up_and_says_so(adata, mini, monkeypatch):
    pytest.importorskip("torch")
    pytest.importorskip("tangermeme")
    whole = explain(adata, mini, regions=REGIONS[:3], method="deeplift")
    assert whole.hypothetical.shape == (3, 4, 40)
    assert np.abs(whole.hypothetical).max() > 1e-3
    other = explain(adata, mini, regions=REGIONS[:3], method="deeplift", rng=1)
    assert np.abs(other.hypothetical - whole.hypothetical).max() > 1e-4
    real = _run_contributions.deeplift

    def first_of_two_is_off(*args, **options):
        found = real(*args, **options)
        found.delta[: len(found.delta) - 1] = 1.1e-3
        return found

    monkeypatch.setattr(_run_contributions, "deeplift", first_of_two_is_off)
    with pytest.warns(UserWarning, match="contributions of 1 of 3 sites fail to add up"):
        part = explain(adata, mini, regions=REGIONS[:3], method="deeplift")
    kept = [i for i, bin_ in enumerate(whole.sites["bin"]) if bin_ in part.sites["bin"].tolist()]
    assert len(kept) == 2
    np.testing.assert_array_equal(part.hypothetical, whole.hypothetical[kept])
    assert sma.get.params(adata)["tfs"] == ["AAA", "BBB"]
    monkeypatch.setattr(_run_contributions, "LARGEST_DELTA", -1.0)
    with pytest.raises(ValueError, match="none of the 3 sites add up"):
        explain(adata, mini, regions=REGIONS[:3], method="deeplift")


def test_regions_on_chromosomes_that_were_not_predicted_are_counted(mini, fragment_file, predict):
    adata = mini.adata(fragment_file)
    predict(adata, chroms=["chr1", "chr3"], regions="genome", device="cpu")
    given = pd.DataFrame(
        [("chr2", 10, 40), ("chr1", 3_200, 3_300), ("chr3", 10, 40), ("chr9", 5, 9)], columns=["chrom", "start", "end"]
    )
    with pytest.warns(UserWarning, match=r"3 of 4 regions lie on .* not predicted \(chr2, chr3, chr9\)") as caught:
        found = explain(adata, mini, regions=given)
    assert len(caught) == 1
    assert found.sites[["chrom", "site_start"]].astype(object).to_numpy().tolist() == [["chr1", 3_200]]
    with pytest.raises(ValueError, match="none of the 1 regions lies on a chromosome that was predicted"):
        explain(adata, mini, regions="chr2:10-40")


def test_sites_without_a_known_base_are_left_out_and_counted(adata, mini):
    inside = "chr1:9,300-9,400"
    with pytest.warns(UserWarning, match="1 of 3 sites have unknown bases alone around them in .*, so are left out"):
        found = explain(adata, mini, regions=[REGIONS[0], inside, "chr1:9,690-9,760"])
    assert found.sites["site_start"].tolist() == [1_500, 9_690]
    assert read_contribution_params(find_results(adata, "tfbs", "atac"))["left_out"]["unknown sequence"] == 1
    with pytest.raises(ValueError, match="1 of 1 sites have unknown bases alone around them"):
        explain(adata, mini, regions=inside)
    with pytest.raises(ValueError, match="regions are empty; give at least one"):
        explain(adata, mini, regions=pd.DataFrame({"chrom": [], "start": [], "end": []}))


def test_bad_input_is_one_clear_error_before_any_work(adata, mini, monkeypatch):
    with pytest.raises(KeyError, match=r"no contributions under uns\['tfbs'\]"):
        sma.get.contributions(adata)
    monkeypatch.setattr("scmaxatac.tl._contributions.explain", None)
    for options, error, message in (
        ({"tf": "CCC"}, KeyError, "no TF 'CCC'"),
        ({"group": "NK"}, KeyError, "no group 'NK'"),
        ({"genome": None}, ValueError, "genome is missing"),
        ({"genome": sma.Genome.from_codes(mini.codes)}, ValueError, "but no blacklist"),
        ({"method": "saliency"}, ValueError, "method is 'saliency'; it can be 'mutagenesis' or 'deeplift'"),
        ({"strand": "reverse"}, ValueError, "strand is 'reverse'"),
        ({"width": 0}, ValueError, "width is 0; it has to be at least 1"),
        ({"width": 1.5}, ValueError, "width is 1.5"),
        ({"rng": -1}, ValueError, "rng is -1"),
        ({"regions": "chr1:13,300-14,000"}, ValueError, "lies off"),
        ({"regions": "nowhere.bed"}, FileNotFoundError, "nowhere.bed"),
        ({"key": "other"}, KeyError, "results exist under 'tfbs'"),
    ):
        with pytest.raises(error, match=message):
            explain(adata, mini, **options)
    monkeypatch.setattr(settings, "max_scores_mb", 1e-4)
    with pytest.raises(ValueError, match=r"contributions of 40 bases at 5 sites take .* settings\.max_scores_mb"):
        explain(adata, mini)
    adata.uns["tfbs"]["sites"] = adata.uns["tfbs"]["sites"].iloc[:0]
    with pytest.raises(ValueError, match=r"no sites were called of AAA in B, so there is nothing to explain"):
        explain(adata, mini, regions=None)
    assert "contributions" not in adata.uns["tfbs"]


def test_copies_are_explained_and_the_original_left_alone(adata, mini):
    copied = sma.tl.contributions(adata, "AAA", "B", genome=mini.genome, regions=REGIONS[:1], width=4, copy=True)
    assert len(sma.get.contributions(copied).sites) == 1
    assert "contributions" not in adata.uns["tfbs"]


def same(found, expected):
    assert (found.tf, found.group) == (expected.tf, expected.group)
    pd.testing.assert_frame_equal(
        found.sites.assign(chrom=found.sites["chrom"].astype(str)),
        expected.sites.assign(chrom=expected.sites["chrom"].astype(str)),
    )
    np.testing.assert_array_equal(found.codes, expected.codes)
    np.testing.assert_array_equal(found.hypothetical, expected.hypothetical)
    assert (found.codes.dtype, found.hypothetical.dtype) == (np.uint8, np.float32)


@pytest.mark.parametrize("container", ["h5ad", "zarr", "h5mu"])
def test_contributions_survive_a_file(adata, mini, tmp_path, container):
    expected = explain(adata, mini)
    path = tmp_path / f"a.{container}"
    if container == "h5mu":
        mudata = pytest.importorskip("mudata")
        with columns_not_pulled():
            mudata.MuData({"atac": adata}).write_h5mu(path)
            same(sma.get.contributions(mudata.read_h5mu(path)), expected)
        return
    getattr(adata, f"write_{container}")(path)
    same(sma.get.contributions(getattr(ad, f"read_{container}")(path)), expected)


def test_contributions_in_snapatac2_on_disk(adata, mini, predict, tmp_path):
    snap = pytest.importorskip("snapatac2")
    expected = explain(adata, mini, regions=REGIONS[:2])
    mini.snapatac2().write_h5ad(tmp_path / "a.h5ad")
    backed = snap.read(tmp_path / "a.h5ad")
    try:
        predict(backed, regions="genome", out_dir=tmp_path / "snap", device="cpu")
        found = explain(backed, mini, regions=REGIONS[:2])
        np.testing.assert_array_equal(found.codes, expected.codes)
        np.testing.assert_allclose(found.hypothetical, expected.hypothetical, atol=1e-4)
    finally:
        backed.close()
