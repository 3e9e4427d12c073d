"""Motifs of contributions that lie in an object: tables, files, other networks, bad input."""

import sys

import anndata as ad
import mudata
import numpy as np
import pandas as pd
import pytest
from _planted_motifs import planted, put_contributions
from _slots import make_truth

import scmaxatac as sma
from scmaxatac.datasets._motifs import MOTIFS
from scmaxatac.results._entry import MOTIFS as ENTRY

pytest.importorskip("memelite")

JASPAR = {tf: motif.probabilities for tf, motif in MOTIFS.items()}
FEW = "ignore:there are .* known motifs:UserWarning"
pytestmark = pytest.mark.filterwarnings(FEW)


def parts(*names, n=60, **options):
    return [
        planted(n, (tf,), seed=seed, **options).contributions._replace(tf=tf, group=group)
        for seed, (tf, group) in enumerate(names)
    ]


@pytest.fixture
def adata(tmp_path):
    truth = make_truth(tmp_path / "run", groups=["B", "Mono"], tfs=["CTCF", "SPI1"])
    put_contributions(truth.adata, parts(("CTCF", "B"), ("SPI1", "B"), ("CTCF", "Mono")))
    return truth.adata


def test_every_factor_gets_its_motif_and_the_object_holds_all_tables(adata):
    assert sma.tl.find_motifs(adata, JASPAR) is None
    motifs = sma.get.motifs(adata)
    assert motifs.drop_duplicates("tf")[["tf", "match_tf"]].to_numpy().tolist() == [["CTCF", "CTCF"], ["SPI1", "SPI1"]]
    assert set(adata.uns["tfbs_motifs"]) == {"parameters", *ENTRY.tables}
    for level in ENTRY.tables:
        assert set(sma.get.motifs(adata, level, tfs="SPI1").get("tf", pd.Series(["SPI1"]))) == {"SPI1"}
    assert sma.get.motifs(adata, "matrices", tfs="SPI1")["motif"].unique().tolist() == ["SPI1_1"]
    assert sma.get.motifs(adata, "searches")["n_sites"].tolist() == [60, 60]


def test_groups_are_searched_together_or_one_by_one(adata):
    sma.tl.find_motifs(adata, tfs="CTCF", groups="Mono")
    assert set(sma.get.motifs(adata, "seqlets")["group"]) == {"Mono"}
    with pytest.raises(KeyError, match="no TF 'SPI1'; motifs were searched for of 'CTCF'"):
        sma.get.motifs(adata, tfs="SPI1")


def test_a_copy_leaves_the_object_alone_and_equal_seeds_give_equal_tables(adata):
    first, second = (sma.tl.find_motifs(adata, JASPAR, copy=True) for _ in range(2))
    assert "tfbs_motifs" not in adata.uns
    for level in ENTRY.tables:
        pd.testing.assert_frame_equal(sma.get.motifs(first, level), sma.get.motifs(second, level))


@pytest.mark.parametrize("n_motifs", [2, 0])
@pytest.mark.parametrize("suffix", ["h5ad", "zarr", "h5mu"])
def test_tables_come_back_from_files_also_where_nothing_was_found(tmp_path, suffix, n_motifs):
    truth = make_truth(tmp_path / "run", groups=["B"], tfs=["FOS::JUN", "SPI1"])
    source = parts(("CTCF", "B"), ("SPI1", "B")) if n_motifs else [planted(30, ()).contributions] * 2
    put_contributions(truth.adata, [p._replace(tf=tf) for p, tf in zip(source, ["FOS::JUN", "SPI1"], strict=True)])
    if n_motifs:
        sma.tl.find_motifs(truth.adata, JASPAR)
    else:
        with pytest.warns(UserWarning, match="FOS::JUN: no pattern found from .* seqlets of 30 sites; SPI1: no"):
            sma.tl.find_motifs(truth.adata, JASPAR)
    path = tmp_path / f"data.{suffix}"
    if suffix == "h5mu":
        mudata.MuData({"atac": truth.adata}).write(path)
        read = mudata.read(path)
    else:
        getattr(truth.adata, f"write_{suffix}")(path)
        read = getattr(ad, f"read_{suffix}")(path)
    for level in ENTRY.tables:
        before, after = sma.get.motifs(truth.adata, level), sma.get.motifs(read, level)
        assert list(before) == list(after)
        before, after = before.convert_dtypes(), after.convert_dtypes()  # text is of either of pandas' two types
        pd.testing.assert_frame_equal(before, after, check_dtype=bool(len(before)), check_index_type=False)
    assert len(sma.get.motifs(read)) == n_motifs


def test_known_motifs_come_from_files_of_both_formats_with_odd_names(adata, tmp_path):
    jaspar = tmp_path / "motifs.jaspar"
    rows = [" ".join(map(str, row)) for row in (JASPAR["CTCF"] * 100).T]
    jaspar.write_text("\n".join([">MA1.1 FOS::JUN", *rows]))
    sma.tl.find_motifs(adata, jaspar, tfs="CTCF")
    assert sma.get.motifs(adata)[["match", "match_tf"]].iloc[0].tolist() == ["MA1.1", "FOS::JUN"]
    empty = tmp_path / "empty.meme"
    empty.write_text("MEME version 4\n")
    with pytest.raises(ValueError, match="holds no motif"):
        sma.tl.find_motifs(adata, empty)
    with pytest.raises(FileNotFoundError):
        sma.tl.find_motifs(adata, tmp_path / "none.meme")


def test_few_known_motifs_are_told_once(adata):
    with pytest.warns(UserWarning, match="there are 3 known motifs") as caught:
        sma.tl.find_motifs(adata, JASPAR)
    assert len(caught) == 1


def test_other_predictions_are_told(adata):
    sma.tl.find_motifs(adata)
    params = adata.uns["tfbs"]["params"]
    adata.uns["tfbs"]["params"] = params.replace('"run": "', '"run": "x')
    with pytest.warns(UserWarning, match="was made from another prediction"):
        sma.get.motifs(adata)


def test_bad_input_is_told_before_any_work(adata, tmp_path, monkeypatch):
    def no_work(*_, **__):
        raise AssertionError("it worked")

    monkeypatch.setattr("scmaxatac.tl._find_motifs.search_motifs", no_work)
    for options, message in (
        ({"method": "meme"}, "method is 'meme'; it can be 'cluster' or 'modisco'"),
        ({"min_seqlets": 1}, "min_seqlets is 1; it has to be at least 2"),
        ({"fdr": 2}, "fdr is 2; it has to be from 0 to 1"),
        ({"rng": -1}, "rng is -1"),
        ({"tfs": "SPI1", "min_seqlets": 61}, "contributions of 60 sites of SPI1; a motif takes min_seqlets=61"),
        ({"tfs": []}, "no TF is asked for"),
    ):
        with pytest.raises(ValueError, match=message):
            sma.tl.find_motifs(adata, **options)
    with pytest.raises(KeyError, match="no TF 'GATA3'; contributions were computed for 'CTCF', 'SPI1'"):
        sma.tl.find_motifs(adata, tfs="GATA3")
    with pytest.raises(KeyError, match="no group 'T'; contributions were computed for 'B', 'Mono'"):
        sma.tl.find_motifs(adata, groups="T")
    adata.uns["tfbs_motifs"] = "mine"
    with pytest.raises(ValueError, match="holds something else than a search for motifs"):
        sma.tl.find_motifs(adata)
    without = make_truth(tmp_path / "other", groups=["B"], tfs=["CTCF"]).adata
    with pytest.raises(KeyError, match=r"no contributions under uns\['tfbs'\]: call scmaxatac.tl.contributions first"):
        sma.tl.find_motifs(without)
    with pytest.raises(KeyError, match=r"no search for motifs under .*: call scmaxatac\.tl\.find_motifs first"):
        sma.get.motifs(without)
    with pytest.raises(ValueError, match="level is 'hits'; it can be 'motifs', 'matrices'"):
        sma.get.motifs(adata, "hits")
    monkeypatch.setitem(sys.modules, "modiscolite.tfmodisco", None)
    monkeypatch.setitem(sys.modules, "modiscolite.extract_seqlets", None)
    with pytest.raises(ImportError, match=r"scmaxatac\[modisco\]"):
        sma.tl.find_motifs(adata, method="modisco")


@pytest.fixture(scope="module")
def toy():
    """The toy with predictions on chr5, and contributions of each factor in a cluster that it binds in."""
    toy = sma.datasets.toy()
    data = toy.adata.copy()
    sma.tl.predict_tfbs(data, "cell_type", genome=toy.genome, models="demo", chroms="chr5")
    found = []
    for tf, group in (("CTCF", "B"), ("SPI1", "Mono"), ("GATA3", "CD4/T")):
        best = sma.get.sites(data, tfs=tf, groups=group).nlargest(30, "score")
        sma.tl.contributions(data, tf, group, genome=toy.genome, regions=best, width=80)
        found.append(sma.get.contributions(data))
    return data, found


def test_every_planted_motif_of_the_toy_is_recovered(toy, monkeypatch):
    pytest.importorskip("torch")
    data, found = toy
    tables = {part.tf: part for part in found}
    monkeypatch.setattr(
        "scmaxatac.tl._find_motifs.read_contribution_params",
        lambda _: {"tfs": list(tables), "groups": ["all"]},
    )
    monkeypatch.setattr("scmaxatac.tl._find_motifs.read_contributions", lambda _, tf, __: tables[tf])
    monkeypatch.setattr("scmaxatac.tl._find_motifs.count_sites", lambda _, tf, __: len(tables[tf].codes))
    sma.tl.find_motifs(data, JASPAR, min_seqlets=10)
    first = sma.get.motifs(data).drop_duplicates("tf")
    assert first["tf"].tolist() == first["match_tf"].tolist() == ["CTCF", "SPI1", "GATA3"]
    assert (first["q"] < 1e-4).all()
    assert (first["sign"] == "positive").all()
    assert np.array([len(word) for word in first["consensus"]]).min() >= 6
