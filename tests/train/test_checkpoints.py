"""Checkpoints: one that is usable is there at any time."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("pytorch_lightning")

from scmaxatac.train._checkpoints import STATE, CheckpointFiles, read_checkpoint


def save(folder, epoch):
    state = {"rows": [{"epoch": epoch}], "best": {}, "fingerprint": "one"}
    CheckpointFiles().save_checkpoint({"callbacks": {STATE: state}}, folder / "last.ckpt")


def epoch_of(folder):
    checkpoint = read_checkpoint(folder)
    return None if checkpoint is None else checkpoint.rows[-1]["epoch"]


@pytest.fixture
def folder(tmp_path):
    for epoch in (0, 1, 2):
        save(tmp_path, epoch)
    return tmp_path


KILLED = """
import os, shutil, sys

sys.path[:0] = {paths!r}
import torch

torch.set_num_threads(1)
from _kills import kills
from test_checkpoints import epoch_of, save

prepare = lambda folder: [save(folder, epoch) for epoch in (0, 1)]
seen = []
for folder in kills(prepare, lambda folder: save(folder, 2)):
    assert epoch_of(folder) in (1, 2)
    state = {{path.name: path.read_bytes() for path in folder.iterdir() if not path.name.startswith(".")}}
    if state in seen:
        continue
    seen.append(state)
    for inner in kills(lambda inner: [os.rmdir(inner), shutil.copytree(folder, inner)], lambda inner: save(inner, 3)):
        assert epoch_of(inner) in (1, 2, 3)
        save(inner, 4)
        assert epoch_of(inner) == 4
"""


def test_a_kill_at_any_operation_of_writing_one_leaves_a_usable_one_also_when_it_goes_on():
    here = Path(__file__).parent
    script = KILLED.format(paths=[str(here), str(here.parent)])
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_checksums_are_those_of_sha256sum(folder):
    subprocess.run(["sha256sum", "--check", "--strict", "checkpoints.sha256"], cwd=folder, check=True)
    assert {path.name for path in folder.iterdir()} == {"last.ckpt", "previous.ckpt", "checkpoints.sha256"}


@pytest.mark.parametrize("damage", ["cut", "changed", "gone", "empty"])
def test_the_one_before_is_read_where_the_last_one_is_of_no_use_and_is_kept_until_there_is_another(damage, folder):
    last = folder / "last.ckpt"
    data = bytearray(last.read_bytes())
    data[len(data) // 2] ^= 1
    last.write_bytes({"cut": data[:-100], "changed": data, "gone": b"", "empty": b""}[damage])
    if damage == "gone":
        last.unlink()
    assert epoch_of(folder) == 1
    before = (folder / "previous.ckpt").read_bytes()
    save(folder, 2)
    assert epoch_of(folder) == 2
    assert (folder / "previous.ckpt").read_bytes() == before


def test_without_a_usable_one_there_is_none(folder, tmp_path_factory):
    assert epoch_of(tmp_path_factory.mktemp("empty")) is None
    shutil.copy(folder / "checkpoints.sha256", folder / "last.ckpt")
    (folder / "previous.ckpt").write_bytes(b"")
    assert epoch_of(folder) is None


def test_a_list_of_checksums_that_is_no_text_lists_nothing(tmp_path):
    (tmp_path / "last.ckpt").write_bytes(b"x")
    (tmp_path / "checkpoints.sha256").write_bytes(b"\xce" * 64)
    assert read_checkpoint(tmp_path) is None
