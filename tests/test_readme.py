"""The README's Python runs as it stands, on toy data under the names that the README uses, and prints what it says."""

import gzip
import re
from pathlib import Path

import matplotlib.pyplot
import mudata
import pytest

import scmaxatac

README = Path(__file__).resolve().parents[1] / "README.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```$", README.read_text(), flags=re.DOTALL | re.MULTILINE)
OUTPUTS = re.findall(r"^```text\n(.*?)^```$", README.read_text(), flags=re.DOTALL | re.MULTILINE)
COMMANDS = re.findall(r"^```bash setup\n(.*?)^```$", README.read_text(), flags=re.DOTALL | re.MULTILINE)


@pytest.fixture
def working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder with the toy data as the files that the README names, and the demo models as the installed ones."""
    toy = scmaxatac.datasets.toy()
    for file, name in ((toy.fasta, "hg38.fa.gz"), (toy.annotation, "gencode.v47.annotation.gtf.gz")):
        (tmp_path / name).write_bytes(gzip.compress(file.read_bytes()))
    atac = toy.adata[:, toy.adata.var["chrom"].isin(toy.chroms_test)].copy()  # peaks of one chromosome: a short run
    mdata = mudata.MuData({"rna": toy.mdata["rna"].copy(), "atac": atac})
    mdata.obs["leiden"] = toy.mdata.obs["cell_type"]
    mdata.write(tmp_path / "pbmc.h5mu")
    for name in ("CTCF", "SPI1"):
        scmaxatac.models.load(f"demo:{name}").save(tmp_path / "models" / name)
    monkeypatch.setattr(scmaxatac.settings, "model_dir", tmp_path / "models")
    monkeypatch.setattr(scmaxatac.models, "download", lambda tfs: [tmp_path / "models" / tf for tf in tfs])
    monkeypatch.setattr(scmaxatac.models, "download_blacklist", lambda: toy.blacklist)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_readme_has_two_setup_commands_and_two_examples():
    assert [len(block.strip().splitlines()) for block in COMMANDS] == [1, 1]
    assert len(BLOCKS) == 2
    assert len(OUTPUTS) == 1


def run(block: str) -> None:
    """Run an example without a window for its plots."""
    with matplotlib.rc_context({"backend": "Agg"}):
        exec(compile(block, str(README), "exec"), {})
    matplotlib.pyplot.close("all")


def test_example_on_simulated_data_prints_and_draws_what_it_says(
    working_folder: Path, capsys: pytest.CaptureFixture[str]
):
    run(BLOCKS[0])
    assert capsys.readouterr().out == OUTPUTS[0]
    assert (working_folder / "activity.png").is_file()
    assert (working_folder / "tracks.png").is_file()


def test_links_into_the_repository_lead_somewhere():
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", README.read_text())
    assert targets
    assert [target for target in targets if not (README.parent / target).exists()] == []


@pytest.mark.parametrize(
    ("precision", "words"),
    [
        ("float32", r"([\d.]+) times as many windows a\s+second as in Keras"),
        ("bfloat16", r"([\d.]+) times in bfloat16"),
    ],
)
def test_the_rates_are_those_that_were_measured(precision: str, words: str):
    (said,) = re.findall(words, README.read_text())
    page = (README.parent / "docs" / "performance.md").read_text()
    measured = re.findall(rf"^\| (?:torch|openvino) {precision} \| \d+ \| ([\d.]+) \|$", page, flags=re.MULTILINE)
    assert float(said) == max(map(float, measured))


def test_the_picture_is_small_and_the_front_page_shows_it_too():
    picture = README.parent / "docs" / "_static" / "tracks.png"
    assert picture.stat().st_size < 200_000
    assert "_static/tracks.png" in (README.parent / "docs" / "index.md").read_text()


def test_example_on_own_data_leaves_the_files_that_it_names(working_folder: Path):
    run(BLOCKS[1])
    assert (working_folder / "pbmc_tfbs.h5mu").is_file()
    assert list(working_folder.glob("tfbs/**/*.bw"))
    assert list(working_folder.glob("tfbs/**/*.bed*"))
    assert (working_folder / "CD19.png").is_file()
