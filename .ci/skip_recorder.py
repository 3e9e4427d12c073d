"""Keep a list of what was skipped, and why: a pytest plugin for the CI run, which repeats those tests with the extras.

As a plugin (``pytest -p skip_recorder``) it writes ``$SKIP_RECORD.ids``, one node id a line (pytest reads such a file
as ``@file``), and ``$SKIP_RECORD.reasons``, the reason of each. As a program (``RECORD TITLE``) it prints the title and
the reasons, with their counts.
"""

import os
import sys
from collections import Counter
from pathlib import Path

import pytest

_skipped: dict[str, str] = {}


def _note(report: pytest.TestReport | pytest.CollectReport) -> None:
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        whole = "" if isinstance(report, pytest.TestReport) else " (all tests of a file)"
        _skipped[report.nodeid] = " ".join(reason.removeprefix("Skipped: ").split()) + whole


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note a test that was skipped."""
    _note(report)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """Note a file that was skipped whole."""
    _note(report)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the two files; workers of pytest-xdist leave that to the process that they report to."""
    if hasattr(session.config, "workerinput"):
        return
    record = os.environ["SKIP_RECORD"]
    Path(record + ".ids").write_text("".join(f"{nodeid}\n" for nodeid in _skipped))
    Path(record + ".reasons").write_text("".join(f"{reason}\n" for reason in _skipped.values()))


def main() -> None:
    """Print how many tests were skipped in the last run, by reason."""
    reasons = Counter(Path(sys.argv[1] + ".reasons").read_text().splitlines())
    print(f"{sys.argv[2]}: {reasons.total()}")
    for reason, count in reasons.most_common():
        print(f"  {count} x {reason}")


if __name__ == "__main__":
    main()
