"""Hits of motifs in an object's sites: which motifs in which sites, files, bad input."""

import json

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from _planted_motifs import planted, put_contributions
from _slots import SIZES, make_truth

import scmaxatac as sma
from scmaxatac.datasets._motifs import MOTIFS

pytest.importorskip("memelite")

JASPAR = {tf: motif.probabilities for tf, motif in MOTIFS.items()}


@pytest.fixture(scope="module")
def genome():
    rng = np.random.default_rng(0)
    return sma.Genome.from_codes({name: rng.integers(0, 4, size).astype(np.uint8) for name, size in SIZES.items()})


@pytest.fixture
def adata(tmp_path, genome):
    adata = make_truth(tmp_path / "run", groups=["B", "Mono"], tfs=["CTCF", "SPI1"], seed=4).adata
    params = json.loads(adata.uns["tfbs"]["params"])
    params["genome"]["sequence"] = genome.sequence_fingerprint
    adata.uns["tfbs"]["params"] = json.dumps(params)
    return adata


def test_given_motifs_are_sought_in_the_sites_of_every_factor(adata, genome):
    sma.tl.motif_hits(adata, JASPAR, genome=genome, p_value=1e-3)
    hits, summary = (sma.get.motif_hits(adata, level) for level in ("hits", "summary"))
    assert set(zip(summary["tf"], summary["motif"], strict=True)) == {
        (tf, m) for tf in ("CTCF", "SPI1") for m in JASPAR
    }
    assert len(hits) > 5
    sites = sma.get.sites(adata)
    assert summary["n_sites"].sum() == 3 * len(sites)
    assert summary["n_hits"].sum() == len(hits)
    middle = (hits["start"] + hits["end"]) // 2
    assert ((hits["site_start"] <= middle) & (middle < hits["site_end"])).all()
    known = set(sites[["tf", "group", "start", "end"]].astype(str).itertuples(index=False, name=None))
    in_sites = hits[["tf", "group", "site_start", "site_end"]].astype(str).itertuples(index=False, name=None)
    assert set(in_sites) <= known
    first = hits.iloc[0]
    only = sma.get.motif_hits(adata, tfs=first["tf"], groups=first["group"], motifs=[first["motif"]])
    assert set(only[["tf", "group", "motif"]].itertuples(index=False, name=None)) == {
        tuple(first[["tf", "group", "motif"]])
    }


def test_motifs_are_chosen_by_identifier_or_factor(adata, genome, tmp_path):
    path = tmp_path / "motifs.jaspar"
    rows = [[" ".join(map(str, row)) for row in (JASPAR[tf] * 100).T] for tf in ("CTCF", "SPI1")]
    path.write_text("\n".join([">MA1.1 FOS::JUN", *rows[0], ">MA2.1 FOS::JUN", *rows[1], ">MA3.1 X", *rows[1]]))
    for names, expected in (
        ("MA1.1", {"MA1.1"}),
        ("FOS::JUN", {"MA1.1", "MA2.1"}),
        (["X", "MA1.1"], {"MA3.1", "MA1.1"}),
    ):
        sma.tl.motif_hits(adata, path, genome=genome, names=names, p_value=1e-3)
        assert set(sma.get.motif_hits(adata, "summary")["motif"]) == expected
    with pytest.raises(KeyError, match="no motif 'JUN'"):
        sma.tl.motif_hits(adata, path, genome=genome, names="JUN")


def test_found_motifs_are_sought_in_the_sites_of_their_own_factor(adata, genome):
    with pytest.raises(KeyError, match=r"no search for motifs under .*: call scmaxatac\.tl\.find_motifs first"):
        sma.tl.motif_hits(adata, genome=genome)
    parts = [planted(50, (tf,)).contributions._replace(tf=tf) for tf in ("CTCF", "SPI1")]
    put_contributions(adata, parts)
    sma.tl.find_motifs(adata)
    sma.tl.motif_hits(adata, genome=genome, p_value=1e-3)
    summary = sma.get.motif_hits(adata, "summary")
    assert set(zip(summary["tf"], summary["motif"], strict=True)) == {("CTCF", "CTCF_1"), ("SPI1", "SPI1_1")}
    sma.tl.motif_hits(adata, genome=genome, names="SPI1_1", p_value=1e-3)
    assert set(sma.get.motif_hits(adata, "summary")["tf"]) == {"SPI1"}
    with pytest.raises(KeyError, match="no TF 'GATA3'; motifs were found of 'CTCF', 'SPI1'"):
        sma.tl.motif_hits(adata, genome=genome, tfs="GATA3")


@pytest.mark.parametrize("p_value", [1e-3, 1e-11])
@pytest.mark.parametrize("suffix", ["h5ad", "zarr"])
def test_hits_come_back_from_files_also_where_there_is_none(adata, genome, tmp_path, suffix, p_value):
    sma.tl.motif_hits(adata, {"CTCF": JASPAR["CTCF"]}, genome=genome, p_value=p_value)
    path = tmp_path / f"data.{suffix}"
    getattr(adata, f"write_{suffix}")(path)
    read = getattr(ad, f"read_{suffix}")(path)
    for level in ("hits", "summary"):
        before, after = sma.get.motif_hits(adata, level), sma.get.motif_hits(read, level)
        assert list(before) == list(after)
        pd.testing.assert_frame_equal(before, after, check_dtype=bool(len(before)), check_index_type=False)
    assert sma.get.motif_hits(read).empty == (p_value < 1e-3)


def test_a_copy_leaves_the_object_alone(adata, genome):
    changed = sma.tl.motif_hits(adata, JASPAR, genome=genome, copy=True)
    assert "tfbs_motif_hits" in changed.uns
    assert "tfbs_motif_hits" not in adata.uns


def test_bad_input_is_told_before_any_work(adata, genome, monkeypatch):
    def no_work(*_, **__):
        raise AssertionError("it worked")

    monkeypatch.setattr("scmaxatac.tl._motif_hits.hits_in_sites", no_work)
    for options, message in (
        ({"p_value": 0}, "0 < p_value < 1"),
        ({"p_value": "x"}, "p_value is 'x'"),
        ({"pseudocount": 0}, "pseudocount > 0"),
        ({"genome": None}, "genome is missing"),
        ({"genome": sma.Genome.from_codes({"chr22": np.zeros(500, np.uint8)})}, "has another sequence"),
        ({"motifs": {}}, "motifs is empty"),
    ):
        with pytest.raises(ValueError, match=message):
            sma.tl.motif_hits(adata, **{"motifs": JASPAR, "genome": genome} | options)
    adata.uns["tfbs_motif_hits"] = 5
    with pytest.raises(ValueError, match="holds something else than a search for hits"):
        sma.tl.motif_hits(adata, JASPAR, genome=genome)
    with pytest.raises(ValueError, match="level is 'sites'; it can be 'hits', 'summary'"):
        sma.get.motif_hits(adata, "sites")
    with pytest.raises(KeyError, match=r"no search for hits under .*: call scmaxatac\.tl\.motif_hits first"):
        sma.get.motif_hits(adata)


def test_motifs_without_any_match_are_warned_of_and_no_site_is_an_error(adata, genome):
    with pytest.warns(UserWarning, match=r"too short for any match with p < 0.0001: short \(4 bp\)"):
        sma.tl.motif_hits(adata, {"short": np.eye(4) * 100, "CTCF": JASPAR["CTCF"]}, genome=genome)
    adata.uns["tfbs"]["sites"] = adata.uns["tfbs"]["sites"].iloc[:0]
    with pytest.raises(ValueError, match="there is no site of CTCF, SPI1"):
        sma.tl.motif_hits(adata, JASPAR, genome=genome)
