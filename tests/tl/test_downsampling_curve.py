import copy
import warnings

import numpy as np
import pandas as pd
import pytest
from _mini import REGIONS
from _networks import random_model

import scmaxatac as sma

CHROMS = ["chr1", "chr2", "chr3", "chrX"]


@pytest.fixture
def peaks():
    """Sites that the formula of the analytic engine knows nothing about, but some of them in regions."""
    rows = [("chr1", 1_500, 1_700), ("chr1", 3_100, 3_200), ("chr2", 4_600, 4_650), ("chrX", 3_300, 3_400)]
    return pd.DataFrame(rows, columns=["chrom", "start", "end"])


@pytest.fixture
def curve(mini, mini_models, analytic, fragment_file, tmp_path):
    """Call downsampling_curve with what all tests have in common; later options win."""

    def run(data=None, **options):
        adata = mini.adata(fragment_file) if data is None else data
        common = {
            "group": "CD4/T", "genome": mini.genome, "models": mini_models, "sizes": [100, 400], "threshold": 0.2,
            "n_bootstrap": 20, "block_size": 2_000, "out_dir": tmp_path / "curve",
        }  # fmt: skip
        return sma.tl.downsampling_curve(adata, "leiden", **common | options)

    return run


@pytest.fixture
def predicted(mini, mini_models, analytic, fragment_file, tmp_path, monkeypatch):
    monkeypatch.setattr(sma.settings, "min_stored_score", 0.0)
    adata = mini.adata(fragment_file)
    sma.tl.predict_tfbs(
        adata,
        "leiden",
        genome=mini.genome,
        models=mini_models,
        threshold=0.2,
        min_fragments=1,
        out_dir=tmp_path / "full",
    )
    return adata


def test_all_fragments_give_what_predict_tfbs_gives(curve, predicted, mini, peaks):
    table = curve(peaks={"AAA": peaks, "BBB": peaks}).set_index(["tf", "n_fragments"])
    qc = sma.get.qc(predicted).loc["CD4/T"]
    for tf in ("AAA", "BBB"):
        row = table.loc[tf, qc["n_fragments"]]
        assert row["n_sites"] == len(sma.get.sites(predicted, tfs=tf, groups="CD4/T")) > 0
        assert row["p99"] == qc["p99"]
        assert row["n_cells"] == 14
        assert row["ap_vs_full_depth"] == pytest.approx(1)
        assert row["spearman"] == pytest.approx(1)
        scores = sma.get.track(predicted, tf, "CD4/T")
        scores = scores[[inside(s) for s in scores.itertuples()]]
        expected = sma.tl.benchmark(scores, peaks, genome=mini.genome, chroms=CHROMS, n_bootstrap=0).loc["pooled"]
        for name in expected.index:
            assert row[name] == pytest.approx(expected[name], nan_ok=True)


def inside(bin_):
    rows = REGIONS[REGIONS["chrom"] == bin_.chrom]
    return bool(((rows["start"] < bin_.end) & (rows["end"] > bin_.start)).any())


def test_a_single_region_leaves_nothing_to_rank_and_that_is_told(curve):
    with pytest.warns(UserWarning, match="spearman will be NaN: it ranks regions, and there is one"):
        table = curve(regions="chr1:1,000-3,000", chroms=CHROMS)
    assert table["spearman"].isna().all()


def test_a_smaller_library_gives_what_a_thinned_pseudobulk_holds(curve, mini, fragment_file):
    table = curve(rng=3)
    bulks = sma.pp.pseudobulk(
        mini.adata(fragment_file), "leiden", genome=mini.genome, max_fragments=400, min_fragments=1, rng=3
    )
    row = table[(table["tf"] == "AAA") & (table["n_fragments"] == 400)].iloc[0]
    assert row["p99"] == bulks.qc.loc["CD4/T", "p99"]
    assert 0.3 < row["spearman"] < 1
    assert 0 < table["ap_vs_full_depth"].min() < 1


def test_a_group_that_the_blacklist_empties_is_warned_about(curve, mini):
    everywhere = pd.DataFrame({"chrom": ["chr1"], "start": [0], "end": [mini.genome.sizes["chr1"]]})
    genome = sma.Genome.from_codes(mini.codes, blacklist=everywhere)
    with pytest.warns(UserWarning, match=r"of 1 groups lose most .* to the blacklist \('CD4/T' keeps \d+ of [\d,]+\)"):
        curve(genome=genome, chroms=["chr1", "chr2"], tfs="AAA", sizes=[400])


def test_sizes_that_are_all_too_large_leave_all_fragments(curve):
    with pytest.warns(UserWarning, match=r"left out are the sizes \[1000000, 2000000\]"):
        table = curve(sizes=[2 * 10**6, 10**6], tfs="AAA")
    (row,) = table.to_dict("records")
    assert row["ap_vs_full_depth"] == pytest.approx(1)
    assert row["n_cells"] == 14


@pytest.mark.filterwarnings("ignore:.*holds a run of other groups")  # the second call replaces the first
def test_there_is_a_row_for_every_factor_and_size_with_all_fragments_last(curve):
    with pytest.warns(UserWarning, match=r"left out are the sizes \[1000000\]"):
        table = curve(sizes=[400, 100, 400, 10**6])
    n = int(table["n_fragments"].max())
    assert table["tf"].tolist() == ["AAA"] * 3 + ["BBB"] * 3
    assert table["n_fragments"].tolist() == [100, 400, n] * 2
    assert "average_precision" not in table
    assert table["n_cells"].tolist() == [round(size * 14 / n) for size in (100, 400, n)] * 2
    default = curve(sizes=None, tfs="AAA")
    assert default["n_fragments"].tolist() == [round(share * n) for share in (0.02, 0.05, 0.1, 0.2, 0.5, 1)]


def test_the_seed_decides_and_the_object_stays_as_it_was(curve, mini, fragment_file, peaks):
    adata = mini.adata(fragment_file)
    before = copy.deepcopy(dict(adata.uns)), list(adata.obsm), adata.obs.copy()
    options = {"data": adata, "peaks": {"AAA": peaks}, "tfs": "AAA"}
    one, same, other = (curve(**options, rng=rng) for rng in (1, np.random.default_rng(1), 2))
    pd.testing.assert_frame_equal(one, same)
    assert not np.array_equal(one["spearman"], other["spearman"])
    assert one["n_sites"].iloc[-1] == other["n_sites"].iloc[-1]
    assert (dict(adata.uns), list(adata.obsm)) == before[:2]
    pd.testing.assert_frame_equal(adata.obs, before[2])


def test_repeats_differ_and_more_of_them_change_none(curve, tmp_path):
    one, two, three = (curve(n_repeats=n, rng=4, out_dir=tmp_path / str(n)) for n in (1, 2, 3))
    full = one["n_fragments"].max()
    assert one["repeat"].tolist() == [1] * 6
    assert three.loc[three["tf"] == "AAA", ["n_fragments", "repeat"]].to_numpy().tolist() == [
        [100, 1], [100, 2], [100, 3], [400, 1], [400, 2], [400, 3], [full, 1],
    ]  # fmt: skip
    for n, fewer in ((1, one), (2, two)):
        pd.testing.assert_frame_equal(three[three["repeat"] <= n].reset_index(drop=True), fewer)
    drawn = three[three["n_fragments"] < full].groupby(["tf", "n_fragments"])
    assert (drawn["spearman"].nunique() == 3).all()
    assert (drawn["n_cells"].nunique() == 1).all()


def test_a_repeat_is_drawn_as_with_the_generators_that_were_spawned_next(curve, tmp_path):
    rng = np.random.default_rng(4)
    rng.spawn(3)  # those of the first repeat; the object has three groups
    alone = curve(rng=rng, tfs="AAA", out_dir=tmp_path / "alone")
    both = curve(rng=4, n_repeats=2, tfs="AAA", out_dir=tmp_path / "both")
    columns = ["n_fragments", "p99", "n_sites", "spearman"]
    second = both.loc[both["repeat"] == 2, columns].reset_index(drop=True)
    pd.testing.assert_frame_equal(second, alone.loc[alone["n_fragments"] <= 400, columns].reset_index(drop=True))


def test_whole_chromosomes_can_be_predicted(curve, peaks):
    table = curve(regions="genome", peaks=peaks, tfs=["AAA"], block_size=400, compare_in=pd.DataFrame(
        {"chrom": ["chr1"], "start": [0], "end": [8000]}
    ))  # fmt: skip
    assert table["spearman"].iloc[-1] == pytest.approx(1)
    assert table["ap_vs_full_depth"].iloc[-1] == pytest.approx(1)
    assert (table["n_positive"] == 3).all()
    assert (table["n_bins"] < 40).all()
    assert (table["ap_low"] <= table["ap_high"]).all()


def jaspar(word):
    return "".join(" ".join("9" if code == base else "0" for code in word) + "\n" for base in range(4))


def test_the_motif_baseline_counts_matches_in_covered_bins(curve, mini, fragment_file, peaks, tmp_path):
    pytest.importorskip("memelite")
    motifs = tmp_path / "motifs.jaspar"
    places = [("chr1", 1_510), ("chr1", 3_150), ("chr2", 4_610), ("chr2", 8_700), ("chr1", 12_000), ("chrX", 1_800)]
    words = [mini.codes[chrom][start : start + 12] for chrom, start in places]
    motifs.write_text("".join(f">m{i} aaa\n{jaspar(word)}" for i, word in enumerate(words)))
    peaks_of = {"AAA": peaks, "BBB": peaks}
    table = curve(sizes=[40], motifs=motifs, peaks=peaks_of, n_bootstrap=0, regions="genome")
    assert table.loc[table["tf"] == "BBB", "motif_average_precision"].isna().all()
    bulks = sma.pp.pseudobulk(
        mini.adata(fragment_file), "leiden", genome=mini.genome, max_fragments=40, min_fragments=1
    )
    whole = pd.DataFrame({"chrom": CHROMS, "start": 0, "end": [mini.genome.sizes[c] for c in CHROMS]})
    hits = sma.tl.motif_scan(mini.genome, motifs, regions=whole)
    signal = bulks.signal("CD4/T")
    lit = [signal.values(h.chrom, h.start, h.end).max() > 0 for h in hits.itertuples()]
    assert 0 < sum(lit) < len(lit)
    expected = sma.tl.benchmark(hits[lit], peaks, genome=mini.genome, chroms=CHROMS, n_bootstrap=0)
    row = table[table["tf"] == "AAA"].iloc[0]
    assert row["motif_average_precision"] == pytest.approx(expected.loc["pooled", "average_precision"])


def test_a_library_without_insertions_on_the_chromosomes_has_an_empty_row(curve, peaks):
    with pytest.warns(UserWarning, match="group '1' is skipped"):
        table = curve(sizes=[1], chroms="chr2", rng=1, peaks=peaks, tfs="AAA", block_size=200)
    row = table.iloc[0]
    assert row["n_sites"] == 0
    assert np.isnan(row["ap_vs_full_depth"])
    assert np.isnan(row["average_precision"])
    assert row["warnings"].startswith("skipped")


def test_too_few_blocks_are_told_before_anything_is_predicted(curve, peaks, analytic):
    options = {"peaks": {"AAA": peaks}, "tfs": "AAA", "chroms": ["chr1", "chr2"], "block_size": 10_000}
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        with pytest.raises(UserWarning, match=r"fewer than 10 blocks of 10,000 bp hold bins.*\(chr1, chr2: \d\);"):
            curve(**options)
    assert analytic.windows == 0
    with pytest.warns(UserWarning, match="choose a smaller block_size") as caught:
        table = curve(**options)
    assert len([w for w in caught if "block_size" in str(w.message)]) == 1
    assert (table["ap_low"] <= table["ap_high"]).all()
    assert table["average_precision"].notna().all()


def test_every_threshold_can_be_asked_for_as_all_scores_are_kept(
    curve, mini, mini_models, fragment_file, tmp_path, monkeypatch
):
    assert sma.settings.min_stored_score > 0.004
    table = curve(threshold=0.004, tfs="AAA")
    assert (table["threshold"] == 0.004).all()
    monkeypatch.setattr(sma.settings, "min_stored_score", 0.0)
    adata = mini.adata(fragment_file)
    options = {"genome": mini.genome, "models": mini_models[0], "threshold": 0.004, "min_fragments": 1}
    sma.tl.predict_tfbs(adata, "leiden", **options, out_dir=tmp_path / "full")
    assert table["n_sites"].iloc[-1] == len(sma.get.sites(adata, tfs="AAA", groups="CD4/T"))


def test_that_thresholds_do_not_fit_small_libraries_is_no_surprise(curve, mini, mini_models, fragment_file, tmp_path):
    """The warning names groups and recommends call_sites, and here there are neither."""
    with pytest.warns(UserWarning, match="published thresholds may not fit"):
        sma.tl.predict_tfbs(
            mini.adata(fragment_file), "leiden", genome=mini.genome, models=mini_models, regions="genome",
            min_fragments=1, out_dir=tmp_path / "full",
        )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        table = curve(threshold="f1", regions="genome")
    assert table["threshold"].tolist() == [0.5] * 3 + [0.3] * 3


def test_a_preset_is_a_step_and_a_strand(curve, tmp_path):
    preset = curve(preset="accurate")
    pd.testing.assert_frame_equal(preset, curve(step=128, strand="mean", out_dir=tmp_path / "spelled_out"))
    assert not preset.equals(curve(out_dir=tmp_path / "original"))


def test_peaks_and_regions_that_do_not_fit_the_genome_are_told_before_anything_is_predicted(curve, peaks, analytic):
    plain = peaks.assign(chrom=peaks["chrom"].str.removeprefix("chr"))
    with pytest.raises(ValueError, match="peaks of AAA are on 1, 2, X, none of which"):
        curve(peaks={"AAA": plain}, tfs="AAA")
    with pytest.raises(ValueError, match="peaks of AAA: chr1:1500-10001500 lies off"):
        curve(peaks={"AAA": peaks.assign(end=peaks["start"] + 10**7)}, tfs="AAA")
    with pytest.raises(ValueError, match="intervals of compare_in are on 1, 2, X, none of which"):
        curve(peaks={"AAA": peaks}, tfs="AAA", compare_in=plain)
    with pytest.raises(ValueError, match="none of the intervals of compare_in lies on chr1; they are on chr2, chrX"):
        curve(peaks={"AAA": peaks}, tfs="AAA", compare_in=peaks[2:], chroms="chr1")
    assert analytic.windows == 0


def test_bad_input_is_told(curve, peaks):
    with pytest.raises(ValueError, match="preset is 'best'"):
        curve(preset="best")
    with pytest.raises(KeyError, match="no group 'T'; there are 'B', 'CD4/T', 'Mono'"):
        curve(group="T")
    with pytest.raises(ValueError, match="n_repeats is 0; it has to be at least 1"):
        curve(n_repeats=0)
    with pytest.raises(ValueError, match=r"sizes is \[0, 5\]"):
        curve(sizes=[0, 5])
    with pytest.raises(ValueError, match="peaks are of one factor, but 2 are predicted"):
        curve(peaks=peaks)
    with pytest.raises(ValueError, match="peaks of AAA are of 2 factors"):
        curve(peaks={"AAA": peaks.assign(tf=["AAA", "BBB"] * (len(peaks) // 2) + ["AAA"] * (len(peaks) % 2))})
    with pytest.raises(ValueError, match="give peaks as well"):
        curve(motifs={"AAA": np.ones((4, 4))})
    with pytest.raises(KeyError, match="there is no motif of AAA"):
        curve(motifs={"CCC": np.ones((4, 4))}, peaks={"AAA": peaks})
    with pytest.raises(ValueError, match="bin_size is 0"):
        curve(bin_size=0)
    with pytest.raises(ValueError, match="no calibration table"):
        curve(models=random_model("AAA", 1, calibrated=False), threshold="f1")


def test_pseudobulks_give_the_curve_of_the_object(curve, mini, fragment_file, mini_models, tmp_path):
    direct = curve(rng=3, regions=REGIONS)
    bulks = sma.pp.pseudobulk(mini.adata(fragment_file), "leiden", genome=mini.genome, min_fragments=1)
    again = sma.tl.downsampling_curve(
        bulks, group="CD4/T", models=mini_models, sizes=[100, 400], threshold=0.2, regions=REGIONS,
        out_dir=tmp_path / "curve", rng=3,
    )  # fmt: skip
    pd.testing.assert_frame_equal(again, direct)
    with pytest.raises(KeyError, match="no group 'T'; there are 'B', 'CD4/T', 'Mono'"):
        sma.tl.downsampling_curve(bulks, group="T", models=mini_models, regions=REGIONS)
