"""The script that counts faults runs, goes on where it stopped, and counts those that there are."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"

DISTURBED = """
import os, sys
from pathlib import Path
from _faults_process import Fault, run

folder = Path(sys.argv[1])

def write():
    (folder / "one").write_text("1" * 100)
    os.replace(folder / "one", folder / "two")
    raise ValueError("a reason that is long enough, but is not ours")

for fault in (Fault(), Fault(kill_at=2), Fault(file_size=10), Fault(kill_after=0.0001)):
    ending = run(write, watch=folder, fault=fault)
    print(ending.how, ending.kind, ending.is_clear, ending.operations, *sorted(os.listdir(folder)))
    for path in folder.iterdir():
        path.unlink()
"""


def test_a_process_is_disturbed_where_it_was_to_be_and_its_end_is_told(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(DISTURBED)
    folder = tmp_path / "watched"
    folder.mkdir()
    command = [sys.executable, str(script), str(folder)]
    environment = {**os.environ, "PYTHONPATH": f"{BENCHMARKS}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    told = subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=60)
    whole, killed, full, timed = told.stdout.splitlines()
    assert whole == "error ValueError False 2 two"
    assert killed == "killed  False 2 one"
    assert full == "error OSError False 1 one"
    assert timed.startswith("killed")


@pytest.fixture
def faults(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    return importlib.import_module("faults")


def test_cases_are_kept_and_counted(faults, tmp_path):
    notes = faults.Notes(tmp_path / "cases.jsonl", seed=0)
    notes.add("kill", "train", "1 of 2", result="killed", faults={})
    notes.add("kill", "train", "2 of 2", result="done", faults={"wrong": "model"})
    again = faults.Notes(tmp_path / "cases.jsonl", seed=0)
    assert again.done("kill", "train", "2 of 2")
    assert not again.done("kill", "train", "3 of 2")
    assert not faults.Notes(tmp_path / "cases.jsonl", seed=1).done("kill", "train", "1 of 2")
    table = faults._report(again).splitlines()
    assert "|  | cases | killed | as promised | wrong |" in table
    assert "| train | 2 | 1 | 1 | 1 |" in table
    assert not any("A full disk" in line for line in table)
