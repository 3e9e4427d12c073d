import os

import pytest

from scmaxatac.nn.engines import _processor


@pytest.fixture
def cpuinfo(monkeypatch, tmp_path):
    """Puts a text where Linux describes the processor."""
    path = tmp_path / "cpuinfo"
    monkeypatch.setattr(_processor, "_CPUINFO", path)

    def write(text: str) -> None:
        path.write_text(text)
        _processor._fields.cache_clear()

    _processor._fields.cache_clear()
    yield write
    _processor._fields.cache_clear()


def test_the_name_is_that_of_the_model(cpuinfo):
    cpuinfo("processor\t: 0\nmodel name\t: One CPU\n\nprocessor\t: 1\nmodel name\t: One CPU @ 2.0: GHz\n")
    assert _processor.processor_name() == "One CPU @ 2.0: GHz"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("flags\t: fpu avx512f avx512_bf16 clzero", True),
        ("flags\t: fpu amx_bf16 amx_tile", True),
        ("Features\t: fp asimd bf16 i8mm", True),
        ("flags\t: fpu avx2 avx512f", False),
        ("Features\t: fp asimd", False),
        ("model name\t: bf16", False),
    ],
)
def test_bfloat16_is_a_flag(cpuinfo, line, expected):
    cpuinfo(f"processor\t: 0\n{line}\n")
    assert _processor.has_bfloat16() is expected


def test_systems_without_the_file_have_a_name_and_no_bfloat16(cpuinfo):
    assert _processor.processor_name()
    assert not _processor.has_bfloat16()


@pytest.mark.parametrize(("asked", "expected"), [("3", 3), ("1,2", 1), (" 4 ", 4), ("", 3), ("0", 3), ("x", 3)])
def test_threads_are_those_asked_for_or_the_cores_that_may_be_used(monkeypatch, asked, expected):
    monkeypatch.setenv("OMP_NUM_THREADS", asked)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {1, 3, 5}, raising=False)
    assert _processor.usable_threads() == expected


def test_systems_that_bind_no_threads_count_their_cores(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    assert _processor.usable_threads() == 8
