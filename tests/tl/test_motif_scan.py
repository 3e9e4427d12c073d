import json
import sys

import numpy as np
import pandas as pd
import pytest

import scmaxatac as sma

pytest.importorskip("memelite")

# JASPAR CORE 2024, CC BY 4.0
JASPAR = """>MA0139.2 CTCF
A [ 281 56 8 744 40 107 851 5 333 54 12 56 104 372 82 ]
C [ 49 800 903 13 528 433 11 0 3 12 0 8 733 13 482 ]
G [ 449 21 0 65 334 48 32 903 566 504 890 775 5 507 307 ]
T [ 134 36 2 91 11 324 18 3 9 341 8 71 67 17 37 ]
>MA0080.7 Spi1
A [ 66531 82280 81461 8636 89952 4077 2028 102012 99529 7616 16997 9972 23194 ]
C [ 6863 5758 2330 12201 2594 550 831 1095 958 7067 3716 6075 11577 ]
G [ 22807 10614 10220 79986 9636 99360 101383 1063 1822 89140 5128 83385 57669 ]
T [ 8997 6546 11187 4375 3016 1211 956 1028 2889 1375 79357 5766 12758 ]
>MA0473.4 ELF1
A [ 3094 42164 320 649 45930 45243 4063 3009 5688 ]
C [ 37923 4038 421 505 796 705 1570 1993 4236 ]
G [ 4819 932 46642 45970 676 779 41738 2007 34757 ]
T [ 1934 636 387 646 368 1043 399 40761 3089 ]
"""


@pytest.fixture(scope="module")
def chr22(data_dir):
    genome = sma.Genome(
        data_dir / "chr22" / "hg38_chr22_partial.fa.gz", blacklist=data_dir / "maxatac" / "hg38_maxatac_blacklist.bed"
    )
    track = np.load(data_dir / "golden" / "prepare" / "chr22_IS_slop20_RP20M_minmax01.npz")
    first, last = track["start"] // 200, (track["end"] - 1) // 200
    bins = np.unique(np.concatenate([first, last]))
    accessible = pd.DataFrame({"chrom": "chr22", "start": bins * 200, "end": bins * 200 + 200})
    return genome, accessible


@pytest.fixture(scope="module")
def jaspar(tmp_path_factory):
    path = tmp_path_factory.mktemp("motifs") / "three.jaspar"
    path.write_text(JASPAR)
    return path


@pytest.mark.parametrize("tf", ["CTCF", "SPI1", "ELF1"])
def test_the_baseline_of_the_reference_data_is_reproduced(data_dir, chr22, jaspar, tf):
    genome, accessible = chr22
    golden = json.loads((data_dir / "golden" / "benchmark" / "benchmark.json").read_text())
    known = pd.DataFrame({"chrom": ["chr22"], "start": [0], "end": [genome.sizes["chr22"]]})
    for regions, name in ((accessible, "pwm_hits_in_accessible_bins"), (known, "pwm_hits_all")):
        hits = sma.tl.motif_scan(genome, jaspar, regions=regions, tfs=tf)
        if name == "pwm_hits_all":
            assert hits["score"].sum() == golden["pwm"]["tfs"][tf]["hits_both_strands"]
        table = sma.tl.benchmark(
            hits,
            data_dir / "chr22" / "chip" / f"{tf}.GM12878.bed.gz",
            genome=genome,
            chroms="chr22",
            regions=data_dir / "chr22" / "hg38_chr22_partial.covered.bed",
            n_bootstrap=0,
        )
        expected = golden["restricted"][tf][name]
        row = table.loc["pooled"]
        assert row["aupr"] == pytest.approx(expected["aupr_trapezoid_last_point_dropped"], abs=1e-9)
        assert row["average_precision"] == pytest.approx(expected["average_precision"], abs=1e-9)
        assert row["precision_at_5pct_recall"] == pytest.approx(expected["precision_at_5pct_recall"], abs=1e-9)


@pytest.fixture(scope="module")
def toy():
    return sma.datasets.toy()


def test_strong_planted_motifs_are_counted_in_their_bins(toy):
    hits = sma.tl.motif_scan(toy.genome, toy.motifs, regions=toy.peaks)
    assert list(hits.columns) == ["chrom", "start", "end", "tf", "score"]
    assert hits["score"].min() >= 1
    assert (hits["start"] % 200 == 0).all()
    planted = toy.sites.query("strength == 'strong' and tf == 'CTCF' and group == 'B' and bound")
    bins = set(zip(hits["chrom"], hits["start"], hits["tf"], strict=True))
    middle = (planted["start"] + planted["end"]) // 2
    found = [key in bins for key in zip(planted["chrom"], middle // 200 * 200, planted["tf"], strict=True)]
    assert np.mean(found) > 0.95


def test_matches_lie_inside_the_regions_only(toy):
    regions = toy.peaks.query("chrom == 'chr5'").iloc[:40]
    hits = sma.tl.motif_scan(toy.genome, toy.motifs, regions=regions, p_value=1e-3)
    assert hits["chrom"].unique().tolist() == ["chr5"]
    near = [
        ((regions["start"] < end) & (regions["end"] > start)).any()
        for start, end in zip(hits["start"], hits["end"], strict=True)
    ]
    assert all(near)
    fewer = sma.tl.motif_scan(toy.genome, toy.motifs, regions=regions)
    assert 0 < fewer["score"].sum() < hits["score"].sum()


def test_motifs_of_one_factor_are_counted_together(toy, tmp_path):
    counts = "\n".join(" ".join(map(str, row)) for row in np.round(toy.motifs["CTCF"].T * 1000))
    (tmp_path / "two.jaspar").write_text(f">a Ctcf\n{counts}\n>b Ctcf\n{counts}\n")
    regions = toy.peaks.query("chrom == 'chr5'")
    twice = sma.tl.motif_scan(toy.genome, tmp_path / "two.jaspar", regions=regions, tfs=["CTCF"])
    once = sma.tl.motif_scan(toy.genome, {"CTCF": toy.motifs["CTCF"] * 1000}, regions=regions)
    assert twice["tf"].unique().tolist() == ["CTCF"]
    assert twice["score"].tolist() == (2 * once["score"]).tolist()


def test_bins_can_have_another_width_and_end_with_the_chromosome():
    codes = np.full(1030, 0, dtype=np.uint8)
    codes[1020:1030] = 2
    genome = sma.Genome.from_codes({"a": codes})
    motif = {"GGG": np.tile([0.0, 0.0, 1.0, 0.0], (10, 1))}
    regions = pd.DataFrame({"chrom": ["a", "b"], "start": [0, 0], "end": [1030, 10]})
    hits = sma.tl.motif_scan(genome, motif, regions=regions, bin_size=32)
    assert hits.astype({"chrom": str, "tf": str}).to_numpy().tolist() == [["a", 1024, 1030, "GGG", 1]]


def test_nothing_found_gives_an_empty_table():
    genome = sma.Genome.from_codes({"a": np.zeros(500, dtype=np.uint8)})
    regions = pd.DataFrame({"chrom": ["a"], "start": [0], "end": [500]})
    hits = sma.tl.motif_scan(genome, {"C": np.tile([0, 9, 0, 0], (12, 1))}, regions=regions)
    assert hits.empty
    assert hits["score"].dtype.kind == "i"


def test_a_motif_that_is_too_short_for_the_p_value_is_told(toy):
    motifs = {"SHORT": np.tile([0, 0, 9, 0], (8, 1)), "LONG": np.tile([0, 0, 9, 0], (9, 1))}
    regions = toy.peaks.query("chrom == 'chr5'")
    with pytest.warns(UserWarning, match=r"any match with p < 1e-05: SHORT \(SHORT, 8 bp\); take longer"):
        hits = sma.tl.motif_scan(toy.genome, motifs, regions=regions)
    assert "SHORT" not in hits["tf"].tolist()


def test_bad_input_is_told(toy, monkeypatch):
    with pytest.raises(KeyError, match="no motif of MYC; there are motifs of CTCF, SPI1, GATA3"):
        sma.tl.motif_scan(toy.genome, toy.motifs, regions=toy.peaks, tfs="MYC")
    with pytest.raises(ValueError, match="p_value is 0"):
        sma.tl.motif_scan(toy.genome, toy.motifs, regions=toy.peaks, p_value=0)
    with pytest.raises(ValueError, match="regions are on 7, none of which"):
        sma.tl.motif_scan(toy.genome, toy.motifs, regions=pd.DataFrame({"chrom": ["7"], "start": [1], "end": [9]}))
    with pytest.raises(ValueError, match="regions are empty; give at least one"):
        sma.tl.motif_scan(toy.genome, toy.motifs, regions=toy.peaks.iloc[:0])
    with pytest.raises(ValueError, match="none of the regions lies on chr4; they are on chr5"):
        sma.tl.motif_scan(toy.genome, toy.motifs, regions=toy.peaks.query("chrom == 'chr5'"), chroms=["chr4"])
    with pytest.raises(ValueError, match="tfs is empty; name at least one transcription factor"):
        sma.tl.motif_scan(toy.genome, toy.motifs, regions=toy.peaks, tfs=[])
    with pytest.raises(ValueError, match="motifs is empty"):
        sma.tl.motif_scan(toy.genome, {}, regions=toy.peaks)
    monkeypatch.setitem(sys.modules, "memelite", None)
    with pytest.raises(ImportError, match=r"pip install 'scmaxatac\[motifs\]'"):
        sma.tl.motif_scan(toy.genome, toy.motifs, regions=toy.peaks)
