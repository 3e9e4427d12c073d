"""Readers of what scmaxatac wrote itself: folders of runs and trainings, objects with results, caches."""

import json
import warnings
from pathlib import Path
from typing import Any

import anndata as ad
import numpy as np
import pandas as pd
from _faults_world import World, make_world
from _mutations_readers import Reader

import scmaxatac as sma
from scmaxatac.cli._read_data import read_data

_RUN = (
    "run.json", "complete.json", "bins.json", "uncounted.tsv", "weights.safetensors", "regions.npz", "scores/*.npz",
    "insertions/*.npz", "calibration/*.tsv", "background/*.npz",
)  # fmt: skip
_TRAINING = ("training.json", "history.csv", "checkpoints.sha256", "model.json", "calibration.tsv", "last.ckpt")
_SLOTS = ("sites", "activity", "qc")


def _world(folder: Path) -> tuple[World, sma.Genome]:
    warnings.simplefilter("ignore")
    world = make_world(folder / "world")
    sma.settings.cache_dir, sma.settings.progress = folder / "cache", False
    return world, sma.Genome(world.fasta, blacklist=world.blacklist)


def _predict(folder: Path, threshold: Any = "f1") -> ad.AnnData:
    world, genome = _world(folder)
    data = world.adata()
    sma.tl.predict_tfbs(
        data, "cell_type", genome=genome, fragments=world.fragments(), models="demo", tfs=["CTCF", "SPI1"],
        backend="torch", device="cpu", regions=world.regions, min_fragments=100,
        threshold=threshold, out_dir=folder / "out",
    )  # fmt: skip
    return data


def _make_run(folder: Path) -> None:
    data = _predict(folder, "matched")
    data.write_h5ad(folder / "x.h5ad")


def _numbers(data: Any) -> list[Any]:
    tables = [sma.get.sites(data), sma.get.activity(data), sma.get.scores(data).layers["CTCF"]]
    return [_plain(table) for table in tables]


def _plain(table: Any) -> Any:
    if isinstance(table, pd.DataFrame):
        columns = {str(name): list(column) for name, column in table.items()}
        return [list(map(str, table.index)), columns]
    return np.asarray(table)


def _moved(folder: Path) -> ad.AnnData:
    """The object with the results, which names the folder of the run where it is now."""
    data = ad.read_h5ad(folder / "x.h5ad")
    params = json.loads(data.uns["tfbs"]["params"])
    data.uns["tfbs"]["params"] = json.dumps(params | {"out_dir": str(folder / "out")})
    return data


def _call(folder: Path) -> Any:
    sma.settings.progress = False
    data = _moved(folder)
    sma.tl.call_sites(data, "mixed")
    track = sma.get.track(data, "CTCF", "B", region="chr1:10000-60000")
    signal = sma.get.signal(data, "B", region="chr1:10000-60000")
    return [*_numbers(data), _plain(track), _plain(signal)]


def _again(folder: Path) -> Any:
    return _numbers(_predict(folder, "matched"))


def _of_object(path: Path) -> Any:
    data = read_data(path)
    return [_plain(table) for table in (sma.get.sites(data), sma.get.activity(data), sma.get.qc(data))]


def _said_of_object(path: Path) -> Any:
    """The tables of the file as anndata reads them, in the form that our readers give them."""
    slots = ad.read_h5ad(path).uns["tfbs"]
    sites, activity, qc = (pd.DataFrame(slots[name]) for name in _SLOTS)
    return [_plain(sites), _plain(activity), _plain(qc)]


def _train(folder: Path) -> Any:
    world, genome = _world(folder)
    model = sma.tl.train(
        world.table, "CTCF", genome=genome, out_dir=folder / "out", chroms_train="chr1", chroms_valid="chr2",
        batch_size=8, batches_per_epoch=2, epochs=1, accelerator="cpu",
    )  # fmt: skip
    return list(model.weights.values())


def _make_genome(folder: Path) -> None:
    _world(folder)


def _codes(folder: Path) -> Any:
    _, genome = _world(folder)
    return [(chrom, genome.codes(chrom).tobytes()) for chrom in genome.chroms]


def _inside(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"out/run-*/{name}" for name in names)


RESULTS = (
    Reader("h5ad with results", _make_run, ("x.h5ad",), lambda f: _of_object(f / "x.h5ad"),
           lambda f: _said_of_object(f / "x.h5ad")),
    Reader("folder of a run, read", _make_run, _inside(_RUN), _call),
    Reader("folder of a run, run again", _make_run, _inside((*_RUN, "scmaxatac.json")), _again),
    Reader("folder of a training", _train, tuple(f"out/{name}" for name in _TRAINING), _train),
    Reader("cache of a genome", _make_genome,
           ("cache/genomes/*/index.json", "cache/genomes/*/0.codes", "cache/genomes/seen/*"), _codes),
)  # fmt: skip
