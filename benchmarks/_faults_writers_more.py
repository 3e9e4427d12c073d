"""Trainings, models, downloads, means and caches, as writers whose faults are counted."""

import hashlib
import os
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from _faults_world import sha256
from _faults_writers import (
    Numbers,
    Place,
    Writer,
    call_sites,
    command_line,
    predict,
    predict_by_workers,
    read_command_line,
    read_prediction,
    read_tn5_tracks,
    tn5_tracks,
)

import scmaxatac as sma
from scmaxatac.models import TFModel

_TRAININGS: dict[str, dict[str, Any]] = {
    "first": {"epochs": 1},
    "second": {},
    "seed": {"seed": 1},
    "factor": {"tf": "SPI1"},
    "options": {"jitter": 8},
    "rate": {"learning_rate": 1e-2},
    "anew": {"seed": 1, "resume": False},
}


def train(place: Place, variant: str) -> Numbers:
    """Train for two epochs; the first variant has one, and the second goes on from there."""
    options = {"tf": "CTCF", "epochs": 2, **_TRAININGS[variant]}
    sma.tl.train(
        place.world.table,
        options.pop("tf"),
        genome=place.genome(),
        out_dir=place.out,
        chroms_train="chr1",
        chroms_valid="chr2",
        batch_size=8,
        batches_per_epoch=2,
        accelerator="cpu",
        **options,
    )
    return read_model(place, variant)


def read_model(place: Place, variant: str) -> Numbers:
    """Read the model in the folder of the results."""
    return _of_model(TFModel.read(place.out))


def save_model(place: Place, variant: str) -> Numbers:
    """Save a demo model; the second variant is another one."""
    model = sma.models.load("demo:CTCF" if variant == "first" else "demo:SPI1")
    model.save(place.out)
    return read_model(place, variant)


def _of_model(model: TFModel) -> Numbers:
    curve = "" if model.calibration is None else repr(model.threshold("f1"))
    weights = b"".join(array.tobytes() for array in model.weights.values())
    return {"model": sha256(repr((model.tf, model.sha256, sha256(weights), curve)))}


def download(place: Place, variant: str) -> Numbers:
    """Download a model; the second variant downloads it again, and another one."""
    _use_made_up_registry(place)
    sma.models.download(
        ["TOYA"] if variant == "first" else ["TOYA", "TOYB"], base_url=place.url, force=variant == "second"
    )
    return {tf: _of_model(sma.models.load(tf))["model"] for tf in ("TOYA", *["TOYB"] * (variant == "second"))}


def download_more(place: Place, variant: str) -> Numbers:
    """Download a model; the second variant downloads another one beside it, and leaves the first as it is."""
    _use_made_up_registry(place)
    tfs = ["TOYA"] if variant == "first" else ["TOYA", "TOYB"]
    sma.models.download(tfs, base_url=place.url)
    return {tf: _of_model(sma.models.load(tf))["model"] for tf in tfs}


def read_download(place: Place, variant: str) -> Numbers:
    """Load the model that was downloaded first."""
    _use_made_up_registry(place)
    return {"TOYA": _of_model(sma.models.load("TOYA"))["model"]}


def _use_made_up_registry(place: Place) -> None:
    from scmaxatac.models import _list_models, _load
    from scmaxatac.zoo import _registry

    place.genome()
    made = {}
    for folder in sorted((place.world.served / "models").iterdir()):
        weights, table = (_remote(folder / f"{folder.name}_{rest}", place.world.served)
                          for rest in ("binary_1.h5", "thresholdCalibration.tsv"))  # fmt: skip
        made[folder.name] = _registry.PublishedModel(folder.name, weights, table, 0.6, 0.5)
    for module in (_registry, _load, _list_models):
        module.published = lambda: MappingProxyType(made)


def _remote(path: Path, root: Path) -> Any:
    from scmaxatac.zoo._registry import RemoteFile

    content = path.read_bytes()
    return RemoteFile(path.relative_to(root).as_posix(), len(content), hashlib.sha256(content).hexdigest())


def average_replicates(place: Place, variant: str) -> Numbers:
    """Average two bigWigs; the variant ``"onto input"`` names one of them as the result."""
    signals = [place.world.signal(group) for group in ("B", "CD4/T")]
    path = place.out / "mean.bw"
    if variant == "onto input":
        path = signals[0] = place.out / "replicate.bw"
    normalize = "rp20m" if variant == "first" else "minmax"
    made = sma.pp.average_replicates(signals, path, genome=place.genome(), normalize=normalize)
    return {"mean": sha256(made.read_bytes())}


def read_average(place: Place, variant: str) -> Numbers:
    """Read the mean that is there."""
    starts, ends, values = _read_all(place.out / "mean.bw")
    if not len(starts) == len(ends) == len(values) > 0:
        raise ValueError("the mean of the replicates holds no values at all")
    return {"mean": sha256((place.out / "mean.bw").read_bytes())}


def _read_all(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    import pybigtools

    with open(path, "rb") as file:
        handle = pybigtools.open(file)
        records = list(handle.records("chr1"))
    starts, ends, values = zip(*records, strict=True)
    return np.array(starts), np.array(ends), np.array(values)


def encode_genome(place: Place, variant: str) -> Numbers:
    """Encode the genome into the cache."""
    genome = place.genome()
    return {chrom: sha256(np.asarray(genome.codes(chrom)).tobytes()) for chrom in genome.chroms}


def simulate_toy(place: Place, variant: str) -> Numbers:
    """Simulate the toy data into the cache."""
    place.genome()
    toy = sma.datasets.toy(n_fragments=10_000)
    files = sorted(path for path in Path(toy.fasta).parent.iterdir() if path.is_file())
    return {path.name: sha256(path.read_bytes()) for path in files}


def _another_disk() -> None:
    """Keep temporary files on another file system than the results, the norm on clusters."""
    import tempfile

    if Path("/dev/shm").is_dir():
        os.environ["TMPDIR"], tempfile.tempdir = "/dev/shm", None


def train_elsewhere(place: Place, variant: str) -> Numbers:
    """Train with temporary files on another file system."""
    _another_disk()
    return train(place, variant)


def train_anew(place: Place, variant: str) -> Numbers:
    """Train, then train otherwise in the same folder with ``resume=False``."""
    return train_elsewhere(place, "anew" if variant == "second" else variant)


PREDICT = Writer("predict_tfbs with bigWigs", predict, read_prediction, keeps=True)
EXECUTOR = Writer("predict_tfbs with an executor", predict_by_workers, read_prediction, keeps=True)
TN5 = Writer("tn5_tracks", tn5_tracks, read_tn5_tracks, keeps=True)
AVERAGE = Writer("average_replicates", average_replicates, read_average)
CALL = Writer("call_sites", call_sites, read_prediction)
TRAIN = Writer("train", train_elsewhere, read_model)
FRESH = Writer("train, from nothing", train_elsewhere)
ANEW = Writer("train, resume=False", train_anew, read_model)
SAVE = Writer("TFModel.save", save_model, read_model)
DOWNLOAD = Writer("models.download", download, read_download, target="cache/models/TOYA")
MORE = Writer("models.download, one more", download_more, read_download, target="cache/models/TOYB")
COMMAND = Writer("scmaxatac predict", command_line, read_command_line, replaces=True)
GENOME = Writer("cache of a genome", encode_genome, target="cache")
TOY = Writer("cache of the toy data", simulate_toy, target="cache")

KILLED = (PREDICT, EXECUTOR, TN5, FRESH, TRAIN, ANEW, DOWNLOAD, MORE, COMMAND, CALL, AVERAGE, SAVE)
FILLED = (PREDICT, TN5, AVERAGE, SAVE, TRAIN, DOWNLOAD, COMMAND, GENOME, TOY)
FOREIGN = (PREDICT, EXECUTOR, TN5, AVERAGE, SAVE, TRAIN, DOWNLOAD, COMMAND)
