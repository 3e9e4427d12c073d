"""Folders of a session."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import scmaxatac as sma
from scmaxatac._settings import Settings


def test_a_tilde_is_the_home_folder_wherever_a_folder_comes_from(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SCMAXATAC_CACHE_DIR", "~/c")
    monkeypatch.setenv("SCMAXATAC_MODEL_DIR", "~/m")
    settings = Settings()
    assert (settings.cache_dir, settings.model_dir) == (tmp_path / "c", tmp_path / "m")
    settings.cache_dir = "~/other"
    assert settings.cache_dir == tmp_path / "other"
    settings.model_dir = None
    assert settings.model_dir is None


def test_without_home_and_user_the_import_works_and_the_error_says_what_to_set():
    code = (
        "import pwd\n"
        "def unknown(uid): raise KeyError(uid)\n"
        "pwd.getpwuid = unknown\n"
        "import scmaxatac\n"
        "try: scmaxatac.settings.cache_dir\n"
        "except ValueError as error: print(error)\n"
        "try: scmaxatac.settings.cache_dir = '~/c'\n"
        "except ValueError as error: print(error)\n"
        "scmaxatac.settings.cache_dir = 'c'\n"
        "print(scmaxatac.settings.cache_dir)\n"
    )
    without = {name: value for name, value in os.environ.items() if name not in ("HOME", "XDG_CACHE_HOME")}
    without.pop("SCMAXATAC_CACHE_DIR", None)
    done = subprocess.run([sys.executable, "-c", code], env=without, capture_output=True, text=True, check=True)
    first, second, third = done.stdout.splitlines()
    assert "set the environment variable SCMAXATAC_CACHE_DIR" in first
    assert "no home folder that ~ could stand for" in second
    assert third == "c"


@pytest.mark.parametrize("umask", [0o002, 0o022, 0o077])
def test_files_and_folders_of_a_cache_have_the_mode_that_the_umask_asks_for(tmp_path, monkeypatch, umask):
    monkeypatch.setattr(sma.settings, "cache_dir", tmp_path / "c")
    (tmp_path / "x.fa").write_text(">chr1\nACGT\n")
    before = os.umask(umask)
    try:
        sma.Genome(tmp_path / "x.fa")
        network = sma.models.load("demo:CTCF")
        network.save(tmp_path / "c" / "models" / "CTCF")
        sma.tl.average_chip(
            [sma.datasets.toy().chip_peaks.head(1)], genome=sma.Genome.from_sizes({"chr1": 10**6, "chr2": 10**6}),
            path=tmp_path / "c" / "mean.bw",
        )  # fmt: skip
    finally:
        os.umask(before)
    for path in (tmp_path / "c", *(tmp_path / "c").rglob("*")):
        assert path.stat().st_mode & 0o777 == (0o777 if path.is_dir() else 0o666) & ~umask, path


def test_results_go_where_a_tilde_points_to(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    genome = sma.Genome.from_codes({"chr1": np.zeros(10_000, np.uint8)})
    peaks = sma.datasets.toy().chip_peaks.head(1).assign(chrom="chr1", start=100, end=200)
    sma.tl.average_chip([peaks], genome=genome, path="~/mean.bw")
    assert [path.name for path in Path(tmp_path).iterdir()] == ["mean.bw"]
