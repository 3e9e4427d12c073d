"""bigWig and BED files of a prediction."""

import json

import numpy as np
import pandas as pd
import pytest
from _mini import GROUPS, REGIONS, SIZES
from _oracle import MODELS

import scmaxatac as sma
from scmaxatac.io._bed import read_bed
from scmaxatac.io._bigwig import bigwig_sizes, read_bigwig
from scmaxatac.io._files import sha256_of
from scmaxatac.predict import _plan, _schedule, _track_files

pytestmark = pytest.mark.usefixtures("analytic")


@pytest.fixture
def adata(mini, fragment_file, predict):
    adata = mini.adata(fragment_file)
    predict(adata, save_tracks=True)
    return adata


def test_bigwigs_hold_every_bin_of_every_window_unrounded(adata, expected, tmp_path):
    files = adata.uns["tfbs"]["files"]
    tracks = files[files["kind"] == "bigwig"]
    assert sorted(zip(tracks["group"], tracks["tf"], strict=True)) == sorted((g, tf) for g in GROUPS for tf in MODELS)
    for row in tracks.itertuples():
        path = tmp_path / "run" / row.path
        assert bigwig_sizes(path) == SIZES
        for chrom in SIZES:
            bins = expected.bins[row.group, row.tf, chrom]
            starts, ends, values = read_bigwig(path, chrom, 0, SIZES[chrom])
            assert (np.asarray(starts) // 32).tolist() == list(bins)
            assert (np.asarray(ends) - starts == 32).all()
            np.testing.assert_allclose(values, list(bins.values()), atol=1e-6)


def test_get_track_gives_the_bins_of_the_bigwig_and_without_one_those_of_the_store(adata, predict, expected, tmp_path):
    bins = expected.bins["CD4/T", "AAA", "chr1"]
    track = sma.get.track(adata, "AAA", "CD4/T", region="chr1:0-13,345")
    np.testing.assert_allclose(track["score"], list(bins.values()), atol=1e-6)
    predict(adata, out_dir=tmp_path / "sparse")
    track = sma.get.track(adata, "AAA", "CD4/T", region="chr1:0-13,345")
    kept = {b: value for b, value in bins.items() if value >= 0.01}
    assert (track["start"] // 32).tolist() == list(kept)
    assert len(kept) < len(bins)


def test_signal_bigwigs_hold_the_signal(adata, mini, expected, tmp_path):
    files = adata.uns["tfbs"]["files"]
    signals = files[files["kind"] == "signal_bigwig"]
    assert signals["group"].tolist() == list(GROUPS)
    assert set(signals["tf"]) == {""}
    for row in signals.itertuples():
        members = mini.obs.index[mini.obs["leiden"] == row.group]
        dense = expected.signal([mini.fragments[mini.fragments["barcode"].isin(members)]])
        for chrom, size in SIZES.items():
            found = np.zeros(size)
            for start, end, value in zip(*read_bigwig(tmp_path / "run" / row.path, chrom, 0, size), strict=True):
                found[start:end] = value
            np.testing.assert_allclose(found, dense[chrom], atol=1e-5)


def test_bed_files_hold_the_sites(adata, tmp_path):
    files = adata.uns["tfbs"]["files"]
    beds = files[files["kind"] == "bed"]
    assert len(beds) == len(GROUPS) * len(MODELS)
    for row in beds.itertuples():
        sites = sma.get.sites(adata, tfs=row.tf, groups=row.group)
        frame = read_bed(tmp_path / "run" / row.path)
        assert frame["chrom"].tolist() == sites["chrom"].tolist()
        assert frame[["start", "end"]].to_numpy().tolist() == sites[["start", "end"]].to_numpy().tolist()
        if len(sites):
            np.testing.assert_allclose(frame["score"], sites["score"], atol=1e-5)


def test_files_without_sites_are_there_and_empty(mini, fragment_file, predict, tmp_path):
    adata = mini.adata(fragment_file)
    predict(adata, save_tracks=True, threshold=1)
    files = adata.uns["tfbs"]["files"]
    for path in files.loc[files["kind"] == "bed", "path"]:
        assert len(read_bed(tmp_path / "run" / path)) == 0


@pytest.fixture
def with_sites(mini, fragment_file, predict):
    adata = mini.adata(fragment_file)
    predict(adata, save_tracks="sites")
    return adata


def read_independently(path):
    """Bins of a bigWig by another package: chrom, start and score."""
    pyBigWig = pytest.importorskip("pyBigWig")
    with pyBigWig.open(str(path)) as handle:
        rows = [(chrom, *values) for chrom in handle.chroms() for values in handle.intervals(chrom) or ()]
    frame = pd.DataFrame(rows, columns=["chrom", "first", "end", "score"])
    wide = frame.loc[frame.index.repeat((frame["end"] - frame["first"]) // 32)].reset_index()
    wide["start"] = wide["first"] + 32 * wide.groupby("index").cumcount()
    return wide[["chrom", "start", "score"]]


@pytest.mark.parametrize("tracks", ["sites", "all"])
def test_a_bigwig_holds_what_get_track_gives(mini, fragment_file, predict, tmp_path, tracks):
    adata = mini.adata(fragment_file)
    predict(adata, regions="genome", save_tracks=tracks)
    files = adata.uns["tfbs"]["files"]
    rows = files[files["kind"] == {"sites": "sites_bigwig", "all": "bigwig"}[tracks]]
    assert len(rows) == len(GROUPS) * len(MODELS)
    n_bins = 0
    for row in rows.itertuples():
        track = sma.get.track(adata, row.tf, row.group)
        found = read_independently(tmp_path / "run" / row.path)
        assert found["chrom"].tolist() == track["chrom"].tolist()
        assert found["start"].tolist() == track["start"].tolist()
        score = track["score"].to_numpy()
        np.testing.assert_array_equal(
            found["score"].astype(np.float32), np.round(score, 3) if tracks == "sites" else score
        )
        n_bins += len(track)
    assert n_bins > 1_000


def test_bigwigs_of_sites_hold_the_bins_that_reach_the_minimum(with_sites, expected, tmp_path):
    files = with_sites.uns["tfbs"]["files"]
    for row in files[files["kind"] == "sites_bigwig"].itertuples():
        for chrom in SIZES:
            kept = {b: value for b, value in expected.bins[row.group, row.tf, chrom].items() if value >= 0.01}
            starts, ends, values = read_bigwig(tmp_path / "run" / row.path, chrom, 0, SIZES[chrom])
            found = {b: v for s, e, v in zip(starts, ends, values, strict=True) for b in range(s // 32, e // 32)}
            assert list(found) == list(kept)
            np.testing.assert_allclose(list(found.values()), list(kept.values()), atol=6e-4)


def test_bigwigs_of_sites_need_no_other_bins_and_can_be_asked_for_later(
    mini, fragment_file, predict, with_sites, analytic, tmp_path
):
    later = mini.adata(fragment_file)
    predict(later, out_dir=tmp_path / "later")
    n = analytic.windows
    predict(later, out_dir=tmp_path / "later", save_tracks="sites")
    assert analytic.windows == n
    assert not list((tmp_path / "later").glob("run-*/all_bins/*"))
    names = ["group", "tf", "kind", "sha256"]
    pd.testing.assert_frame_equal(later.uns["tfbs"]["files"][names], with_sites.uns["tfbs"]["files"][names])
    predict(later, out_dir=tmp_path / "later", save_tracks="all")
    predict(later, out_dir=tmp_path / "later", save_tracks="sites")
    assert set(later.uns["tfbs"]["files"]["kind"]) == {"store", "sites_bigwig", "signal_bigwig", "bed"}


def test_bigwigs_of_sites_that_were_changed_are_written_again(predict, with_sites, tmp_path):
    files = with_sites.uns["tfbs"]["files"]
    path = tmp_path / "run" / files.loc[files["kind"] == "sites_bigwig", "path"].iloc[0]
    path.write_bytes(path.read_bytes()[:-1])
    predict(with_sites, save_tracks="sites")
    assert sha256_of(path) == files.loc[files["kind"] == "sites_bigwig", "sha256"].iloc[0]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[]", b'{"a.bw": 1}'])
def test_bigwigs_whose_list_of_checksums_is_damaged_are_written_again(predict, with_sites, tmp_path, content):
    files = with_sites.uns["tfbs"]["files"]
    marker = next((tmp_path / "run").glob("run-*/tracks/*/*.json"))
    whole = marker.read_bytes()
    marker.write_bytes(content)
    predict(with_sites, save_tracks="sites")
    assert with_sites.uns["tfbs"]["files"].equals(files)
    assert marker.read_bytes() == whole


def test_all_bins_whose_list_of_checksums_is_damaged_are_written_again(adata, predict, tmp_path):
    files = adata.uns["tfbs"]["files"]
    for marker in (tmp_path / "run").glob("run-*/tracks/*/*.json"):
        marker.write_bytes(b"{")
    predict(adata, save_tracks=True)
    assert adata.uns["tfbs"]["files"].equals(files)


def test_bigwigs_of_sites_are_taken_over_from_another_run(predict, mini, fragment_file, with_sites, monkeypatch):
    monkeypatch.setattr(_track_files, "_write_bigwigs", lambda *args: 1 / 0)
    later = mini.adata(fragment_file)
    later.obs["leiden"] = later.obs["leiden"].cat.remove_categories("B")
    predict(later, save_tracks="sites")
    assert "B" not in set(later.uns["tfbs"]["files"]["group"])
    assert set(later.uns["tfbs"]["files"]["kind"]) == {"store", "sites_bigwig", "signal_bigwig", "bed"}


def test_a_factor_without_kept_bins_has_a_bigwig_with_one_zero(mini, fragment_file, predict, monkeypatch, tmp_path):
    monkeypatch.setattr("_analytic.AnalyticEngine.predict", lambda self, c, s: np.zeros((self.n_outputs, len(c), 32)))
    adata = mini.adata(fragment_file)
    predict(adata, save_tracks="sites")
    files = adata.uns["tfbs"]["files"]
    for path in files.loc[files["kind"] == "sites_bigwig", "path"]:
        found = read_independently(tmp_path / "run" / path)
        assert found.to_numpy().tolist() == [["chr1", 0, 0.0]]
    assert sma.get.track(adata, "AAA", "B").empty


def test_decimals_of_the_settings_win(predict, with_sites, monkeypatch, tmp_path):
    monkeypatch.setattr(_track_files.settings, "bigwig_decimals", 1)
    predict(with_sites, save_tracks="sites")
    files = with_sites.uns["tfbs"]["files"]
    for path in files.loc[files["kind"] == "sites_bigwig", "path"]:
        score = read_independently(tmp_path / "run" / path)["score"].to_numpy()
        np.testing.assert_allclose(score, np.round(score, 1), atol=1e-6)


@pytest.mark.parametrize("wrong", ["some", "", None, 1])
def test_other_bins_can_not_be_asked_for(mini, fragment_file, predict, wrong):
    with pytest.raises(ValueError, match=r"save_tracks is .*; it can be 'sites', 'all', True"):
        predict(mini.adata(fragment_file), save_tracks=wrong)


def test_the_table_of_files_names_them_relative_to_the_folder_with_their_checksums(adata, tmp_path):
    files, folder = adata.uns["tfbs"]["files"], tmp_path / "run"
    assert sma.get.params(adata)["out_dir"] == str(folder)
    assert not files.isna().any(axis=None)
    for row in files.itertuples():
        path = folder / row.path
        assert path.exists()
        assert row.sha256 == (sha256_of(path) if path.is_file() else "")
    listed = {(folder / path).resolve() for path in files["path"]}
    written = {path for path in folder.rglob("*") if path.suffix in (".bw", ".bed")}
    assert written <= listed


def test_without_tracks_only_the_store_is_listed(mini, fragment_file, predict):
    adata = mini.adata(fragment_file)
    predict(adata)
    assert adata.uns["tfbs"]["files"]["kind"].tolist() == ["store"]


def test_tracks_of_a_run_without_them_can_be_asked_for_later(mini, fragment_file, predict, adata, tmp_path):
    later = mini.adata(fragment_file)
    predict(later, out_dir=tmp_path / "later")
    predict(later, out_dir=tmp_path / "later", save_tracks=True)
    for group in GROUPS:
        pd.testing.assert_frame_equal(sma.get.track(later, "BBB", group), sma.get.track(adata, "BBB", group))


def test_a_bigwig_that_was_deleted_is_written_again(adata, predict, tmp_path):
    before = sma.get.track(adata, "AAA", "B")
    files = adata.uns["tfbs"]["files"]
    (tmp_path / "run" / files.loc[files["kind"] == "bigwig", "path"].iloc[0]).unlink()
    predict(adata, save_tracks=True)
    assert adata.uns["tfbs"]["files"].equals(files), "with the same checksums"
    pd.testing.assert_frame_equal(sma.get.track(adata, "AAA", "B"), before)


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff", b"{}"])
def test_a_damaged_note_of_bigwigs_counts_as_missing(adata, predict, tmp_path, content):
    files = adata.uns["tfbs"]["files"]
    note = next((tmp_path / "run").glob("run-*/tracks/*/*.json"))
    note.write_bytes(content)
    predict(adata, save_tracks=True)
    assert adata.uns["tfbs"]["files"].equals(files), "with the same checksums"
    assert json.loads(note.read_text())


def test_tracks_of_two_runs_lie_beside_each_other(adata, predict):
    before = sma.get.track(adata, "AAA", "B")
    predict(adata, key_added="other", step=512, save_tracks=True)
    assert not sma.get.track(adata, "AAA", "B", key="other").equals(before)
    pd.testing.assert_frame_equal(sma.get.track(adata, "AAA", "B"), before)


def test_a_bigwig_that_was_changed_is_not_read(adata, predict, tmp_path):
    files = adata.uns["tfbs"]["files"]
    path = tmp_path / "run" / files.loc[(files["kind"] == "bigwig") & (files["group"] == "B"), "path"].iloc[0]
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(ValueError, match=rf"{path.name} is damaged or was changed.*predict_tfbs again"):
        sma.get.track(adata, "AAA", "B")
    predict(adata, save_tracks=True)
    assert path.read_bytes() == content, "and the next call writes it again"


def test_tracks_of_groups_that_stay_the_same_are_taken_over(adata, predict, monkeypatch):
    """One cell leaves a group: the bigWigs of the others are those of the run before."""
    files = adata.uns["tfbs"]["files"]
    before = {(row.group, row.tf): row.sha256 for row in files[files["kind"] == "bigwig"].itertuples()}
    tasks = []
    original = _schedule.predict_task
    monkeypatch.setattr(_schedule, "predict_task", lambda *args: tasks.extend(args[0].groups) or original(*args))
    adata.obs.iloc[np.flatnonzero(adata.obs["leiden"] == "B")[0], 0] = np.nan
    predict(adata, save_tracks=True)
    assert set(tasks) == {"B"}
    files = adata.uns["tfbs"]["files"]
    same = {
        row.group for row in files[files["kind"] == "bigwig"].itertuples() if before[row.group, row.tf] == row.sha256
    }
    assert same == set(GROUPS) - {"B"}


def test_tracks_of_regions_reach_beyond_as_far_as_their_windows(adata, expected):
    track = sma.get.track(adata, "AAA", "B")
    inside = np.zeros(len(track), dtype=bool)
    for row in REGIONS.itertuples():
        inside |= (track["chrom"] == row.chrom) & (track["start"] < row.end) & (track["end"] > row.start)
    assert 0 < inside.sum() < len(track)


@pytest.fixture
def groups_on_disk(monkeypatch, tmp_path):
    """Numbers of the groups all of whose bins are on disk, before every task."""
    seen: list[set[str]] = []
    original = _schedule.predict_task

    def spy(*args):
        seen.append({path.name.split("_")[0] for path in (tmp_path / "run").glob("run-*/all_bins/*")})
        return original(*args)

    monkeypatch.setattr(_schedule, "predict_task", spy)
    return seen


def test_one_group_at_a_time_has_its_bins_on_disk_where_there_is_no_room_for_more(
    mini, fragment_file, predict, groups_on_disk, monkeypatch, tmp_path
):
    monkeypatch.setattr(_plan, "_BYTES_ON_DISK", 1)
    predict(mini.adata(fragment_file), save_tracks=True)
    assert len(groups_on_disk) == len(GROUPS) * len(SIZES)
    assert max(map(len, groups_on_disk)) == 1
    assert not list((tmp_path / "run").glob("run-*/all_bins/*"))


def test_tracks_that_were_finished_before_an_interruption_stay(
    mini, fragment_file, predict, adata, monkeypatch, tmp_path
):
    """Interrupted in the second group: the first group's bigWigs are there, its bins are gone, nothing is repeated."""
    monkeypatch.setattr(_plan, "_BYTES_ON_DISK", 1)
    later, run = mini.adata(fragment_file), tmp_path / "interrupted"
    original = _schedule.predict_task
    done: list[tuple[str, ...]] = []

    def interrupt(task, *args):
        if task.groups != GROUPS[:1] and len(done) > len(SIZES):
            raise KeyboardInterrupt
        return spy(task, *args)

    def spy(task, *args):
        done.append((*task.groups, task.chrom))
        return original(task, *args)

    with monkeypatch.context() as patch:
        patch.setattr(_schedule, "predict_task", interrupt)
        with pytest.raises(KeyboardInterrupt):
            predict(later, save_tracks=True, out_dir=run)
    written = {path: path.stat().st_mtime_ns for path in run.glob("run-*/tracks/*/*.bw")}
    assert len(written) == len(MODELS) + 1
    assert {path.name.split("_")[0] for path in run.glob("run-*/all_bins/*")} == {"0001"}
    before = set(done)
    done.clear()
    monkeypatch.setattr(_schedule, "predict_task", spy)
    predict(later, save_tracks=True, out_dir=run)
    assert before.isdisjoint(done)
    assert len(before) + len(done) == len(GROUPS) * len(SIZES)
    assert {path: path.stat().st_mtime_ns for path in written} == written
    assert later.uns["tfbs"]["files"].equals(adata.uns["tfbs"]["files"]), "with the checksums of a run in one go"
    assert not list(run.glob("run-*/all_bins/*"))


def test_an_interruption_while_tracks_are_written_repeats_no_task(
    mini, fragment_file, predict, adata, monkeypatch, tmp_path
):
    monkeypatch.setattr(_plan, "_BYTES_ON_DISK", 1)
    later, run = mini.adata(fragment_file), tmp_path / "interrupted"
    original = _track_files.read_signal

    def interrupt(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(_track_files, "read_signal", interrupt)
        with pytest.raises(KeyboardInterrupt):
            predict(later, save_tracks=True, out_dir=run)
    assert _track_files.read_signal is original
    assert len(list(run.glob("run-*/scores/*.npz"))) == len(SIZES)
    groups = []
    predict_task = _schedule.predict_task
    monkeypatch.setattr(_schedule, "predict_task", lambda *args: groups.extend(args[0].groups) or predict_task(*args))
    predict(later, save_tracks=True, out_dir=run)
    assert set(groups) == set(GROUPS[1:])
    assert later.uns["tfbs"]["files"].equals(adata.uns["tfbs"]["files"])


def test_bins_that_were_left_when_their_tracks_were_done_are_removed(mini, fragment_file, predict, tmp_path):
    """As by a kill between the two."""
    adata = mini.adata(fragment_file)
    predict(adata, save_tracks=True)
    (folder,) = (tmp_path / "run").glob("run-*")
    left = folder / "all_bins" / "0001_0000"
    left.mkdir(parents=True)
    predict(adata, save_tracks=True)
    assert not left.exists()


def test_taking_over_tracks_changes_nothing_in_the_run_they_come_from(adata, predict, tmp_path):
    """One of its bigWigs is damaged, which is for a call with its own inputs to mend."""
    files = adata.uns["tfbs"]["files"]
    path = tmp_path / "run" / files.loc[(files["kind"] == "bigwig") & (files["group"] == "Mono"), "path"].iloc[0]
    path.write_bytes(path.read_bytes()[:-1])
    (folder,) = (tmp_path / "run").glob("run-*")
    before = {each: each.stat().st_mtime_ns for each in folder.rglob("*") if each.is_file()}
    adata.obs.iloc[np.flatnonzero(adata.obs["leiden"] == "B")[0], 0] = np.nan
    predict(adata, save_tracks=True)
    assert {each: each.stat().st_mtime_ns for each in folder.rglob("*") if each.is_file()} == before
    assert len(sma.get.track(adata, "AAA", "Mono")), "written anew"
