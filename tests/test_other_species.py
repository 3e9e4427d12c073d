"""The code of the page on other species runs from top to bottom, on the toy data under the names that the page uses."""

import functools
import re
import shutil
from pathlib import Path

import pytest

import scmaxatac

pytest.importorskip("torch")

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "other_species.md").read_text()
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, flags=re.DOTALL | re.MULTILINE)
ROWS = re.findall(r"^\| (.*) \|$", PAGE, flags=re.MULTILINE)


@pytest.fixture
def working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder with the files that the page names, and the demo models as the installed ones; training is cut short."""
    toy = scmaxatac.datasets.toy()
    shutil.copy(toy.fasta, tmp_path / "mm10.fa")
    shutil.copy(toy.blacklist, tmp_path / "mm10-blacklist.bed")
    shutil.copy(toy.annotation, tmp_path / "mm10.gtf")
    shutil.copy(toy.fragments, tmp_path / "fragments.tsv.gz")
    for name, peaks in (("peaks", toy.peaks), *((c, toy.chip_peaks.query(f"group == '{c}'")) for c in toy.clusters)):
        file = "peaks.bed" if name == "peaks" else f"{name[-1] if '/' in name else name}_ctcf.bed"
        bound = peaks if name == "peaks" else peaks[peaks["tf"] == "CTCF"]
        bound[["chrom", "start", "end"]].to_csv(tmp_path / file, sep="\t", header=False, index=False)
    (tmp_path / "ctcf.tsv").write_text(
        "".join(row.replace(" | ", "\t") + "\n" for row in ROWS if not row.startswith("---"))
    )
    mouse = toy.adata[:, toy.adata.var["chrom"].isin(["chr5"])].copy()
    mouse.write_h5ad(tmp_path / "mouse.h5ad")
    for name in ("CTCF", "SPI1"):
        scmaxatac.models.load(f"demo:{name}").save(tmp_path / "installed" / name)
    monkeypatch.setattr(scmaxatac.settings, "model_dir", tmp_path / "installed")
    short = functools.partial(scmaxatac.tl.train, epochs=1, batches_per_epoch=5, batch_size=16)
    monkeypatch.setattr(scmaxatac.tl, "train", short)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.filterwarnings("ignore:ap_low and ap_high:UserWarning")  # one toy chromosome is one block
@pytest.mark.filterwarnings("ignore:the model of CTCF learned no more:UserWarning")  # as long as it was trained
@pytest.mark.filterwarnings("ignore:CTCF. weak model:UserWarning")  # as long as it was trained
def test_the_page_runs_from_top_to_bottom(working_folder: Path):
    names: dict[str, object] = {}
    for block in BLOCKS:
        exec(compile(block, "other_species.md", "exec"), names)
    assert names["genome"].select_chroms() == ["chr1", "chr2", "chr3", "chr4", "chr5"]
    assert set(names["mouse"].uns) >= {"human_models", "calibrated", "tfbs"}
    assert (working_folder / "models" / "CTCF" / "model.safetensors").is_file()
