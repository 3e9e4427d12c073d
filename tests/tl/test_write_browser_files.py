"""Files for genome browsers, compared with what `get` gives."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pyBigWig
import pytest
from _mini import SIZES

import scmaxatac as sma
from scmaxatac.io._bed import read_bed
from scmaxatac.io._bigwig import read_bigwig
from scmaxatac.predict._browser_files import assembly_of

pytestmark = pytest.mark.usefixtures("analytic")

GROUPS = ["CD4:T", "CD4/T", "Mono"]


@pytest.fixture
def adata(mini, fragment_file):
    """Two of the groups' names become the same when they are cleaned."""
    adata = mini.adata(fragment_file)
    adata.obs["leiden"] = adata.obs["leiden"].cat.rename_categories({"B": "CD4:T"})
    adata.uns["leiden_colors"] = ["#ff0000", "#00ff00", "#0000ff"]
    return adata


@pytest.fixture
def predicted(adata, predict):
    predict(adata, regions="genome", threshold=0.2)
    return adata


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def table_of(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "files.tsv", sep="\t", keep_default_na=False)


def test_home_may_be_written_as_a_tilde(predicted, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    folder = sma.tl.write_browser_files(predicted, "~/browser", assembly="hg38")
    assert folder == tmp_path / "browser"
    assert (folder / "files.tsv").is_file()


@pytest.mark.parametrize("save_tracks", [False, "sites", "all"])
def test_tracks_hold_what_get_gives(adata, predict, tmp_path, save_tracks):
    predict(adata, regions="genome", threshold=0.2, save_tracks=save_tracks)
    folder = sma.tl.write_browser_files(adata, tmp_path / "browser", assembly="hg38")
    assert folder == tmp_path / "browser"
    for row in table_of(folder).itertuples():
        path = folder / row.path
        if row.kind == "signal":
            expected = sma.get.signal(adata, row.group)
            found = [(chrom, *values) for chrom in SIZES for values in zip(*read_bigwig(path, chrom), strict=True)]
            found = [row for row in found if row[3]]
            assert [row[:3] for row in found] == list(expected[["chrom", "start", "end"]].itertuples(False, None))
            np.testing.assert_array_equal([row[3] for row in found], expected["value"])
        elif row.kind == "scores":
            for chrom in ("chr1", "chrX"):
                bins = sma.get.track(adata, row.tf, row.group, region=f"{chrom}:0-{SIZES[chrom]}")
                starts, _, values = read_bigwig(path, chrom)
                if save_tracks == "all":
                    np.testing.assert_array_equal(values, bins["score"])
                else:
                    covered = {int(b["start"]): b["score"] for _, b in bins.iterrows() if b["score"] >= 0.01}
                    assert set(covered) >= set(starts[values >= 0.011] // 32 * 32)
                    assert abs(values.max() - max(covered.values())) <= 0.0005


@pytest.mark.parametrize("several", [list, lambda both: dict(zip("ab", both, strict=True))], ids=["list", "dict"])
def test_objects_that_were_predicted_together_give_what_one_of_them_gives(predicted, tmp_path, several):
    both = several([predicted, predicted.copy()])
    one = files_in(sma.tl.write_browser_files(predicted, tmp_path / "one", assembly="hg38"))
    found = files_in(sma.tl.write_browser_files(both, tmp_path / "both", assembly="hg38"))
    assert found.keys() == one.keys()
    assert {name for name in one if found[name] != one[name]} <= {".scmaxatac.lock", "scmaxatac.json"}


def test_sites_are_sorted_narrow_peaks_with_whole_scores_and_the_same_as_bigbed(predicted, tmp_path):
    folder = sma.tl.write_browser_files(predicted, tmp_path / "browser", assembly="hg38")
    table = table_of(folder)
    n_sites = 0
    for row in table[table["kind"] == "sites"].itertuples():
        expected = sma.get.sites(predicted, tfs=row.tf, groups=row.group).astype({"chrom": str})
        expected = expected.sort_values(["chrom", "start"])
        if row.path.endswith(".bb"):
            with pyBigWig.open(str(folder / row.path)) as handle:
                assert handle.isBigBed()
                entries = [
                    (chrom, start, end, int(rest.split("\t")[1]))
                    for chrom in sorted(SIZES)
                    for start, end, rest in handle.entries(chrom, 0, SIZES[chrom]) or []
                ]
            scores = [round(1000 * score) for score in expected["score"].astype(float)]
            assert entries == list(zip(expected["chrom"], expected["start"], expected["end"], scores, strict=True))
            continue
        n_sites += len(expected)
        lines = [line.split("\t") for line in (folder / row.path).read_text().splitlines()]
        assert {len(line) for line in lines} == {10}
        assert all(line[4].isdigit() and 0 <= int(line[4]) <= 1000 for line in lines)
        assert lines == sorted(lines, key=lambda line: (line[0], int(line[1]))), "as sort -k1,1 -k2,2n"
        found = read_bed(folder / row.path)
        assert found[["chrom", "start", "end"]].values.tolist() == expected[["chrom", "start", "end"]].values.tolist()
        np.testing.assert_allclose(found["signal_value"], expected["score"], atol=1e-5)
        assert set(found["name"]) == {row.tf}
        assert set(found[["strand"]].values.ravel()) == {"."}
        assert set(found[["p_value", "q_value", "peak"]].to_numpy().ravel()) == {-1}
    assert n_sites == len(sma.get.sites(predicted)) > 20


def test_names_read_and_two_that_clean_up_to_the_same_are_kept_apart(predicted, tmp_path):
    folder = sma.tl.write_browser_files(predicted, tmp_path / "browser", assembly="hg38")
    table = table_of(folder)
    stems = {group: {path.split(".")[0] for path in rows["path"]} for group, rows in table.groupby("group")}
    assert stems == {"CD4:T": {"tracks/CD4_T"}, "CD4/T": {"tracks/CD4_T_2"}, "Mono": {"tracks/Mono"}}
    assert (folder / "tracks" / "Mono.AAA.bw").is_file()
    session = ElementTree.parse(folder / "igv_session.xml").getroot()
    names = {track.get("id"): track.get("name") for track in session.iter("Track")}
    assert names["tracks/CD4_T_2.AAA.bw"] == "AAA in CD4/T"
    assert names["tracks/CD4_T_2.signal.bw"] == "ATAC in CD4/T"
    assert names["tracks/CD4_T_2.AAA.narrowPeak"] == "AAA sites in CD4/T"
    alone = sma.tl.write_browser_files(predicted, tmp_path / "alone", groups="CD4/T", assembly="hg38")
    assert {path.split(".")[0] for path in table_of(alone)["path"]} == {"tracks/CD4_T_2"}, "the same name in every call"


def test_everything_that_is_referred_to_is_there_by_a_relative_path(predicted, tmp_path):
    folder = sma.tl.write_browser_files(predicted, tmp_path / "browser", assembly="hg38")
    moved = folder.rename(tmp_path / "moved")
    session = ElementTree.parse(moved / "igv_session.xml").getroot()
    named = [element.get("path") for element in session.iter("Resource")]
    hub = (moved / "trackDb.txt").read_text().splitlines()
    named += [line.split()[1] for line in hub if line.strip().startswith("bigDataUrl")]
    table = table_of(moved)
    assert sorted(set(named)) == sorted(table["path"])
    assert all((moved / name).is_file() for name in named)


def test_groups_have_the_colours_of_the_object(predicted, tmp_path):
    folder = sma.tl.write_browser_files(predicted, tmp_path / "browser", assembly="hg38")
    session = ElementTree.parse(folder / "igv_session.xml").getroot()
    colors = {track.get("id").split(".")[0]: track.get("color") for track in session.iter("Track")}
    assert colors == {"tracks/CD4_T": "255,0,0", "tracks/CD4_T_2": "0,255,0", "tracks/Mono": "0,0,255"}
    assert (folder / "trackDb.txt").read_text().count("color 0,255,0") == 5


def test_what_is_asked_for_is_written(predicted, tmp_path):
    folder = sma.tl.write_browser_files(
        predicted, tmp_path / "a", formats="igv", tfs="BBB", groups=["Mono", "CD4/T"], signal=False, assembly="hg38",
        region="chr1:1,000-2,000",
    )  # fmt: skip
    assert {path.name for path in folder.glob("[!.]*")} == {"files.tsv", "igv_session.xml", "scmaxatac.json", "tracks"}
    assert table_of(folder)["group"].unique().tolist() == ["Mono", "CD4/T"]
    assert set(table_of(folder)["kind"]) == {"scores", "sites"}
    assert not list(folder.glob("tracks/*.bb"))
    assert ElementTree.parse(folder / "igv_session.xml").getroot().get("locus") == "chr1:1001-2000"
    hub = sma.tl.write_browser_files(predicted, tmp_path / "b", formats=["ucsc"], assembly="hg38")
    assert not (hub / "igv_session.xml").exists()
    assert (hub / "hub.txt").is_file()


def test_igv_begins_at_the_best_site(predicted, tmp_path):
    folder = sma.tl.write_browser_files(predicted, tmp_path / "browser", assembly="hg38")
    chrom, _, place = ElementTree.parse(folder / "igv_session.xml").getroot().get("locus").partition(":")
    start, end = map(int, place.split("-"))
    sites = sma.get.sites(predicted)
    best = sites.loc[sites["score"].idxmax()]
    assert chrom == best["chrom"]
    assert start <= best["start"] + 1
    assert end >= best["end"]


def test_a_factor_without_sites_has_scores_alone(predicted, tmp_path):
    sma.tl.call_sites(predicted, {"AAA": 0.2, "BBB": 0.999})
    assert set(sma.get.sites(predicted)["tf"]) == {"AAA"}
    folder = sma.tl.write_browser_files(predicted, tmp_path / "browser", assembly="hg38")
    table = table_of(folder)
    assert set(table[table["tf"] == "BBB"]["kind"]) == {"scores"}


def test_a_second_call_changes_nothing_or_what_has_changed_alone(predicted, tmp_path, monkeypatch):
    folder = sma.tl.write_browser_files(predicted, tmp_path / "browser", assembly="hg38")
    before = files_in(folder)
    times = {path: path.stat().st_mtime_ns for path in folder.glob("tracks/*.bw")}
    sma.tl.write_browser_files(predicted, folder, assembly="hg38")
    after = files_in(folder)
    assert {name for name in before if before[name] != after[name]} <= {".scmaxatac.lock"}
    assert {path: path.stat().st_mtime_ns for path in folder.glob("tracks/*.bw")} == times, "bigWigs stay"
    sma.tl.call_sites(predicted, 0.5)
    (folder / "tracks" / "Mono.AAA.bw").write_bytes(b"damaged")
    sma.tl.write_browser_files(predicted, folder, formats="igv", tfs="AAA", assembly="hg38")
    assert (folder / "tracks" / "Mono.AAA.bw").read_bytes() == before["tracks/Mono.AAA.bw"]
    assert len(read_bed(folder / "tracks" / "Mono.AAA.narrowPeak")) == len(
        sma.get.sites(predicted, tfs="AAA", groups="Mono")
    )
    assert not list(folder.glob("tracks/*BBB*")), "what is not written again is removed"
    assert not list(folder.glob("tracks/*.bb"))
    assert not (folder / "hub.txt").exists()


def test_the_run_stays_as_it_is(adata, predict, tmp_path):
    predict(adata, regions="genome", threshold=0.2, save_tracks="sites")
    run = Path(sma.get.files(adata)["path"][0])
    before = files_in(run)
    folder = sma.tl.write_browser_files(adata, tmp_path / "browser", assembly="hg38")
    (folder / "tracks" / "Mono.AAA.bw").unlink()
    sma.tl.write_browser_files(adata, folder, assembly="hg38", tfs="AAA")
    assert files_in(run) == before


def test_without_an_object(predicted, tmp_path):
    opened = sma.tl.open_run(Path(sma.get.files(predicted)["path"][0]))
    one = files_in(sma.tl.write_browser_files(predicted, tmp_path / "one", assembly="hg38"))
    other = files_in(sma.tl.write_browser_files(opened, tmp_path / "other", assembly="hg38"))
    tracks = [name for name in one if name.startswith("tracks/")]
    assert {name: one[name] for name in tracks} == {name: other[name] for name in tracks}


@pytest.mark.parametrize(("source", "name"), [
    ("/data/hg38.fa.gz", "hg38"), ("/data/GRCh38.primary_assembly.fa", "hg38"), ("mm10.2bit", "mm10"),
    ("/hg19/hg38_chr22.fa", "hg38"), ("Homo_sapiens.GRCh37.dna.fa", "hg19"), ("/hg38/genome.fa", None), ("codes", None),
    ("hg38x.fa", None), ("xhg38.fa", None),
])  # fmt: skip
def test_the_genome_is_known_by_the_name_of_its_file(source, name):
    assert assembly_of({"genome": {"source": source}}) == name


def test_igv_takes_the_file_of_a_genome_without_a_name(predicted, tmp_path):
    fasta = tmp_path / "mine.fa"
    fasta.write_text(">chr1\nACGT\n")
    params = sma.get.params(predicted)
    params["genome"]["source"] = str(fasta)
    predicted.uns["tfbs"]["params"] = json.dumps(params)
    folder = sma.tl.write_browser_files(predicted, tmp_path / "browser", formats="igv")
    assert ElementTree.parse(folder / "igv_session.xml").getroot().get("genome") == str(fasta)
    with pytest.raises(ValueError, match=r"a hub needs the name of the genome at UCSC.*assembly="):
        sma.tl.write_browser_files(predicted, tmp_path / "other", formats=["igv", "ucsc"])
    assert not (tmp_path / "other").exists()
    with pytest.warns(UserWarning, match=r"no track hub is written.*mine\.fa, the run's.*assembly="):
        folder = sma.tl.write_browser_files(predicted, tmp_path / "other")
    assert {path.name for path in folder.glob("[!.]*")} == {"files.tsv", "igv_session.xml", "scmaxatac.json", "tracks"}


def test_what_cannot_be_written_is_refused_before_anything_is(predicted, predict, tmp_path):
    run = Path(sma.get.files(predicted)["path"][0])
    for options, error, says in (
        ({"assembly": None, "formats": "ucsc"}, ValueError, "a hub needs the name of the genome"),
        ({"assembly": None, "formats": "igv"}, ValueError, "IGV needs a genome"),
        ({"formats": "jbrowse"}, ValueError, "formats is 'jbrowse'; it can be"),
        ({"formats": []}, ValueError, "formats is"),
        ({"tfs": "XYZ"}, KeyError, "no TF 'XYZ'"),
        ({"groups": "XYZ"}, KeyError, "no group 'XYZ'"),
        ({"region": "chr9:1-2"}, ValueError, "chr9"),
        ({"key": "other"}, KeyError, "no results"),
    ):
        with pytest.raises(error, match=says):
            sma.tl.write_browser_files(predicted, tmp_path / "x", **{"assembly": "hg38"} | options)
        assert not (tmp_path / "x").exists()
    for folder in (run, run / "browser"):
        with pytest.raises(ValueError, match="lies in the run's own folder"):
            sma.tl.write_browser_files(predicted, folder, assembly="hg38")
    other = predicted.copy()
    predict(other, regions="genome", step=128, out_dir=tmp_path / "other_run")
    sma.tl.write_browser_files(predicted, tmp_path / "y", assembly="hg38")
    before = files_in(tmp_path / "y")
    with pytest.raises(ValueError, match="made from"):
        sma.tl.write_browser_files(other, tmp_path / "y", assembly="hg38")
    assert {name for name, held in files_in(tmp_path / "y").items() if before[name] != held} <= {".scmaxatac.lock"}


@pytest.mark.parametrize("name", ["hub.txt", "tracks/Mono.AAA.bw", "files.tsv"])
def test_a_file_of_the_user_is_not_touched(predicted, tmp_path, name):
    path = tmp_path / "browser" / name
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    with pytest.raises(ValueError, match=f"{path.name} is in the way: scmaxatac did not write it"):
        sma.tl.write_browser_files(predicted, tmp_path / "browser", assembly="hg38")
    assert path.read_text() == "mine"
    assert [found for found in (tmp_path / "browser").rglob("[!.]*") if found.is_file()] == [path]


def test_a_run_that_is_gone_is_told(predicted, tmp_path):
    Path(sma.get.files(predicted)["path"][0]).rename(tmp_path / "gone")
    with pytest.raises(FileNotFoundError, match=r"not there any more.*relocate"):
        sma.tl.write_browser_files(predicted, tmp_path / "browser", assembly="hg38")


KILLED = """
import os, signal, sys
import anndata
import scmaxatac as sma
from scmaxatac.predict import _browser_folder
original, left = _browser_folder._write, [int(sys.argv[3])]
def kill(folder, file):
    left[0] -= 1
    if left[0] < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    original(folder, file)
_browser_folder._write = kill
sma.tl.write_browser_files(anndata.read_h5ad(sys.argv[1]), sys.argv[2], assembly="hg38")
"""


@pytest.mark.parametrize("after", [0, 4, 9])
def test_after_a_kill_the_next_call_gives_the_same(predicted, tmp_path, after):
    whole = files_in(sma.tl.write_browser_files(predicted, tmp_path / "whole", assembly="hg38"))
    predicted.write_h5ad(tmp_path / "x.h5ad")
    arguments = [sys.executable, "-c", KILLED, tmp_path / "x.h5ad", tmp_path / "killed", str(after)]
    done = subprocess.run(arguments, capture_output=True, timeout=120, env=dict(os.environ))
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    again = files_in(sma.tl.write_browser_files(predicted, tmp_path / "killed", assembly="hg38"))
    different = {name for name in whole if whole[name] != again.get(name)}
    assert set(again) == set(whole)
    assert different <= {".scmaxatac.lock", "scmaxatac.json"}


@pytest.mark.parametrize("noted", [True, False], ids=["of-another-file", "none"])
def test_nothing_is_published_whose_checksum_is_not_the_noted_one(adata, predict, tmp_path, monkeypatch, noted):
    monkeypatch.setattr("scmaxatac.results._reader._SMALL", 0)
    predict(adata, regions="genome", threshold=0.2, save_tracks="sites")
    files = adata.uns["tfbs"]["files"]
    rows = files.index[files["kind"] == "signal_bigwig"]
    secret = Path(json.loads(adata.uns["tfbs"]["params"])["out_dir"], "secret")
    secret.write_text("of the user's own")
    files.loc[rows, "path"] = "secret"
    if not noted:
        files.loc[rows, "sha256"] = ""
    message = "secret is damaged or was changed" if noted else "secret has no checksum in .*, so it may be any file"
    with pytest.raises(ValueError, match=message):
        sma.tl.write_browser_files(adata, tmp_path / "browser", assembly="hg38")
    assert not (tmp_path / "browser").exists()
