"""Files of tracks: every set has a folder of its own, and nothing there is lost, mixed or left behind."""

import os
import signal
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from scmaxatac.atac import Insertions, _track_folder
from scmaxatac.atac._pseudobulk import make_pseudobulks
from scmaxatac.atac._track_folder import write_track_files
from scmaxatac.genome import Genome
from scmaxatac.io._files import sha256_of
from scmaxatac.io._owned_folder import LOCK, MARKER, OwnedFolder

SIZES = {"chr1": 5_000, "chr2": 3_000}
BLACKLIST = pd.DataFrame({"chrom": ["chr1"], "start": [100], "end": [200]})

_KILLED = """
import os, signal, sys
sys.path.insert(0, sys.argv[2])
from test_track_folder import bulks
from pathlib import Path
from scmaxatac.io._bigwig import BigWigWriter
from scmaxatac.atac._track_folder import write_track_files
whole, n = BigWigWriter.add_runs, 0
def add_runs(*args):
    global n
    n += 1
    if n == 4:  # in the middle of the second group
        os.kill(os.getpid(), signal.SIGKILL)
    whole(*args)
BigWigWriter.add_runs = add_runs
write_track_files(bulks(), Path(sys.argv[1]), "minmax")
"""


def bulks(seed=0, groups=("B", "CD4/T"), chroms=("chr1", "chr2"), scaling=None, blacklist=BLACKLIST, sizes=SIZES,
          move=0, replicates=False):  # fmt: skip
    rng = np.random.default_rng(seed)
    names = "abc"[: max(2, len(groups))]
    libraries = {name: {chrom: rng.integers(300, size - 300, 200) for chrom, size in SIZES.items()} for name in names}
    libraries["a"]["chr2"][0] += move
    genome = Genome.from_sizes(sizes, blacklist=blacklist)
    single = dict(zip(groups, map(list, names), strict=True))
    members = {groups[0]: ["a", "b"]} if replicates else single
    insertions = Insertions.from_positions(libraries, n_cells=[20] * len(names))
    return make_pseudobulks(insertions, members, genome, list(chroms), signal_chroms=scaling, min_fragments=1)


def folder_of(files):
    return files["path"].iloc[0].split("/")[0]


OTHERS = {
    "fragments": {"seed": 1},
    "one insertion on one chromosome": {"move": 1},
    "names of groups": {"groups": ("B", "CD8")},
    "order of groups": {"groups": ("CD4/T", "B")},
    "replicates": {"replicates": True},
    "chromosomes": {"chroms": ("chr1",), "scaling": ["chr1", "chr2"]},
    "chromosomes of the percentile": {"scaling": ["chr1"]},
    "blacklist": {"blacklist": BLACKLIST.assign(end=201)},
    "no blacklist": {"blacklist": None},
    "lengths": {"sizes": SIZES | {"chr3": 100}},
}


@pytest.mark.parametrize("other", OTHERS)
def test_what_changes_files_gives_another_folder_and_leaves_the_first_as_it_was(tmp_path, other):
    first = write_track_files(bulks(), tmp_path, "minmax")
    before = [sha256_of(tmp_path / path) for path in first["path"]]
    second = write_track_files(bulks(**OTHERS[other]), tmp_path, "minmax")
    assert folder_of(first) != folder_of(second)
    assert before == [sha256_of(tmp_path / path) for path in first["path"]] == first["sha256"].tolist()
    assert len({folder_of(first), folder_of(write_track_files(bulks(), tmp_path, "rp20m"))}) == 2


def test_the_same_call_gets_the_same_folder_in_whatever_order_chromosomes_are_named(tmp_path):
    first = write_track_files(bulks(), tmp_path, "minmax")
    again = write_track_files(bulks(chroms=("chr2", "chr1", "chr1")), tmp_path, "minmax")
    pd.testing.assert_frame_equal(first, again)


def test_files_that_are_there_undamaged_are_used_and_others_written_again(tmp_path, monkeypatch):
    files = write_track_files(bulks(), tmp_path, "minmax")
    written = []
    whole = _track_folder._write_bigwig
    monkeypatch.setattr(_track_folder, "_write_bigwig", lambda *args: (written.append(args[1]), whole(*args)))
    write_track_files(bulks(), tmp_path, "minmax")
    assert written == []
    (tmp_path / files["path"][1]).write_bytes(b"damaged")
    again = write_track_files(bulks(), tmp_path, "minmax")
    assert written == ["CD4/T"]
    pd.testing.assert_frame_equal(again, files)
    (tmp_path / folder_of(files) / "tracks.tsv").write_text("no table")
    pd.testing.assert_frame_equal(write_track_files(bulks(), tmp_path, "minmax"), files)


def test_groups_that_were_complete_before_an_interrupt_are_not_written_again(tmp_path, monkeypatch):
    three = bulks(groups=("B", "CD4/T", "NK"))
    expected = write_track_files(three, tmp_path / "undisturbed", "minmax")
    written = []
    whole = _track_folder._write_bigwig

    def write(bulks, group, path, normalize):
        written.append(group)
        if written == ["B", "CD4/T", "NK"]:
            raise KeyboardInterrupt
        whole(bulks, group, path, normalize)

    monkeypatch.setattr(_track_folder, "_write_bigwig", write)
    with pytest.raises(KeyboardInterrupt):
        write_track_files(three, tmp_path / "interrupted", "minmax")
    files = write_track_files(three, tmp_path / "interrupted", "minmax")
    assert written == ["B", "CD4/T", "NK", "NK"]
    pd.testing.assert_frame_equal(files, expected)


def test_a_table_that_is_written_again_keeps_the_files_of_later_groups(tmp_path, monkeypatch):
    three = bulks(groups=("B", "CD4/T", "NK"))
    files = write_track_files(three, tmp_path, "minmax")
    for path in files["path"][:2]:
        (tmp_path / path).write_bytes(b"damaged")
    written = []
    whole = _track_folder._write_bigwig

    def write(bulks, group, path, normalize):
        written.append(group)
        if written == ["B", "CD4/T"]:
            raise KeyboardInterrupt
        whole(bulks, group, path, normalize)

    monkeypatch.setattr(_track_folder, "_write_bigwig", write)
    with pytest.raises(KeyboardInterrupt):
        write_track_files(three, tmp_path, "minmax")
    pd.testing.assert_frame_equal(write_track_files(three, tmp_path, "minmax"), files)
    assert written == ["B", "CD4/T", "CD4/T"]


def test_a_file_of_the_users_in_the_folder_stays(tmp_path):
    files = write_track_files(bulks(), tmp_path / "elsewhere", "minmax")
    path = tmp_path / files["path"][0]
    path.parent.mkdir()
    path.write_text("mine")
    with pytest.raises(ValueError, match="is in the way"):
        write_track_files(bulks(), tmp_path, "minmax")
    assert path.read_text() == "mine"


def test_files_of_the_users_beside_the_folder_stay(tmp_path):
    mine = {name: tmp_path / name for name in ("0_B.bw", "1_CD4_T.bw", "tracks.tsv", MARKER)}
    for path in mine.values():
        path.write_text("mine")
    write_track_files(bulks(), tmp_path, "minmax")
    assert {path.read_text() for path in mine.values()} == {"mine"}


def test_two_identical_calls_at_once_do_not_mix(tmp_path):
    files = write_track_files(bulks(), tmp_path, "minmax")
    fingerprint = _track_folder._fingerprint(bulks(), "minmax")
    with (
        OwnedFolder(tmp_path / folder_of(files), "set of tracks", made_from=fingerprint),
        pytest.raises(RuntimeError, match=f"being written to by process {os.getpid()}"),
    ):
        write_track_files(bulks(), tmp_path, "minmax")


def test_a_kill_leaves_nothing_behind_once_it_ran_again(tmp_path):
    here = os.path.dirname(__file__)
    process = subprocess.run([sys.executable, "-c", _KILLED, str(tmp_path / "killed"), here], check=False)
    assert process.returncode == -signal.SIGKILL
    files = write_track_files(bulks(), tmp_path / "killed", "minmax")
    expected = write_track_files(bulks(), tmp_path / "undisturbed", "minmax")
    pd.testing.assert_frame_equal(files, expected)
    found = {path.name for path in (tmp_path / "killed" / folder_of(files)).iterdir()}
    assert found == {"0_B.bw", "1_CD4_T.bw", "tracks.tsv", MARKER, LOCK}
