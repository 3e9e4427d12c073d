"""What is said of the agreement with the original: the same everywhere, and no more than was measured."""

import re
from pathlib import Path

import pytest

from scmaxatac._docs import _TEXTS
from scmaxatac.nn.engines._fastest import _BFLOAT16_DIFFERENCE
from scmaxatac.nn.engines._registry import make_engine
from scmaxatac.tl import predict_tfbs

ROOT = Path(__file__).resolve().parents[1]
STATEMENT = " ".join(_TEXTS["agreement"].split())
NUMBERS = re.fullmatch(r".* within (\S+), or (\S+) where .* within (\S+), or (\S+) where .* by (\d\.\d)\.", STATEMENT)


@pytest.mark.parametrize("place", ["README.md", "docs/concepts.md", make_engine, predict_tfbs], ids=lambda place: getattr(place, "__name__", place))
def test_it_is_said_in_the_same_words(place):
    text = (ROOT / place).read_text(encoding="utf-8") if isinstance(place, str) else place.__doc__
    assert STATEMENT in " ".join(text.split())


def test_it_holds_for_all_that_was_measured():
    page = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    section = page.partition("`python benchmarks/agreement.py`")[2].partition("\n## ")[0]
    usual, high, coarse, coarser, extreme = map(float, NUMBERS.groups())
    limits = {"float32": (usual, high, high), "bfloat16": (coarse, coarser, extreme)}
    rows = re.findall(r"^\| \w+ (float32|bfloat16) \| against Keras \| (.*) \| (.*) \| (.*) \|$", section, re.MULTILINE)
    assert len(rows) == 4
    for precision, *largest in rows:
        assert all(0 < float(found) <= limit for found, limit in zip(largest, limits[precision], strict=True)), largest
    assert coarse == _BFLOAT16_DIFFERENCE
