"""What stands under docs/experiments: every experiment has its page and files, and the tables say what pages claim."""

import ast
import importlib
import re
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.figure import Figure

from scmaxatac.models import TFModel

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS, PAGES = ROOT / "experiments", ROOT / "docs" / "experiments"
NAMES = sorted(
    path.stem for path in SCRIPTS.glob("*.py") if not path.name.startswith("_") and path.stem != "train_demo_models"
)


@pytest.mark.parametrize("name", NAMES)
def test_every_experiment_has_a_page_that_shows_its_table_figure_and_origin(name):
    page = (PAGES / f"{name}.md").read_text()
    for ending in ("csv", "png", "txt"):
        assert (PAGES / f"{name}.{ending}").is_file()
        assert f"{name}.{ending}" in page
    assert f"python experiments/{name}.py" in (PAGES / f"{name}.txt").read_text()


def test_every_page_belongs_to_an_experiment_and_is_reachable():
    assert sorted(path.stem for path in PAGES.glob("*.md")) == sorted([*NAMES, "index"])
    (listed,) = re.findall(r"^```\{toctree\}\n(.*?)^```$", (PAGES / "index.md").read_text(), re.DOTALL | re.MULTILINE)
    assert ":glob:" in listed.split()
    assert "*" in listed.split()
    assert "experiments/index" in (ROOT / "docs" / "index.md").read_text().split()


@pytest.fixture
def report(monkeypatch, tmp_path):
    """Shared part of the scripts, with a folder of its own for tables."""
    monkeypatch.syspath_prepend(SCRIPTS)
    module = importlib.import_module("_report")
    monkeypatch.setattr(module, "DOCS", tmp_path)
    return module


@pytest.mark.parametrize(
    ("found", "problem"),
    [
        ({}, None),
        ({"score": [0.125, 0.255, None]}, None),
        ({"score": [0.125, 0.275, None]}, "score of ('b', 'x'): 0.275, in the documentation 0.25"),
        ({"score": [0.125, 0.25, 0.5]}, "score of ('c', 'x'): 0.5, in the documentation nan"),
        ({"called": [3, None, 5]}, None),
        ({"called": [3, 5, 5]}, "called of ('b', 'x'): 5, in the documentation nan"),
        ({"called": [3, None, 6]}, "called of ('c', 'x'): 6.0, in the documentation 5.0"),
        ({"n": [1, 2, 4]}, "n of ('c', 'x'): 4, in the documentation 3"),
        ({"name": ["a", "b", "d"]}, "('d', 'x')], in the documentation [('a', 'x')"),
    ],
)
def test_check_compares_with_the_file_whatever_the_types_in_memory(report, found, problem):
    def table(**columns):
        values = {
            "name": ["a", "b", "c"],
            "kind": "x",
            "n": [1, 2, 3],
            "score": [0.125, 0.25, None],
            "called": [3, None, 5],
        }
        return pd.DataFrame(values | columns).astype({"called": "Int64"})

    def publish(table, *, check):
        keys, tolerance = ["name", "kind"], {"score": 0.01, "called": 0}
        report.publish("x", table, Figure(), keys=keys, tolerance=tolerance, check=check)

    publish(table(), check=False)
    if problem is None:
        publish(table(**found), check=True)
        return
    with pytest.raises(SystemExit) as stop:
        publish(table(**found), check=True)
    assert problem in str(stop.value)


@pytest.mark.parametrize(("tf", "test"), [("SPI1", "chr5"), ("SPI1", "other genome"), ("CTCF", "other genome")])
def test_the_network_beats_every_baseline_in_the_held_out_cell_type_with_intervals_apart(tf, test):
    table = pd.read_csv(PAGES / "recover_sites.csv").query("tf == @tf and test == @test").set_index("method")
    others = table.drop(index="network")
    assert {"sequence_only", "signal_only", "average_chip", "motif_in_peaks", "motif_p_value"} <= set(others.index)
    assert table.loc["network", "ap_low"] > others["ap_high"].max()


def test_for_ctcf_on_one_chromosome_intervals_touch_and_the_page_says_so():
    table = pd.read_csv(PAGES / "recover_sites.csv").query("tf == 'CTCF' and test == 'chr5'").set_index("method")
    touching = table.index[table["ap_high"] >= table.loc["network", "ap_low"]].drop("network")
    assert sorted(touching) == ["average_chip", "signal_only"]
    assert "For CTCF on chr5 they overlap" in (PAGES / "recover_sites.md").read_text()


def test_what_the_page_on_reverse_complements_says_of_seeds():
    seeds = ["seed_0", "seed_1", "seed_2"]
    table = pd.read_csv(PAGES / "reverse_complement.csv").set_index(["test", "training"])[seeds]
    other = table.loc["other genome"]
    assert (other.loc["true"] > other.loc["none"]).all()
    for test in ("chr5", "other genome"):
        assert table.loc[(test, "rolled")].max() < table.loc[(test, "none")].min()


@pytest.mark.parametrize("folder", sorted((SCRIPTS / "networks").glob("*")), ids=lambda path: path.name)
def test_kept_networks_are_whole_and_small(folder):
    assert TFModel.read(folder).tf == folder.name.split("-")[0]
    assert sum(path.stat().st_size for path in folder.iterdir()) < 1e6


def test_what_the_page_on_thresholds_counts():
    table = pd.read_csv(PAGES / "thresholds.csv").query("bound > 0")
    page = " ".join((PAGES / "thresholds.md").read_text().split())
    chr22, toy = table[table["data"] == "chr22"], table[table["data"] == "toy"]
    assert len(chr22) == len(toy) == 24
    assert [(chr22[rule] > chr22["f1"]).sum() for rule in ("matched", "mixed")] == [19, 19]
    assert [(chr22[rule] < chr22["f1"]).sum() for rule in ("matched", "mixed")] == [1, 1]
    assert (chr22["low"] > 0).sum() == 14
    assert "19 of 24 rows, in 14 of them with the whole interval" in page
    assert [(toy[rule] > toy["f1"]).sum() for rule in ("matched", "mixed")] == [14, 18]
    assert [round((toy["f1"] - toy[rule]).max(), 3) for rule in ("matched", "mixed")] == [0.032, 0.011]
    assert 'above `"f1"` in 18 of 24 rows and at most 0.011 below it' in page


def test_what_the_page_on_differential_binding_says():
    table = pd.read_csv(PAGES / "differential.csv")
    page = " ".join((PAGES / "differential.md").read_text().split())
    whole = table[(table["part"] == "whole runs") & (table["method"] == "scmaxatac")]
    assert whole["n_runs"].sum() == 39
    one = whole[whole["strength"] == 1].set_index("depth_ratio")
    first = (one["first"] * one["n_runs"]).round()
    assert first.sum() / one["n_runs"].sum() >= 0.7
    assert first.loc[[1, 5, 20]].tolist() == [6, 6, 3]
    assert "15 of 18 runs at strength 1 (83%): in 6 of 6 at equal depth, 6 of 6 at 5 to 1 and 3 of 6" in page
    nothing = table[(table["part"] == "whole runs") & (table["strength"] == 0)]
    assert nothing.groupby("method")["called"].max().to_dict() == {"ArchR": 0.3, "TOBIAS": 1.0, "scmaxatac": 0.0}
    alone = table[table["part"].str.startswith("statistics") & (table["method"] == "scmaxatac")]
    assert (alone["n_runs"] == 1_000).all()
    assert (alone["fdr"].min(), alone["fdr"].max()) == (0.046, 0.067)
    assert (alone["fdr_high"].min(), alone["fdr_high"].max()) == (0.052, 0.08)
    pieces = table[table["part"].str.startswith("pseudo")]
    assert ((pieces["low"] < pieces["called"]) & (pieces["called"] < pieces["high"])).all()


def test_what_the_page_on_variants_says():
    table = pd.read_csv(PAGES / "variants.csv").set_index(["part", "factor", "alleles"])
    page = " ".join((PAGES / "variants.md").read_text().split())
    auroc = table["auroc"].dropna().droplevel("alleles")
    assert auroc["motif, all"].to_dict() == {"CTCF": 0.995, "SPI1": 0.963}
    assert auroc["ClinVar, all"].to_dict() == {"CTCF": 0.682, "SPI1": 0.622}
    assert auroc["ClinVar, single bases"].to_dict() == {"CTCF": 0.52, "SPI1": 0.455}
    single = table.loc["ClinVar, single bases"].dropna(subset=["auroc"])
    assert ((single["low"] < 0.5) & (single["high"] > 0.5)).all()
    broken = table.xs("motif broken", level="alleles").xs("motif, score of 0.1 or more")
    assert broken["large"].round(2).to_dict() == {"CTCF": 0.77, "SPI1": 0.93}
    assert "77% of CTCF's and 93% of SPI1's broken motifs" in page
    near = table.xs("another base near by", level="alleles").xs("motif, score of 0.1 or more")
    assert (near["large"] * near["n"]).round().to_dict() == {"CTCF": 1, "SPI1": 0}
    assert table.loc["motif, all"].xs("motif broken", level="alleles")["lost"].to_dict() == {"CTCF": 19, "SPI1": 4}
    clinvar = table.loc[["ClinVar, all"], ["gained", "lost"]].sum(axis=1).groupby("factor").sum()
    assert clinvar.to_dict() == {"CTCF": 4, "SPI1": 1}


def names_in(module: str) -> set[str]:
    """Names that a module of the package defines or imports, and the modules in it."""
    path = ROOT / "src" / module.replace(".", "/")
    source = path.with_suffix(".py") if path.with_suffix(".py").is_file() else path / "__init__.py"
    assert source.is_file(), f"there is no {module}"
    names = {each.stem for each in path.glob("*")}
    for node in ast.parse(source.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.ImportFrom | ast.Import):
            names.update(alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names.update(target.id for target in targets if isinstance(target, ast.Name))
    return names


@pytest.mark.parametrize(
    "script", sorted([*ROOT.glob("experiments/*.py"), *ROOT.glob("benchmarks/*.py")]), ids=lambda path: path.stem
)
def test_what_scripts_import_from_the_package_is_there(script):
    """They are too slow to run here, and would otherwise miss that something has moved."""
    for node in ast.walk(ast.parse(script.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "scmaxatac":
            missing = {alias.name for alias in node.names} - names_in(str(node.module))
            assert not missing, f"line {node.lineno}: {node.module} has no {missing}"
