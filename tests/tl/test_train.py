"""Training from a table of cell types to a model that predicts."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("torch")
pytest.importorskip("pytorch_lightning")

import pyBigWig
import torch
from _mini import GROUPS, Mini
from _networks import encoded
from _tiny_training import OPTIONS, SIZES, TINY, make_codes, one_thread, write_table

import scmaxatac as sma
from scmaxatac.io._bigwig import BigWigWriter
from scmaxatac.nn.engines import _registry
from scmaxatac.train import _fit
from scmaxatac.train._batches import make_batches
from scmaxatac.train._inputs import read_inputs
from scmaxatac.train._split import Split, split_chroms
from scmaxatac.train._table import read_training_table

# signals and peaks are random: there is nothing to learn
pytestmark = pytest.mark.filterwarnings("ignore:the model of .* learned:UserWarning")


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    with one_thread():
        yield


@pytest.fixture(scope="module")
def genome():
    return sma.Genome.from_codes(make_codes())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_table(tmp_path_factory.mktemp("inputs")).parent


@pytest.fixture(scope="module")
def absolute(folder):
    """The table as a data frame with absolute paths."""
    table = pd.read_csv(folder / "table.tsv", sep="\t")
    paths = ["signal", "atac_peaks", "chip_peaks"]
    table[paths] = table[paths].map(lambda name: str(folder / name))
    return table


@pytest.fixture(scope="module")
def trained(genome, folder, tmp_path_factory):
    """The folder of a finished run, and its model."""
    out_dir = tmp_path_factory.mktemp("trained") / "CTCF"
    return out_dir, sma.tl.train(folder / "table.tsv", "CTCF", genome=genome, out_dir=out_dir, **TINY)


def weights_of(out_dir: Path) -> bytes:
    return (out_dir / "model.safetensors").read_bytes()


def test_the_model_says_where_it_comes_from(trained, genome, folder):
    out_dir, model = trained
    assert model.tf == "CTCF"
    assert model.sha256 == sma.models.load(out_dir).sha256
    origin = model.provenance
    assert origin["chroms"] == {"train": ["chr1"], "valid": ["chr2"], "test": []}
    assert origin["genome"]["fingerprint"] == genome.fingerprint
    assert origin["seed"] == 0
    assert origin["options"]["batch_size"] == 8
    assert {"scmaxatac", "torch", "pytorch-lightning", "numpy"} == set(origin["versions"])
    assert [record["name"] for record in origin["cell_types"]] == ["B", "CD4/T", "Mono"]
    assert origin["test_cell_types"] == ["NK"]
    expected = subprocess.run(["sha256sum", folder / "chip1.bed"], capture_output=True, text=True, check=True).stdout
    assert origin["cell_types"][1]["chip_peaks"]["sha256"] == expected.split()[0]
    assert str(folder) not in json.dumps(origin)


def test_the_learning_curve_is_in_the_folder_and_in_the_model(trained):
    out_dir, model = trained
    curve = pd.read_csv(out_dir / "history.csv")
    assert list(curve) == ["epoch", "train_loss", "val_loss", "val_dice"]
    pd.testing.assert_frame_equal(pd.DataFrame(model.provenance["history"]), curve)
    assert model.provenance["best_epoch"] == curve["val_dice"].idxmax()
    assert sma.pl.learning_curve(model).axes


def test_thresholds_are_those_of_tl_calibrate_on_the_predicted_validation_chromosome(trained, genome, folder):
    _, model = trained
    network = model.network()
    starts = np.arange(0, SIZES["chr2"] - 1_023, 256)
    with pyBigWig.open(str(folder / "signal2.bw")) as handle:
        track = np.nan_to_num(handle.values("chr2", 0, SIZES["chr2"], numpy=True)).astype(np.float32)
    codes = np.stack([genome.codes("chr2")[s : s + 1_024] for s in starts])
    tracks = np.stack([track[s : s + 1_024] for s in starts])
    with torch.no_grad():
        windows = network(torch.from_numpy(encoded(codes, tracks)))[:, 0].numpy()
    n_bins = SIZES["chr2"] // 32
    total, n = np.zeros(n_bins), np.zeros(n_bins)
    for start, scores in zip(starts, windows, strict=True):
        total[start // 32 : start // 32 + 32] += scores
        n[start // 32 : start // 32 + 32] += 1
    at = np.flatnonzero(n)
    scores = pd.DataFrame({"chrom": "chr2", "start": at * 32, "end": at * 32 + 32, "score": total[at] / n[at]})
    expected = sma.tl.calibrate(scores, folder / "chip2.bed", genome=genome).frame
    np.testing.assert_allclose(model.calibration.frame["recall"], expected["recall"], atol=0.02)
    assert model.calibration.best_f1 == pytest.approx(expected["f1"].max(), abs=0.01)


def test_predict_tfbs_takes_the_folder(trained, tmp_path):
    mini = Mini()
    adata = mini.adata(mini.write_fragments(tmp_path / "fragments.tsv.gz"))
    sma.tl.predict_tfbs(
        adata, "leiden", genome=mini.genome, models=trained[0], min_fragments=1, chroms="chr1", threshold=0.5
    )
    assert sma.get.params(adata)["tfs"] == ["CTCF"]


def test_a_finished_run_gives_its_model_and_goes_on_when_more_epochs_are_asked_for(trained, genome, folder, tmp_path):
    out_dir, model = trained
    before = (out_dir / "last.ckpt").stat().st_mtime_ns
    again = sma.tl.train(folder / "table.tsv", "CTCF", genome=genome, out_dir=out_dir, **TINY)
    assert again.sha256 == model.sha256
    assert (out_dir / "last.ckpt").stat().st_mtime_ns == before
    more = TINY | {"epochs": 3}
    longer = sma.tl.train(folder / "table.tsv", "CTCF", genome=genome, out_dir=tmp_path / "a", **more)
    shutil.copytree(out_dir, tmp_path / "b")
    extended = sma.tl.train(folder / "table.tsv", "CTCF", genome=genome, out_dir=tmp_path / "b", **more)
    assert extended.sha256 == longer.sha256
    assert len(extended.provenance["history"]["epoch"]) == 3
    with pytest.raises(
        ValueError, match="has trained for 3 epochs, and epochs is 2; epochs=3 gives its model, a larger number goes on"
    ):
        sma.tl.train(folder / "table.tsv", "CTCF", genome=genome, out_dir=tmp_path / "b", **TINY)


SCRIPT = """
import sys
from pathlib import Path

sys.path[:0] = {paths!r}
import torch

torch.set_num_threads(1)
import scmaxatac as sma
from _tiny_training import TINY, make_codes

sma.settings.progress = False
genome = sma.Genome.from_codes(make_codes())
options = TINY | {options!r}
model = sma.tl.train({table!r}, "CTCF", genome=genome, out_dir={out_dir!r}, **options)
print(model.sha256)
"""


def write_script(path: Path, folder: Path, out_dir: Path, **options) -> list[str]:
    text = SCRIPT.format(
        paths=[str(Path(__file__).parents[1])],
        table=str(folder / "table.tsv"),
        out_dir=str(out_dir),
        options=options,
    )
    path.write_text(text)
    return [sys.executable, str(path)]


def test_a_run_that_was_killed_gives_the_same_model_as_one_that_was_not(genome, folder, tmp_path):
    options = {"epochs": 6, "batches_per_epoch": 3}
    command = write_script(tmp_path / "script.py", folder, tmp_path / "killed", **options | {"batches_per_epoch": 3})
    process = subprocess.Popen(command, env=os.environ | {"OMP_NUM_THREADS": "1"})
    history = tmp_path / "killed" / "history.csv"
    try:
        while process.poll() is None and not (history.is_file() and len(pd.read_csv(history)) >= 2):
            time.sleep(0.002)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert not (tmp_path / "killed" / "model.json").exists()
    assert 2 <= len(pd.read_csv(history)) < 6
    for name in ("killed", "whole"):
        sma.tl.train(folder / "table.tsv", "CTCF", genome=genome, out_dir=tmp_path / name, **TINY | options)
    assert weights_of(tmp_path / "killed") == weights_of(tmp_path / "whole")
    for name in ("history.csv", "calibration.tsv", "model.json"):
        assert (tmp_path / "killed" / name).read_text() == (tmp_path / "whole" / name).read_text()


def test_two_processes_train_one_model(folder, tmp_path):
    command = write_script(tmp_path / "script.py", folder, tmp_path / "out", strategy="ddp", devices=2)
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    model = sma.models.load(tmp_path / "out")
    # the lines of two processes can run into each other
    assert done.stdout.count(model.sha256) == 2
    assert not done.stdout.replace(model.sha256, "").strip()
    assert model.provenance["history"]["epoch"] == [0, 1]
    assert model.provenance["options"]["devices"] == 2


def test_other_inputs_or_options_are_not_mixed_into_a_run(trained, genome, folder, absolute, tmp_path):
    out_dir, _ = trained
    with pytest.raises(ValueError, match=r"options\.learning_rate was 0\.001 and is 0\.01\..*resume=False"):
        sma.tl.train(folder / "table.tsv", "CTCF", genome=genome, out_dir=out_dir, learning_rate=0.01, **TINY)
    with pytest.raises(ValueError, match="seed was 0 and is 1"):
        sma.tl.train(folder / "table.tsv", "CTCF", genome=genome, out_dir=out_dir, seed=1, **TINY)
    table = absolute.copy()
    table.loc[0, "chip_peaks"] = table.loc[1, "chip_peaks"]
    with pytest.raises(ValueError, match=r"cell_types\.B\.chip_peaks\.sha256"):
        sma.tl.train(table, "CTCF", genome=genome, out_dir=out_dir, **TINY)
    copied = tmp_path / "copied"
    sma.models.load(out_dir).save(copied)
    with pytest.raises(ValueError, match="a model that was not trained there"):
        sma.tl.train(folder / "table.tsv", "CTCF", genome=genome, out_dir=copied, resume=False, **TINY)


def test_renamed_files_and_data_frames_are_the_same_inputs(trained, genome, absolute, tmp_path):
    table = absolute.copy()
    moved = tmp_path / "other_name.bed"
    moved.write_bytes(Path(table.loc[0, "chip_peaks"]).read_bytes())
    table.loc[0, "chip_peaks"] = str(moved)
    assert sma.tl.train(table, "CTCF", genome=genome, out_dir=trained[0], **TINY).sha256 == trained[1].sha256


def test_the_seed_decides_the_network_and_leaves_the_users_random_numbers_alone(trained, genome, folder, tmp_path):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    one = sma.tl.train(folder / "table.tsv", "CTCF", genome=genome, out_dir=tmp_path / "a", **TINY)
    torch.testing.assert_close(torch.rand(3), expected)
    other = sma.tl.train(folder / "table.tsv", "CTCF", genome=genome, out_dir=tmp_path / "b", seed=1, **TINY)
    assert one.sha256 == trained[1].sha256
    assert other.sha256 != one.sha256


def test_fine_tuning_starts_from_the_given_model_and_goes_on_learning(trained, genome, folder, tmp_path):
    _, start = trained
    options = TINY | {"epochs": 1, "learning_rate": 1e-7}
    tuned = sma.tl.train(folder / "table.tsv", "CTCF", genome=genome, out_dir=tmp_path, init=trained[0], **options)
    assert tuned.provenance["init"] == {"id": start.id, "sha256": start.sha256}
    for name, array in start.weights.items():
        if "running" not in name:
            np.testing.assert_allclose(tuned.weights[name], array, atol=1e-5)
    assert not np.array_equal(tuned.weights["norms.0.running_mean"], start.weights["norms.0.running_mean"])


def test_only_training_cell_types_are_learned_from_and_nothing_is_read_of_test_ones(genome, absolute):
    rows, held_out = read_training_table(absolute.assign(chip_peaks=[*absolute["chip_peaks"][:3], "nowhere.bed"]))
    assert held_out == ["NK"]
    inputs = read_inputs(rows, genome, Split(["chr1"], ["chr2"], []))
    assert list(inputs.train) == ["B", "CD4/T"]
    assert list(inputs.valid) == ["Mono"]
    assert make_batches(inputs, genome, Split(["chr1"], ["chr2"], []), OPTIONS, 0).train_examples.names == (
        "B",
        "CD4/T",
    )
    rows, _ = read_training_table(absolute[absolute["role"] != "validation"])
    inputs = read_inputs(rows, genome, Split(["chr1"], ["chr2"], []))
    assert list(inputs.valid) == ["B", "CD4/T"]


def test_signals_can_be_groups_of_an_object_or_pseudobulks(tmp_path):
    mini = Mini()
    adata = mini.adata(mini.write_fragments(tmp_path / "fragments.tsv.gz"))
    peaks = pd.DataFrame(
        [(c, s, s + 200) for c in ("chr1", "chr2", "chrX") for s in range(700, 6_000, 250)],
        columns=["chrom", "start", "end"],
    )
    table = pd.DataFrame({"name": GROUPS, "signal": GROUPS, "role": "train"})
    table["atac_peaks"] = [peaks] * 3
    table["chip_peaks"] = [peaks[i::4] for i in range(3)]
    options = TINY | {"chroms_valid": "chrX", "epochs": 1}
    with pytest.raises(ValueError, match="which is no bigWig"):
        sma.tl.train(table, "SPI1", genome=mini.genome, out_dir=tmp_path / "a", **options)
    bulks = sma.pp.pseudobulk(adata, "leiden", genome=mini.genome, min_fragments=1)
    model = sma.tl.train(table, "SPI1", genome=mini.genome, out_dir=tmp_path / "a", data=bulks, **options)
    assert model.provenance["cell_types"][1]["signal"]["group"] == "CD4/T"
    again = sma.tl.train(table, "SPI1", genome=mini.genome, out_dir=tmp_path / "a", data=bulks, **options)
    assert again.sha256 == model.sha256
    with pytest.raises(KeyError, match="nowhere"):
        sma.tl.train(
            table.assign(signal="nowhere"), "SPI1", genome=mini.genome, out_dir=tmp_path / "b", data=bulks, **options
        )


def test_all_options_together(genome, folder, tmp_path):
    model = sma.tl.train(
        folder / "table.tsv",
        "CTCF",
        genome=genome,
        out_dir=tmp_path,
        pan_cell=False,
        random_ratio=0.25,
        reverse_complement=False,
        jitter=100,
        signal_scaling=(0.9, 1.15),
        patience=1,
        max_validation=20,
        precision="bf16-mixed",
        **TINY,
    )
    assert model.provenance["options"]["signal_scaling"] == [0.9, 1.15]


def test_training_stops_when_patience_is_at_an_end(genome, folder, tmp_path):
    options = TINY | {"epochs": 12, "patience": 1, "learning_rate": 0.05}
    model = sma.tl.train(folder / "table.tsv", "CTCF", genome=genome, out_dir=tmp_path, **options)
    score = np.array(model.provenance["history"]["val_dice"])
    assert len(score) < 12
    assert (np.diff(score[:-1]) > 0).all()
    assert score[-1] <= score[-2]


def test_the_precision_is_trained_with(trained, genome, folder, tmp_path):
    model = sma.tl.train(folder / "table.tsv", "CTCF", genome=genome, out_dir=tmp_path, precision="bf16-mixed", **TINY)
    assert model.sha256 != trained[1].sha256


@pytest.mark.parametrize(("trained_on", "expected"), [("cuda:1", "cuda:1"), ("cpu", "cpu"), ("mps:0", "cpu")])
def test_thresholds_are_measured_on_the_device_that_was_trained_on(
    trained_on, expected, genome, folder, tmp_path, monkeypatch
):
    asked, make = [], _registry.make_engine

    def make_engine(weights, *, device):
        asked.append(device)
        return make(weights, device="cpu")

    monkeypatch.setattr(_fit.TrainingRun, "device", torch.device(trained_on))
    monkeypatch.setattr(_registry, "make_engine", make_engine)
    options = TINY | {"epochs": 1, "accelerator": "auto"}
    sma.tl.train(folder / "table.tsv", "CTCF", genome=genome, out_dir=tmp_path, **options)
    assert asked == [expected]


BAD_TABLES = {
    "missing column": (lambda t: t.drop(columns="chip_peaks"), ValueError, r"lacks the columns \['chip_peaks'\]"),
    "name twice": (lambda t: t.assign(name="B"), ValueError, r"cell types \['B'\] more than once"),
    "no name": (lambda t: t.assign(name=["B", None, "C", "D"]), ValueError, "no name in row 2"),
    "role misspelt": (lambda t: t.assign(role="training"), ValueError, "role of 'B' is 'training'; it can be 'train'"),
    "nothing to train": (lambda t: t.assign(role="validation"), ValueError, "no cell type with the role 'train'"),
    "missing file": (
        lambda t: t.assign(chip_peaks="no.bed"),
        FileNotFoundError,
        r"chip_peaks of 'B' not found: no\.bed",
    ),
    "missing bigWig": (lambda t: t.assign(signal="no.bw"), FileNotFoundError, r"signal of 'B' not found: no\.bw"),
    "no path": (lambda t: t.assign(atac_peaks=""), ValueError, "'B' has no atac_peaks"),
    "no signal": (lambda t: t.assign(signal=np.nan), ValueError, "'B' has no signal"),
}


@pytest.mark.parametrize("name", BAD_TABLES)
def test_a_bad_table_is_a_clear_error_and_nothing_is_written(name, genome, absolute, tmp_path):
    spoil, kind, message = BAD_TABLES[name]
    with pytest.raises(kind, match=message):
        sma.tl.train(spoil(absolute), "CTCF", genome=genome, out_dir=tmp_path / "out", **TINY)
    assert not (tmp_path / "out").exists()


def test_peaks_that_teach_nothing_are_an_error(genome, absolute, tmp_path):
    def train_with(chip, **options):
        table = absolute.assign(chip_peaks=[chip] * 4)
        sma.tl.train(table, "CTCF", genome=genome, out_dir=tmp_path, **TINY | options)

    elsewhere = pd.DataFrame({"chrom": ["chr3"], "start": [5], "end": [50]})
    with pytest.raises(ValueError, match="no ChIP-seq peak of B, CD4/T lies on chr1; there are peaks on chr3"):
        train_with(elsewhere)
    with pytest.raises(ValueError, match="there is no ChIP-seq peak of B, CD4/T: what was given holds no interval"):
        train_with(elsewhere.iloc[:0])
    with pytest.raises(ValueError, match="no ChIP-seq peak of Mono lies on chr2; there are peaks on chr1"):
        train_with(elsewhere.assign(chrom="chr1"))
    with pytest.raises(ValueError, match="chip_peaks of 'B' are on 1, none of which"):
        train_with(elsewhere.assign(chrom="1"))
    with pytest.raises(ValueError, match="a batch needs 5000 different regions"):
        sma.tl.train(absolute, "CTCF", genome=genome, out_dir=tmp_path, **TINY | {"batch_size": 5_000})


def test_chromosomes_have_to_be_named_for_other_genomes_and_only_once(genome, absolute, tmp_path):
    def train_on(genome=genome, **options):
        sma.tl.train(absolute, "CTCF", genome=genome, out_dir=tmp_path / "out", **options)

    with pytest.raises(ValueError, match=r"lacks chr4.*Name chroms_train"):
        train_on()
    with pytest.raises(ValueError, match=r"lacks chr19.*Name chroms_valid"):
        train_on(chroms_train="chr1")
    with pytest.raises(ValueError, match="chr1 is in chroms_train and in chroms_valid"):
        train_on(chroms_train=["chr1", "chr3"], chroms_valid="chr1")
    with pytest.raises(KeyError, match="chr9"):
        train_on(chroms_train="chr9", chroms_valid="chr2")
    with pytest.raises(ValueError, match="training needs sequence"):
        train_on(sma.Genome.from_sizes(SIZES), chroms_train="chr1", chroms_valid="chr2")
    assert not (tmp_path / "out").exists()


def test_the_default_split_of_a_human_genome_is_the_original_one():
    human = SimpleNamespace(
        sizes=dict.fromkeys([f"chr{i}" for i in [*range(1, 23), "X", "Y"]], 1),
        has_sequence=True,
        looks_human=True,
        select_chroms=list,
    )
    split = split_chroms(human, None, None, None)
    assert split.valid == ["chr2", "chr19"]
    assert split.test == ["chr1", "chr8"]
    assert split.train == [f"chr{i}" for i in range(3, 23) if i not in (8, 19)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": 0}, "epochs is 0"),
        ({"patience": 0}, "patience is 0"),
        ({"learning_rate": 0.0}, "learning_rate is 0"),
        ({"random_ratio": 1.5}, "random_ratio is 1.5"),
        ({"jitter": -1}, "jitter is -1 bp"),
        ({"signal_scaling": (1.1, 0.9)}, "signal_scaling"),
        ({"signal_scaling": (1, float("inf"))}, "signal_scaling"),
        ({"decay": -1.0}, "decay is -1"),
        ({"max_validation": 0}, "max_validation is 0"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_options_out_of_range_are_refused(options, message, genome, absolute, tmp_path):
    with pytest.raises(ValueError, match=message):
        sma.tl.train(absolute, "CTCF", genome=genome, out_dir=tmp_path, **TINY | options)


def test_a_signal_that_is_not_scaled_is_warned_about(genome, absolute, tmp_path):
    with BigWigWriter(tmp_path / "raw.bw", SIZES) as writer:
        writer.add_fixed("chr1", 0, np.full(1_500, 60.0), span=32, step=32)
    table = absolute.assign(signal=[str(tmp_path / "raw.bw"), *absolute["signal"][1:]])
    with pytest.warns(UserWarning, match="signal of 'B' has a 99th percentile of 60"):
        sma.tl.train(table, "CTCF", genome=genome, out_dir=tmp_path / "out", **TINY | {"epochs": 1})
