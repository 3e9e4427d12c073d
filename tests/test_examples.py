"""The Snakemake example: its commands, in the order that its files ask for, make the files that it names.

Snakemake itself is not needed: the rules of the example are plain enough to be read here.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import h5py
import mudata
import pandas as pd
import pytest

import scmaxatac
from scmaxatac.io._bed import read_bed

SNAKEFILE = Path(__file__).resolve().parents[1] / "examples" / "snakemake" / "Snakefile"
RULE = re.compile(r"^rule (\w+):\n((?:    .*\n)+)", re.MULTILINE)
PART = re.compile(r"^    (\w+):(.*\n(?:        .*\n)*)", re.MULTILINE)


def read_example(text: str) -> tuple[dict[str, object], dict[str, dict[str, object]]]:
    """Names that the example sets, and the parts of each of its rules."""
    names: dict[str, object] = {}
    exec(text[: text.index("\nrule ")], names)

    def expand(pattern: str, **lists: list[str]) -> list[str]:
        found = [pattern]
        for name, values in lists.items():
            found = [one.replace("{" + name + "}", value) for one in found for value in values]
        return found

    scope = names | {"expand": expand, "files": lambda *args, **named: (args, named)}
    rules = {}
    for rule, body in RULE.findall(text):
        rules[rule] = {
            part: eval(value if part in ("shell", "threads") else f"files({value})", scope)
            if part != "shell"
            else eval(f"({value})")
            for part, value in PART.findall(body)
        }
    return names, rules


def command_for(wanted: str, rules: dict[str, dict[str, object]]) -> tuple[str, list[str]]:
    """Command that makes a file, and the files that it needs."""
    for rule in rules.values():
        for pattern in rule.get("output", ((), {}))[1].values():
            match = re.fullmatch(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", _once(re.escape(pattern))), wanted)
            if match is None:
                continue
            wildcards = match.groupdict()
            filled = {
                part: {name: str(text).format(**wildcards) for name, text in rule.get(part, ((), {}))[1].items()}
                for part in ("input", "output", "params")
            }
            log = rule.get("log", (("",), {}))[0][0].format(**wildcards)
            parts = {part: SimpleNamespace(**values) for part, values in filled.items()}
            text = rule["shell"].format(wildcards=SimpleNamespace(**wildcards), threads=1, log=log, **parts)
            return text, list(filled["input"].values())
    raise AssertionError(f"no rule makes {wanted}")


def _once(pattern: str) -> str:
    """A name that occurs twice is the same text both times."""
    first, *others = re.split(r"(?<=\\{sample\\})", pattern, maxsplit=1)
    return first + "".join(other.replace(r"\{sample\}", "(?P=sample)") for other in others)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Folder with the toy data as the files that the example names."""
    toy = scmaxatac.datasets.toy()
    (tmp_path / "data").mkdir()
    (tmp_path / "logs").mkdir()  # Snakemake makes the folders of logs
    (tmp_path / "hg38.fa").write_bytes(toy.fasta.read_bytes())
    (tmp_path / "blacklist.bed").write_bytes(toy.blacklist.read_bytes())
    data = mudata.MuData({"atac": toy.adata[:, toy.adata.var["chrom"].isin(toy.chroms_test)].copy()})
    data.obs["leiden"] = toy.mdata.obs["cell_type"]
    data.write(tmp_path / "data" / "pbmc.h5mu")
    for name in ("CTCF", "SPI1"):
        scmaxatac.models.load(f"demo:{name}").save(tmp_path / "models" / name)
    return tmp_path


def test_the_snakemake_example_makes_its_files(place: Path):
    _, rules = read_example(SNAKEFILE.read_text())
    made: list[str] = []

    def make(wanted: str) -> None:
        if (place / wanted).exists():
            return
        command, needed = command_for(wanted, rules)
        for name in needed:
            make(name)
        command = re.sub(r"(?<!\S)scmaxatac(?= )", f"{sys.executable} -m scmaxatac", command)
        environment = os.environ | {"SCMAXATAC_MODEL_DIR": str(place / "models")}
        done = subprocess.run(command, shell=True, cwd=place, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, (command, done.stderr, [log.read_text() for log in place.glob("logs/*")])
        assert (place / wanted).is_file()
        made.append(wanted)

    wanted = [name for group in rules["all"]["input"][0] for name in group]
    assert len(wanted) == 5
    for name in wanted:
        make(name)
    assert made[0] == "results/pbmc/pbmc.h5mu"
    results = place / "results" / "pbmc"
    with h5py.File(results / "pbmc.h5mu") as file:
        assert "tfbs" in file["mod/atac/uns"]
    assert set(pd.read_csv(results / "qc.tsv", sep="\t")["group"]) == {"B", "CD4/T", "Mono"}
    assert read_bed(results / "sites_0.9.bed.gz")["score"].min() >= 0.9
    assert all(
        results.joinpath(f"{name}.png").read_bytes().startswith(b"\x89PNG") for name in ("heatmap", "qc", "sites")
    )
