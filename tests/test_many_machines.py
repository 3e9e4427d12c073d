"""The script at the end of the page about many machines runs as it stands."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[1] / "docs" / "many_machines.md"


def test_a_run_that_loses_a_worker_gives_what_a_plain_one_gives(tmp_path):
    pytest.importorskip("distributed")
    (script,) = (
        code for code in re.findall(r"```python\n(.*?)```", PAGE.read_text(), flags=re.DOTALL) if "SIGKILL" in code
    )
    (tmp_path / "script.py").write_text(script)
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    found = re.search(r"(\d+) sites, the same as without workers; killed: tcp://", done.stdout)
    assert found, done.stdout
    assert int(found[1]) > 20
    assert "worker" in done.stderr, "Dask tells that one died"
