"""Whatever a file holds, its reader gives a result or one error that names the file; hypothesis looks for others.

Files are put together from fields and values that they have and that they should not have, and sound ones are damaged.
``benchmarks/fuzz.py`` runs the same tests with many more examples and another seed each time.
"""

import ast
import importlib
import inspect
import os
import warnings
from collections.abc import Callable
from pathlib import Path

import _fuzz_readers
import numpy as np
import pytest
from _fuzz_contents import CHROMS, Damage
from _fuzz_readers import IN_ANOTHER_PROCESS, READERS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scmaxatac.io._bed import read_bed
from scmaxatac.io._regions import looks_like_region, parse_region

TESTS = Path(__file__).resolve().parents[1]

FUZZ = settings(
    max_examples=int(os.environ.get("SCMAXATAC_FUZZ_EXAMPLES", "40")),
    derandomize="SCMAXATAC_FUZZ_EXAMPLES" not in os.environ,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def refusal(read: Callable[..., object], given: object) -> str | None:
    """Message of the error of ours that a call raises, if it does; any other error goes through."""
    try:
        read(given)
    except (ValueError, FileNotFoundError) as error:
        return str(error)
    return None


@pytest.mark.parametrize("name", READERS)
def test_a_reader_gives_a_result_or_an_error_that_names_the_file(tmp_path, name):
    parser = READERS[name]
    path, sound = tmp_path / parser.file, b""
    if parser.make is not None:
        parser.make(path)
    if path.exists():
        sound = path.read_bytes()
        assert ours(parser.read, path) is None, "the sound file is read"
    contents = parser.contents if isinstance(parser.contents, st.SearchStrategy) else parser.contents(sound)

    @FUZZ
    @given(contents)
    def look(content):
        path.write_bytes(content.of(sound) if isinstance(content, Damage) else content)
        message = ours(parser.read, path)
        assert message is None or "the_file" in message

    look()


def ours(read: Callable[[Path], object], path: Path) -> str | None:
    """What a reader says of a file that it refuses; warnings of others than ours are errors."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", UserWarning)  # ours
        return refusal(read, path)


def test_every_format_whose_damage_is_counted_is_among_them(monkeypatch):
    monkeypatch.syspath_prepend(TESTS.parent / "benchmarks")
    counted = {reader.name for reader in importlib.import_module("_mutations_readers").READERS}
    assert counted - set(READERS) <= set(IN_ANOTHER_PROCESS)


def test_every_function_that_reads_a_format_is_called():
    """``scmaxatac.io`` holds the formats: what reads a file there is named ``read_...`` and takes its path first."""
    functions = set()
    for path in (TESTS.parent / "src" / "scmaxatac" / "io").glob("_*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.args.args and node.args.args[0].arg in ("path", "folder"):
                functions |= {node.name} if node.name.startswith("read_") else set()
    called = {node.id for node in ast.walk(ast.parse(inspect.getsource(_fuzz_readers))) if isinstance(node, ast.Name)}
    assert {"read_bed", "read_twobit"} <= functions
    assert functions - called <= set(IN_ANOTHER_PROCESS)


def test_what_is_not_among_them_is_tested_elsewhere():
    for name, file in IN_ANOTHER_PROCESS.items():
        assert name not in READERS
        assert (TESTS / file).is_file()


@FUZZ
@given(
    st.lists(st.tuples(st.sampled_from(CHROMS), st.integers(0, 10**9), st.integers(1, 10**6)), min_size=1, max_size=20),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_every_interval_of_a_bed_file_is_read_as_it_stands(tmp_path_factory, rows, end, last):
    path = tmp_path_factory.mktemp("bed") / "x.bed"
    text = end.join(f"{chrom}\t{start}\t{start + length}" for chrom, start, length in rows) + (end if last else "")
    path.write_bytes(text.encode())
    table = read_bed(path)
    expected = [(chrom, start, start + length) for chrom, start, length in rows]
    assert list(table[["chrom", "start", "end"]].itertuples(index=False, name=None)) == expected


@FUZZ
@given(st.text("chrX_M127:-,. #\té", max_size=40))
def test_a_text_is_a_region_or_one_error_that_shows_it(text):
    assert isinstance(looks_like_region(text), bool)
    message = refusal(parse_region, text)
    if message is not None:
        assert repr(text) in message
        return
    chrom, start, end = parse_region(text)
    assert chrom
    assert 0 <= start < end <= np.iinfo(np.int32).max
