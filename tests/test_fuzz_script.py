"""benchmarks/fuzz.py runs the fuzz tests of the suite, with as many examples as it is told."""

import importlib
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"


@pytest.mark.parametrize(
    ("arguments", "examples"), [([], "2000"), (["--examples", "7"], "7"), (["--quick"], "100")], ids=str
)
@pytest.mark.parametrize("returncode", [0, 1])
def test_the_fuzz_tests_are_run_with_other_examples(monkeypatch, capsys, arguments, examples, returncode):
    monkeypatch.syspath_prepend(BENCHMARKS)
    script = importlib.import_module("fuzz")
    calls = []
    monkeypatch.setattr(subprocess, "run", lambda *args, **options: calls.append((args, options)) or ended)
    ended = SimpleNamespace(returncode=returncode)
    monkeypatch.setattr(sys, "argv", ["fuzz.py", *arguments])
    with pytest.raises(SystemExit) as end:
        script.main()
    assert end.value.code == returncode
    (((command,), options),) = calls
    tests = Path(command[-1])
    assert command[1:3] == ["-m", "pytest"]
    assert tests == BENCHMARKS.parent / "tests" / "io" / "test_fuzz.py"
    (name,) = [name for name in options["env"] if f'environ.get("{name}"' in tests.read_text(encoding="utf-8")]
    assert options["env"][name] == examples
    assert f"{int(examples):,} examples" in capsys.readouterr().out
