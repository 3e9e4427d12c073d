"""Predictions, tracks and the command line, as writers whose faults are counted.

A writer computes a variant into a place and returns its numbers: a digest of every result, read through the public
functions. Variants that follow each other in one place are ``"first"`` and ``"second"``.
"""

import contextlib
import io
import json
import pickle
import runpy
import sys
import warnings
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import anndata as ad
import numpy as np
import pandas as pd
from _faults_process import CommandError
from _faults_world import World, sha256

import scmaxatac as sma

Numbers = dict[str, str]
"""Digest of every result by its name."""

_TFS = ("CTCF", "SPI1")
_BED = ["chrom", "start", "end"]


@dataclass(frozen=True)
class Place:
    """Folders that a writer works in: results, cache (both below `root`, the same in every case), and objects."""

    root: Path
    world: World
    url: str = ""

    @property
    def out(self) -> Path:
        """Folder of the results."""
        return self.root / "out"

    @property
    def cache(self) -> Path:
        """Cache folder."""
        return self.root / "cache"

    def object(self, variant: str) -> Path:
        """File, outside of what is watched, that holds the object with a variant's results."""
        return self.root.parent / "objects" / variant

    def genome(self) -> "sma.Genome":
        """Genome of the world, read with the cache of this place."""
        sma.settings.cache_dir, sma.settings.progress = self.cache, False
        warnings.simplefilter("ignore")
        return sma.Genome(self.world.fasta, blacklist=self.world.blacklist)


@dataclass(frozen=True)
class Writer:
    """Something that writes files.

    Attributes
    ----------
    name
        What it is called in the tables.
    write
        Computes a variant into a place.
    read
        Reads the results of a variant that was written before.
    keeps
        Whether the results of the first variant stay beside those of the second; otherwise they are replaced.
    replaces
        Whether any variant may take the place of another one.
    target
        The folder, within the place, that files of the user's could lie in.
    """

    name: str
    write: Callable[[Place, str], Numbers]
    read: Callable[[Place, str], Numbers] | None = None
    keeps: bool = False
    replaces: bool = False
    target: str = "out"


class _Forked(Executor):
    """Two forks of this process, which has no threads and knows which operation on files it is to be killed at."""

    def __init__(self) -> None:
        self._pool = ProcessPoolExecutor(2, mp_context=get_context("fork"))

    def submit(self, *args: Any, **options: Any) -> Future:
        return self._pool.submit(*args, **options)

    def shutdown(self, **options: Any) -> None:
        self._pool.shutdown(**options)


VARIANTS: dict[str, dict[str, Any]] = {
    "first": {"step": 512},
    "second": {},
    "fragments": {"fragments": "fewer"},
    "order": {"tfs": _TFS[::-1]},
    "precision": {"precision": "bfloat16"},
    "no tracks": {"save_tracks": False},
    "executor": {"executor": True},
}


def predict(place: Place, variant: str) -> Numbers:
    """Predict all groups, with bigWigs and with the region scores on disk; with an executor, of a genome in memory."""
    options = {"save_tracks": True, "tfs": _TFS, "backend": "torch", **VARIANTS[variant]}
    fragments = place.world.fragments(options.pop("fragments", "fragments"))
    genome, adata = place.genome(), place.world.adata()
    sma.settings.max_scores_mb = 0
    with contextlib.ExitStack() as stack:
        if options.pop("executor", False):
            codes = {chrom: np.asarray(genome.codes(chrom)) for chrom in genome.chroms}
            genome = sma.Genome.from_codes(codes, blacklist=pd.read_csv(place.world.blacklist, sep="\t", names=_BED))
            options["executor"] = stack.enter_context(_Forked())
        sma.tl.predict_tfbs(
            adata,
            "cell_type",
            genome=genome,
            fragments=fragments,
            models="demo",
            min_fragments=100,
            out_dir=place.out,
            **options,
        )
    place.object(variant).write_bytes(pickle.dumps(adata))
    return numbers(adata)


def predict_by_workers(place: Place, variant: str) -> Numbers:
    """Predict with an executor; the second variant has to give what :func:`predict` gives."""
    return predict(place, "executor" if variant == "second" else variant)


def read_prediction(place: Place, variant: str) -> Numbers:
    """Read the results of a prediction from the object that holds them, in a process that knows nothing else."""
    place.genome()
    variant = variant if place.object(variant).exists() else "executor"
    return numbers(pickle.loads(place.object(variant).read_bytes()))


def call_sites(place: Place, variant: str) -> Numbers:
    """Predict, then call the sites at another threshold, which replaces the files of sites."""
    if variant == "first":
        return predict(place, variant)
    place.genome()
    adata = pickle.loads(place.object("first").read_bytes())
    sma.tl.call_sites(adata, 0.3)
    return numbers(adata)


def numbers(adata: ad.AnnData) -> Numbers:
    """Digests of all results of a prediction, those that lie on disk among them."""
    found = {name: _digest(getattr(sma.get, name)(adata)) for name in ("sites", "activity", "qc")}
    scores = sma.get.scores(adata)
    for tf in scores.layers:
        found[f"scores of {tf}"] = sha256(np.asarray(scores.layers[tf]).tobytes())
        for group in scores.obs_names:
            found[f"track of {tf} in {group}"] = _digest(sma.get.track(adata, tf, group))
    params = sma.get.params(adata)
    called = sma.tl.call_sites(adata, params["threshold"], copy=True)
    found["sites called again"] = _digest(sma.get.sites(called))
    folder = Path(params["out_dir"])
    for row in adata.uns["tfbs"]["files"].itertuples():
        if (folder / row.path).is_file():
            found[f"{row.kind} of {row.tf} in {row.group}"] = sha256((folder / row.path).read_bytes())
    return found


def _digest(frame: pd.DataFrame) -> str:
    return sha256(frame.astype({"chrom": str} if "chrom" in frame else {}).to_csv())


def tn5_tracks(place: Place, variant: str) -> Numbers:
    """Write a bigWig a group."""
    made = sma.pp.tn5_tracks(
        place.world.adata(),
        "cell_type",
        genome=place.genome(),
        fragments=place.world.fragments(),
        out_dir=place.out,
        normalize="rp20m" if variant == "first" else "minmax",
        min_fragments=100,
    )
    place.object(variant).write_text(json.dumps(made.files[["group", "path"]].to_numpy().tolist()))
    return read_tn5_tracks(place, variant)


def read_tn5_tracks(place: Place, variant: str) -> Numbers:
    """Read the bigWigs that a call named."""
    files = json.loads(place.object(variant).read_text())
    return {group: sha256((place.out / path).read_bytes()) for group, path in files}


def command_line(place: Place, variant: str) -> Numbers:
    """Run ``scmaxatac predict``; the variant ``"other input"`` has other cells in a file of the same name."""
    world = place.world
    place.genome()
    arguments = [
        *("predict", world.h5ad("s2" if variant == "other input" else "s1"), "--groupby", "cell_type"),
        *("--genome", world.fasta, "--blacklist", world.blacklist, "--fragments", world.fragments()),
        *("--models", "demo", "--tfs", _TFS[0], "--min-fragments", "100", "--min-cells", "5", "--backend", "torch"),
        *("--step", "512" if variant == "first" else "256", "--out-dir", place.out, "--quiet"),
    ]
    sys.argv = ["scmaxatac", *map(str, arguments)]
    errors = io.StringIO()
    with contextlib.redirect_stderr(errors), contextlib.redirect_stdout(io.StringIO()):
        try:
            runpy.run_module("scmaxatac", run_name="__main__")
        except SystemExit as end:
            if end.code:
                raise CommandError(errors.getvalue().strip().rsplit("\n", 1)[-1]) from None
    return read_command_line(place, variant)


def read_command_line(place: Place, variant: str) -> Numbers:
    """Read what the command line wrote: the object with its results, and the sites."""
    place.genome()
    found = numbers(ad.read_h5ad(place.out / "x.h5ad"))
    together = json.dumps(found, sort_keys=True)
    return {"x.h5ad": sha256(together), "sites.bed": sha256((place.out / "sites.bed").read_bytes())}
