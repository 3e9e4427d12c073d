"""The gallery, whose code the build of the documentation runs, shows every plot once it exists."""

import re
from pathlib import Path

import scmaxatac as sma

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "gallery.md").read_text()
CELLS = re.findall(r"^```\{code-cell\} python3\n(.*?)^```$", PAGE, flags=re.DOTALL | re.MULTILINE)

NEEDS_A_KERNEL = {"igv"}
"""What reads files through a running notebook, so that a page can't hold it."""


def test_every_plot_is_in_the_gallery_with_its_code():
    drawn = set(re.findall(r"sma\.pl\.(\w+)\(", "".join(CELLS)))
    assert drawn == set(sma.pl.__all__) - NEEDS_A_KERNEL


def test_every_plot_has_a_link_to_its_page():
    named = set(re.findall(r"\{func\}`scmaxatac\.pl\.(\w+)`", PAGE))
    assert named == set(sma.pl.__all__)


def test_its_code_is_python():
    for number, cell in enumerate(CELLS):
        compile(cell, f"cell {number}", "exec")
