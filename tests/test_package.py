"""What holds for the package as a whole: its public functions, its rooms and its imports."""

import ast
import importlib
import inspect
import re
import subprocess
import sys
import tokenize
import tomllib
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path

import pytest

import scmaxatac

REPOSITORY = Path(__file__).resolve().parents[1]
SOURCE = REPOSITORY / "src" / "scmaxatac"
PUBLIC_ROOMS = ("datasets", "get", "models", "pl", "pp", "tl")

ROOMS_OF_FUNCTIONS = ("get", "models", "pl", "pp", "tl")
"""Rooms that hold nothing but files of one public function each."""

ROOMS = (
    ("cli",),
    ("pp", "tl", "pl", "get", "models", "datasets"),
    ("predict",),
    ("train",),
    ("evaluate",),
    ("stats",),
    ("sequence",),
    ("plotting",),
    ("results",),
    ("zoo",),
    ("nn",),
    ("scores",),
    ("atac",),
    ("genome",),
    ("fragments",),
    ("containers",),
    ("io",),
)
"""Rooms from top to bottom; a room imports those below its row."""

BESIDE = {"tl": {"models"}, "pl": {"get"}}
"""Rooms of the same row that a room imports nevertheless."""

MAY_IMPORT = {
    room: BESIDE.get(room, set()) | {below for row in ROOMS[i + 1 :] for below in row}
    for i, rooms in enumerate(ROOMS)
    for room in rooms
}
MOST_LINES_WITHOUT_TESTS = 40
"""Lines of code from which on a module has a file of tests."""

TESTED_BY = {
    **{f"datasets/_{part}.py": "datasets/test_toy.py"
       for part in ("cells", "donors", "fragments", "motifs", "regions", "sequence", "simulation", "sites")},
    "atac/_options.py": "tl/test_predict_pseudobulks.py",
    "atac/_read_pseudobulks.py": "pp/test_pseudobulk.py",
    "atac/_footprint_kernels.py": "atac/test_footprint.py",
    "evaluate/_region_enrichment.py": "tl/test_enrichment.py",
    "get/_activity.py": "predict/test_activity_intervals.py",
    "predict/_contribution_sites.py": "tl/test_contributions.py",
    "predict/_opened_run.py": "tl/test_open_run.py",
    "predict/_run_contributions.py": "tl/test_contributions.py",
    "results/_read_contributions.py": "tl/test_contributions.py",
    "results/_schema_contributions.py": "results/test_schema.py",
    **{f"plotting/_{part}.py": "pl/test_tracks.py"
       for part in ("genes", "track_data", "track_figure", "track_layout", "track_panels", "variant_marks")},
    **{f"plotting/{part}.py": "pl/test_heatmap.py" for part in ("_annotations", "_margins", "_matrix")},
    "plotting/_qc_panels.py": "pl/test_qc.py",
    "sequence/_variants_in_region.py": "pl/test_tracks.py",
    "plotting/_contribution_logos.py": "pl/test_contributions.py",
    "io/_bigwig_parts.py": "io/test_bigwig_file.py",
    "predict/_browser_files.py": "tl/test_write_browser_files.py",
    "predict/_browser_folder.py": "tl/test_write_browser_files.py",
    "predict/_depth_curve.py": "tl/test_downsampling_curve.py",
    "predict/_depth_libraries.py": "tl/test_downsampling_curve.py",
    "predict/_differential_run.py": "tl/test_differential_tfbs.py",
    "predict/_markers.py": "tl/test_rank_tfs.py",
    "predict/_run_inputs.py": "predict/test_run.py",
    "predict/_task.py": "predict/test_run.py",
    "predict/_run_haplotypes.py": "tl/test_predict_haplotypes.py",
    "predict/_run_variants.py": "tl/test_score_variants.py",
    "results/_read_tracks.py": "get/test_track.py",
    "results/_read_variants.py": "tl/test_score_variants.py",
    "results/_variant_files.py": "tl/test_write_variants.py",
    "results/_slot.py": "results/test_schema.py",
    "sequence/_compare_haplotypes.py": "tl/test_compare_haplotypes.py",
    "sequence/_haplotype_classes.py": "tl/test_compare_haplotypes.py",
    "train/_fit.py": "train/test_module.py",
    "zoo/_fetch.py": "models/test_download.py",
    "zoo/_saved_model.py": "zoo/test_model_folder.py",
    "zoo/_load_model.py": "models/test_load.py",
}  # fmt: skip
"""Parts that make sense together only, and the file that tests them."""

ROOT_MODULES = {
    "_arguments", "_checks", "_compiled", "_constants", "_docs", "_factor_aliases", "_keys",
    "_logging", "_settings", "_text", "_types",
}  # fmt: skip

HEAVY = (
    "igv_notebook",
    "lightning",
    "matplotlib.pyplot",
    "mudata",
    "numba",
    "openvino",
    "requests",
    "pytorch_lightning",
    "scanpy",
    "snapatac2",
    "tangermeme",
    "torch",
    "tqdm",
    "triton",
)


def public_objects() -> Iterator[tuple[str, object]]:
    """Every public name with what it stands for, for example ``tl.predict_tfbs``."""
    yield "Genes", scmaxatac.Genes
    yield "Genome", scmaxatac.Genome
    for room in PUBLIC_ROOMS:
        module = importlib.import_module(f"scmaxatac.{room}")
        for name in getattr(module, "__all__", ()):
            yield f"{room}.{name}", getattr(module, name)


def public_callables() -> Iterator[tuple[str, Callable[..., object]]]:
    """Public functions, classes, and the classes' public methods."""
    for name, found in public_objects():
        if inspect.isclass(found):
            yield name, found
            for method, _ in inspect.getmembers(found, callable):
                if method in vars(found) and not method.startswith("_"):
                    yield f"{name}.{method}", getattr(found, method)
        elif callable(found):
            yield name, found


CALLABLES = dict(public_callables())
FUNCTIONS = {name: found for name, found in CALLABLES.items() if inspect.isroutine(found)}


def documented_parameters(docstring: str) -> set[str]:
    """Names in the sections Parameters, and "Parameters: models" and such (or Attributes, for a dataclass)."""
    names: set[str] = set()
    heading = r"^(?:Parameters(?:: [a-z ,]+)?|Attributes)\n-+\n"
    for section in re.finditer(heading + r"(.*?)(?=^[A-Z][^\n]*\n-+$|\Z)", docstring, flags=re.DOTALL | re.MULTILINE):
        for line in section[1].splitlines():
            if line and not line[0].isspace():
                names.update(name.strip().lstrip("*") for name in line.split(":")[0].split(","))
    return names


def parameters(function: Callable[..., object]) -> dict[str, inspect.Parameter]:
    """Parameters by name, without ``self``."""
    found = dict(inspect.signature(function).parameters)
    for own in ("self", "cls"):
        found.pop(own, None)
    return found


@pytest.mark.parametrize("room", PUBLIC_ROOMS)
def test_every_public_room_names_its_functions(room: str):
    module = importlib.import_module(f"scmaxatac.{room}")
    assert module.__doc__
    assert list(module.__all__) == sorted(module.__all__, key=lambda name: (not name[0].isupper(), name))


@pytest.mark.parametrize(
    "path",
    sorted(path for room in ROOMS_OF_FUNCTIONS for path in (SOURCE / room).glob("*.py") if path.name != "__init__.py"),
    ids=lambda path: str(path.relative_to(SOURCE)),
)
def test_a_file_of_a_public_room_holds_one_public_function_named_after_it(path: Path):
    module = importlib.import_module(f"scmaxatac.{path.parent.name}")
    defined = [node for node in ast.parse(path.read_text()).body if hasattr(node, "name")]
    public = [node for node in defined if not node.name.startswith("_")]
    functions = [node.name for node in public if isinstance(node, ast.FunctionDef)]
    assert functions == [path.stem.removeprefix("_")]
    assert {node.name for node in public} <= set(module.__all__)


@pytest.mark.parametrize("room", ROOMS_OF_FUNCTIONS)
def test_a_public_room_holds_nothing_but_its_functions(room: str):
    assert {path.suffix for path in (SOURCE / room).iterdir() if path.name != "__pycache__"} == {".py"}
    assert not [node for node in ast.parse((SOURCE / room / "__init__.py").read_text()).body if hasattr(node, "name")]


@pytest.mark.parametrize("name", CALLABLES)
def test_docstring_begins_with_a_sentence(name: str):
    docstring = inspect.getdoc(CALLABLES[name]) or ""
    summary = docstring.split("\n\n")[0].strip()
    assert summary.endswith("."), f"{name}: {summary!r}"


@pytest.mark.parametrize("name", CALLABLES)
def test_every_parameter_is_documented(name: str):
    found = CALLABLES[name]
    docstring = inspect.getdoc(found) or ""
    if inspect.isclass(found) and found.__init__.__doc__:
        docstring += "\n\n" + inspect.cleandoc(found.__init__.__doc__)
    missing = set(parameters(found)) - documented_parameters(docstring)
    assert not missing, f"{name} does not document {sorted(missing)}"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_docstring_documents_no_parameter_that_is_not_there(name: str):
    found = FUNCTIONS[name]
    extra = documented_parameters(inspect.getdoc(found) or "") - set(parameters(found))
    assert not extra, f"{name} documents {sorted(extra)}"


@pytest.mark.parametrize("name", CALLABLES)
def test_shared_parameter_texts_were_inserted(name: str):
    lines = (inspect.getdoc(CALLABLES[name]) or "").splitlines()
    texts = [line for line in lines if not line.lstrip().startswith((">>>", "..."))]
    assert not [line for line in texts if re.search(r"\{\w*\}", line)]
    assert not [line for line in lines if "{{" in line], "docstrings are no format strings: braces stand as they are"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_at_most_three_parameters_are_positional(name: str):
    positional = [
        parameter.name
        for parameter in parameters(FUNCTIONS[name]).values()
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    ]
    assert len(positional) <= 3, positional


@pytest.mark.parametrize("name", FUNCTIONS)
def test_copy_is_off_by_default(name: str):
    copy = parameters(FUNCTIONS[name]).get("copy")
    assert copy is None or copy.default is False


@pytest.mark.parametrize("name", [name for name, found in CALLABLES.items() if len(parameters(found)) > 20])
def test_many_parameters_stand_in_groups(name: str):
    docstring = inspect.getdoc(CALLABLES[name]) or ""
    groups = re.split(r"^Parameters(?:: [a-z ,]+)?\n-+\n", docstring.split("\nReturns\n")[0], flags=re.MULTILINE)[1:]
    assert len(groups) >= 4
    assert all(documented_parameters("Parameters\n---\n" + group) for group in groups)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_types_stand_in_the_signature(name: str):
    signature = inspect.signature(FUNCTIONS[name])
    untyped = [p.name for p in parameters(FUNCTIONS[name]).values() if p.annotation is p.empty]
    assert not untyped
    assert signature.return_annotation is not signature.empty


def test_the_api_page_lists_exactly_the_public_names():
    page = (REPOSITORY / "docs" / "api.md").read_text()
    listed = set(re.findall(r"^ {3,4}((?:[a-z]+\.)?\w+)$", page, flags=re.MULTILINE)) - {"settings"}
    assert listed == {name for name, _ in public_objects()}


@pytest.mark.parametrize("path", sorted(SOURCE.glob("[a-z]*/**/*.py")), ids=lambda path: str(path.relative_to(SOURCE)))
def test_rooms_import_only_what_lies_below_them(path: Path):
    room = path.relative_to(SOURCE).parts[0]
    wrong = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: relative import"
            module = node.module or ""
            modules = [f"{module}.{alias.name}" for alias in node.names] if module == "scmaxatac" else [module]
        else:
            continue
        for module in modules:
            package, _, below = module.partition(".")
            part = below.partition(".")[0]
            if room == "cli" and part in ("", "__version__", "settings"):
                continue  # it is a user of the public names
            if package == "scmaxatac" and part not in MAY_IMPORT[room] | ROOT_MODULES | {room}:
                wrong.add(f"line {node.lineno}: {module}")
    assert not wrong


def test_folders_of_tests_mirror_the_rooms():
    rooms = set(MAY_IMPORT)
    folders = {
        path.name for path in (REPOSITORY / "tests").iterdir() if path.is_dir() and not path.name.startswith("_")
    }
    assert folders <= rooms | {"data"}


def lines_of_code(path: Path) -> int:
    """Lines that do something: neither blank, comment, docstring nor import."""
    text = path.read_text()
    passive = set()
    for node in ast.walk(ast.parse(text)):
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if is_text or isinstance(node, ast.Import | ast.ImportFrom):
            passive |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    nothing = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    tokens = (token for token in tokenize.generate_tokens(StringIO(text).readline) if token.type not in nothing)
    return len({line for token in tokens for line in range(token.start[0], token.end[0] + 1)} - passive)


@pytest.mark.parametrize("path", sorted(SOURCE.glob("*/**/_*.py")), ids=lambda path: str(path.relative_to(SOURCE)))
def test_what_does_something_has_tests_of_its_own(path: Path):
    """In the same place below tests; a module of a few lines may be tested by what uses it."""
    module = path.relative_to(SOURCE)
    if path.name == "__init__.py" or lines_of_code(path) <= MOST_LINES_WITHOUT_TESTS:
        return
    mirrored = module.with_name(f"test{path.name}")
    assert (REPOSITORY / "tests" / TESTED_BY.get(module.as_posix(), mirrored)).is_file()
    assert module.as_posix() not in TESTED_BY or not (REPOSITORY / "tests" / mirrored).is_file()


def test_what_is_installed_without_torch_is_everything_else():
    script = REPOSITORY / ".ci" / "without_torch.py"
    arguments = [sys.executable, script, "test", "openvino"]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True, cwd=REPOSITORY)
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"]
    everything = [*project["project"]["dependencies"], *project["dependency-groups"]["test"]]
    everything += extras["openvino"]
    left_out = [line for line in everything if line not in done.stdout.splitlines()]
    assert [re.match(r"[\w-]+", line)[0] for line in left_out] == ["pytorch-lightning", "torch", "tangermeme"]


def test_import_loads_no_heavy_package():
    script = f"import sys, scmaxatac; print(*(name for name in {HEAVY!r} if name in sys.modules))"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout.split() == []
