"""The performance page is what its script makes of the sections."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "performance.md"

FORWARD = """
2026-01-01, A processor, 4 cores; has AVX2; Python 3.11.7, load average 0.1 at the start.

| engine | batch | windows/s | against Keras | largest difference |
|---|---:|---:|---:|---:|
| Keras float32 | 32 | 500 | 0.5 | - |
| Keras float32 | 1,000 | 1,000 | 1 | - |
| torch float32 | 32 | 4,000 | 4 | 1.0e-06 |
| openvino float32 | 32 | 3,000 | 3 | 1.0e-06 |
"""


@pytest.fixture
def scripts(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    import _summary
    import report

    return report, _summary


def test_hours_are_windows_at_the_best_rate_that_was_measured(scripts):
    """Three billion windows: 833 hours at 1,000 a second."""
    rows = [line for line in scripts[1].summary(FORWARD).splitlines() if line.startswith("| ")]
    assert rows[1:] == [
        "| maxATAC's Keras, float32 | 1,000 | 833 | 208 | not measured |",
        "| scmaxatac, float32 | 4,000 | 208 | 52.1 | not measured |",
    ]


def test_cores_are_those_that_were_used(scripts):
    text = scripts[1].summary(FORWARD.replace("4 cores;", "4 cores, 2 used;"))
    assert "measured on 2 cores (A processor)" in " ".join(text.split())
    assert "| scmaxatac, float32 | 4,000 | 208 | 26 | not measured |" in text


def test_bfloat16_has_hours_where_the_processor_multiplies_it(scripts):
    text = FORWARD + "| openvino bfloat16 | 64 | 10,000 | 10 | 0.02 |\n"
    assert "| scmaxatac, bfloat16 | 10,000 | 83.3 | 20.8 | not measured |" in scripts[1].summary(text)
    assert "bfloat16 |" not in scripts[1].summary(text + "\nThis processor does not multiply bfloat16 numbers: ...")


def test_rates_of_an_unnamed_machine_are_refused(scripts):
    with pytest.raises(ValueError, match="doesn't name the machine"):
        scripts[1].summary("no machine")


def test_the_page_is_put_together_from_its_sections(scripts):
    report, _ = scripts
    text = PAGE.read_text()
    sections = report.sections_of(text)
    assert set(re.findall(r"(?m)^`python benchmarks/(\w+)\.py", text)) == set(sections)
    assert report.page(sections) == text
