"""The search for motifs as a whole: names, strands, places and what is left out."""

import numpy as np
import pandas as pd
import pytest
from _planted_motifs import WIDTH, planted

from scmaxatac.datasets._motifs import MOTIFS
from scmaxatac.evaluate._motif_search import BASES, _seqlets, motifs_of, pool_contributions, search_motifs, told
from scmaxatac.io._motifs import Motif
from scmaxatac.sequence._patterns import Pattern

pytest.importorskip("memelite")

KNOWN = [Motif(motif.accession, tf, motif.probabilities * 1000) for tf, motif in MOTIFS.items()]


def of(tf, group="B", n=120, seed=0, **options):
    return planted(n, (tf,), seed=seed, **options).contributions._replace(tf=tf, group=group)


@pytest.fixture(scope="module")
def tables():
    nothing = planted(60, (), seed=7).contributions._replace(tf="FOS::JUN")
    lowers = of("SPI1", sign=-1)
    return search_motifs([("CTCF", [of("CTCF")]), ("SPI1", [lowers]), ("FOS::JUN", [nothing])], KNOWN)


def test_motifs_carry_their_factor_their_sign_and_their_match(tables):
    motifs = tables["motifs"]
    assert motifs["motif"].tolist() == ["CTCF_1", "SPI1_negative_1"]
    assert motifs["sign"].tolist() == ["positive", "negative"]
    assert motifs["match_tf"].tolist() == ["CTCF", "SPI1"]
    assert motifs["match"].tolist() == ["MA0139.1", "MA0080.5"]
    assert (motifs["q"] < 1e-3).all()
    assert (np.sign(motifs["contribution"]) == [1, -1]).all()
    assert (motifs["width"] == motifs["consensus"].str.len()).all()


def test_motifs_read_as_their_match_does(tables):
    best = tables["matches"].drop_duplicates("motif")
    assert best["strand"].tolist() == ["+", "+"]
    assert "AGGGGGC" in tables["motifs"]["consensus"].str.upper().iloc[0]
    assert "GGAAGT" in tables["motifs"]["consensus"].str.upper().iloc[1]


def test_seqlets_hold_the_consensus_on_their_strand(tables):
    part = of("CTCF")
    seqlets = tables["seqlets"].query("motif == 'CTCF_1'")
    assert len(seqlets) == tables["motifs"]["n_seqlets"].iloc[0] > 80
    counts = np.zeros((tables["motifs"]["width"].iloc[0], 4))
    for row in seqlets.itertuples():
        site = int(np.flatnonzero((part.sites["start"] <= row.start) & (row.end <= part.sites["end"]))[0])
        start = row.start - part.sites["start"].iloc[site]
        word = part.codes[site, start : start + len(counts)]
        assert row.contribution == pytest.approx(part.actual[site, start : start + len(counts)].sum(), rel=1e-4)
        counts[np.arange(len(counts)), 3 - word[::-1] if row.strand == "-" else word] += 1
    matrix = tables["matrices"].query("motif == 'CTCF_1'")
    np.testing.assert_array_equal(matrix[[*BASES]], counts)
    assert matrix["position"].tolist() == list(range(len(counts)))


def test_a_seqlet_that_reaches_over_the_end_of_its_chromosome_ends_where_it_is():
    part = of("CTCF", n=2)
    at_zero = part._replace(sites=part.sites.assign(start=[0, 500], end=[WIDTH, 500 + WIDTH], group="B"))
    matrix = np.ones((5, 4))
    pattern = Pattern(matrix, matrix, matrix, np.array([0, 1]), np.array([-3, -3]), np.array([False, True]))
    table = _seqlets("M", pattern, at_zero)
    assert table[["start", "end"]].to_numpy().tolist() == [[0, 2], [497, 502]]
    np.testing.assert_allclose(table["contribution"], part.actual[:, :2].sum(axis=1), rtol=1e-5)


def test_a_factor_without_a_motif_is_told_with_its_seqlets(tables):
    searches = tables["searches"].set_index("tf")
    assert searches.loc["FOS::JUN", "remark"].startswith("no pattern found from ")
    assert searches.loc["FOS::JUN", "remark"].endswith(" seqlets of 60 sites")
    assert searches["n_motifs"].tolist() == [1, 1, 0]
    assert told(tables["searches"]) == f"FOS::JUN: {searches.loc['FOS::JUN', 'remark']}"


def test_without_known_motifs_and_without_motifs_tables_keep_their_types():
    with_motif = search_motifs([("CTCF", [of("CTCF", n=40)])], [])
    without = search_motifs([("CTCF", [planted(40, (), seed=7).contributions])], KNOWN)
    assert with_motif["motifs"][["match", "match_tf"]].iloc[0].tolist() == ["", ""]
    assert np.isnan(with_motif["motifs"]["q"].iloc[0])
    for name in with_motif:
        assert with_motif[name].dtypes.equals(without[name].dtypes)
    assert without["motifs"].empty
    assert with_motif["matches"].empty


def test_sequence_that_groups_share_counts_once_where_its_score_is_largest():
    first, second = of("CTCF"), of("CTCF", "Mono")
    second = second._replace(sites=second.sites.assign(score=np.where(np.arange(120) < 30, 0.9, 0.1)))
    pooled, n_out = pool_contributions([first, second])
    assert n_out == 120
    assert pooled.sites["group"].tolist().count("Mono") == 30
    assert pooled.codes.shape == (120, WIDTH)
    both = search_motifs([("CTCF", [first, second])], [])
    assert both["searches"][["n_sites", "n_overlapping"]].iloc[0].tolist() == [120, 120]
    assert both["seqlets"]["group"].value_counts().to_dict().keys() == {"B", "Mono"}
    assert both["motifs"]["n_seqlets"].iloc[0] <= 120


def test_of_sites_that_overlap_the_best_are_kept():
    rng = np.random.default_rng(0)
    part = of("CTCF", n=150)
    start = np.sort(rng.integers(0, 9_000, 150))
    score = rng.random(150)
    score[::7] = np.nan
    sites = pd.DataFrame(
        {"chrom": np.where(np.arange(150) % 2, "chr1", "chr2"), "start": start, "end": start + WIDTH, "score": score}
    )
    pooled, n_out = pool_contributions([part._replace(sites=sites)])
    kept: list[int] = []
    for i in sites["score"].fillna(-1).sort_values(ascending=False, kind="stable").index:
        if all(sites["chrom"][i] != sites["chrom"][k] or abs(start[i] - start[k]) >= WIDTH for k in kept):
            kept.append(i)
    assert sorted(kept) == np.flatnonzero(sites["start"].isin(pooled.sites["start"]) & sites.index.isin(kept)).tolist()
    assert len(pooled.sites) == len(kept) == 150 - n_out


def test_narrow_windows_and_contributions_that_are_not_finite_are_refused():
    part = of("CTCF", n=30)
    narrow = part._replace(codes=part.codes[:, :40], hypothetical=part.hypothetical[:, :, :40])
    with pytest.raises(ValueError, match=r"contributions of CTCF are of 40 bp around each site; .* at least 41 bp"):
        search_motifs([("CTCF", [narrow])], [])
    broken = part.hypothetical.copy()
    broken[4, 1, 7] = np.nan
    with pytest.raises(ValueError, match=r"CTCF at chr1:5,000-5,129 are not finite \(of 1 sites in all\)"):
        search_motifs([("CTCF", [part._replace(hypothetical=broken)])], [])


def test_sites_of_one_base_and_of_unknown_sequence_give_no_motif():
    part = of("CTCF", n=40)
    same = part._replace(codes=np.zeros_like(part.codes), hypothetical=np.zeros_like(part.hypothetical))
    unknown = same._replace(codes=np.full_like(part.codes, 4))
    for nothing in (same, unknown):
        tables = search_motifs([("CTCF", [nothing])], KNOWN)
        assert tables["searches"]["remark"].tolist() == ["no pattern found from 0 seqlets of 40 sites"]


def test_found_motifs_become_motifs_again(tables):
    (motif,) = motifs_of(tables["matrices"], ["SPI1_negative_1"])
    assert motif.id == "SPI1_negative_1"
    assert motif.counts.shape == (tables["motifs"]["width"].iloc[1], 4)
    assert motif.counts.sum() == pytest.approx(tables["motifs"]["n_seqlets"].iloc[1] * len(motif.counts), rel=0.05)
