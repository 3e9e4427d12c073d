"""The page on reliability: what it promises, and that its tables are those of the scripts and have no fault in them."""

import importlib
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def scripts():
    patch = pytest.MonkeyPatch()
    patch.syspath_prepend(ROOT / "benchmarks")
    yield {name: importlib.import_module(name) for name in ("faults", "mutations")}
    patch.undo()


def tables_of(script: ModuleType) -> list[tuple[list[str], dict[str, list[int]]]]:
    """Columns and rows of every table that a script wrote."""
    tables = []
    for lines in re.findall(r"(?:^\|.*\n)+", script.PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE):
        head, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines.splitlines())
        tables.append((head[1:], {row[0]: [int(cell.replace(",", "")) for cell in row[1:]] for row in rows}))
    return tables


def test_the_page_says_what_is_promised():
    promised = PAGE.partition("\n## What we promise\n")[2].partition("\n## ")[0]
    begins = re.findall(r"^\*\*(.*?)[.,]? ?\*\*", promised, flags=re.MULTILINE)
    assert begins == [
        "A kill costs what was in work, and nothing else", "An earlier result stays until the new one is complete",
        "Files of yours are not touched", "What is read is what was written", "Two at once do not mix",
        "Bad input is told", "A full disk is an error, not a hang",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["faults", "mutations"])
def test_the_page_includes_the_tables_that_the_scripts_write_and_says_how(scripts, name):
    file = scripts[name].PAGE
    assert file.parent == ROOT / "docs"
    assert f"```{{include}} {file.name}\n```" in PAGE
    assert f"`python benchmarks/{name}.py --write`" in PAGE


def test_every_reader_was_tried_3000_times_in_all_without_a_fault(scripts):
    script = scripts["mutations"]
    ((columns, rows),) = tables_of(script)
    assert columns == ["mutations", *script.GOOD, *script.BAD]
    total = rows.pop("all")
    assert list(rows) == [reader.name for reader in (*script.READERS, *script.RESULTS)]
    assert [sum(column) for column in zip(*rows.values(), strict=True)] == total
    assert all(n == sum(endings) for n, *endings in rows.values())
    assert total[0] >= 3_000
    assert min(n for n, *_ in rows.values()) >= 100
    assert not any(total[columns.index(bad)] for bad in script.BAD)


def test_every_kind_of_disturbance_ended_as_promised(scripts):
    script = scripts["faults"]
    titles = re.findall(r"^\*\*(.*)\*\*$", script.PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert titles == [title for title, *_ in script.PARTS.values()]
    tables = tables_of(script)
    assert len(tables) == len(titles)
    for columns, rows in tables:
        assert columns[0] == "cases"
        assert columns[-1] == "as promised", "a column after it counts faults"
        assert len(rows) > 2
        assert all(row[0] == row[-1] > 0 for row in rows.values()), rows
