"""Damaged files are read as the script in benchmarks/ counts them; a small part of it, the same at every run."""

import json
import os
import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
TEXTS = ("fragments, plain", "2bit", "narrowPeak", "GTF", "VCF, bgzip", "MEME", "calibration TSV", "bigWig")

BROKEN = """
import sys
from argparse import Namespace
from pathlib import Path
import mutations
from _mutations_readers import Reader

place = Path(sys.argv[1])
file = place / "x"

def outcome(read, says=None):
    place.mkdir(exist_ok=True)
    file.write_text("2")
    reader = Reader("x", lambda f: None, ("x",), read, says)
    return mutations._outcome(reader, place, file, 1, Namespace(timeout=1.0, memory=300))[0]

def foreign(folder):
    raise ValueError(f"{folder / 'x'} is damaged, but scmaxatac does not say so")

def large(folder):
    return len(bytearray(1 << 30))

def dies(folder):
    import os
    os.abort()

def waits(folder):
    import time
    time.sleep(60)

def ours(folder):
    from scmaxatac.io._bed import read_bed
    return read_bed(folder / "x")

def number(folder):
    return int((folder / "x").read_text())

for read, says in ((foreign, None), (large, None), (dies, None), (waits, None), (ours, None), (number, None),
                   (number, number), (lambda f: 1, None)):
    print(outcome(read, says))
"""


def test_every_kind_of_ending_is_told_from_the_others(tmp_path):
    (tmp_path / "script.py").write_text(BROKEN)
    environment = {**os.environ, "PYTHONPATH": f"{BENCHMARKS}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    command = [sys.executable, str(tmp_path / "script.py"), str(tmp_path / "place")]
    told = subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=120)
    assert told.stdout.splitlines() == [
        "an error from inside", "an error from inside", "a crash", "a hang", "an error that names the file",
        "another result, silently", "what the file now says", "the same result",
    ]  # fmt: skip


def test_damaged_files_are_refused_by_name_or_read_as_what_they_say(tmp_path):
    command = [sys.executable, str(BENCHMARKS / "mutations.py"), "--mutations", "12", "--check"]
    command += ["--state", str(tmp_path), "--only", *TEXTS]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [json.loads(line) for line in (tmp_path / "mutations.jsonl").read_text().splitlines()]
    assert len(rows) == 12 * len(TEXTS)
    assert {"an error that names the file", "what the file now says"} <= {row["result"] for row in rows}
