"""bigWig and BED files of a prediction."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from scmaxatac._constants import BIN
from scmaxatac._settings import settings
from scmaxatac.io._bed import write_bed
from scmaxatac.io._bigwig import BigWigWriter
from scmaxatac.io._files import atomic_path, sha256_of, slug
from scmaxatac.io._store import ScoreStore
from scmaxatac.tl._units import dense_folder
from scmaxatac.tracks._stored_signal import read_signal

_FOLDER = "tracks"

_LONG = 256
"""Zero bins in a row from which they can be left out: breaking up shorter ones would make a bigWig larger."""


def finished_tracks(store: ScoreStore) -> dict[str, dict[str, str]]:
    """Find the groups whose bigWigs are written as the settings ask, with the fingerprints of the units behind them."""
    written = {group: _written_from(store, group) for group in store.groups}
    return {group: units for group, units in written.items() if units is not None}


def _written_from(store: ScoreStore, group: str) -> dict[str, str] | None:
    marker = _marker(store, group)
    if not marker.is_file() or not all(path.is_file() for path in _paths(store, group).values()):
        return None
    written = json.loads(marker.read_text())
    return written["units"] if written["form"] == _form() else None


def write_tracks(store: ScoreStore, group: str, fingerprints: Mapping[str, str]) -> None:
    """Write a group's bigWigs from all bins of its units: scores of each transcription factor, and the signal.

    The bins are removed when the files are complete.
    """
    if _written_from(store, group) != dict(fingerprints):
        _write_bigwigs(store, group)
        with atomic_path(_marker(store, group)) as temporary:
            temporary.write_text(json.dumps({"form": _form(), "units": dict(fingerprints)}))
    for chrom in store.chroms:
        shutil.rmtree(dense_folder(store, group, chrom), ignore_errors=True)


def _write_bigwigs(store: ScoreStore, group: str) -> None:
    paths = _paths(store, group)
    for m, tf in enumerate(store.tfs):
        with BigWigWriter(paths[tf], store.sizes) as writer:
            empty = True
            for chrom in store.chroms:
                for scores_path in sorted(dense_folder(store, group, chrom).glob("*_scores.npy")):
                    bins = np.load(scores_path.with_name(scores_path.name.replace("_scores", "_bins")))
                    scores = np.load(scores_path, mmap_mode="r")[m]
                    for run in np.split(np.arange(len(bins)), np.flatnonzero(np.diff(bins) != 1) + 1):
                        if len(run):
                            values = _as_asked_for(scores[run], keep_first=empty)
                            writer.add_fixed(chrom, int(bins[run[0]]) * BIN, values)
                            empty = False
    with BigWigWriter(paths[""], store.sizes) as writer:
        for chrom, size in store.sizes.items():
            starts, ends, values = read_signal(store, group, chrom).runs(chrom)
            if len(starts):
                writer.add_runs(chrom, starts, ends, values)
            else:
                writer.add_runs(chrom, np.array([0]), np.array([size]), np.zeros(1))


def _as_asked_for(scores: np.ndarray, *, keep_first: bool) -> np.ndarray:
    """Round scores as the settings ask; those to be left out become NaN, but a file needs a first value."""
    if settings.bigwig_decimals is not None:
        scores = np.round(scores, settings.bigwig_decimals)
    if settings.bigwig_drop_zeros:
        edges = np.flatnonzero(np.diff(scores == 0, prepend=False, append=False))
        for first, stop in edges.reshape(-1, 2):
            if stop - first >= _LONG:
                scores[max(first, int(keep_first)) : stop] = np.nan
    return scores


def _form() -> list[int | None]:
    """Give what the settings say about bigWigs; files written otherwise are written again."""
    return [settings.bigwig_decimals, int(settings.bigwig_drop_zeros)]


def write_site_files(store: ScoreStore, sites: pd.DataFrame) -> None:
    """Write a BED file of sites for every group and transcription factor, empty ones included."""
    for group in store.groups:
        for tf in store.tfs:
            rows = sites[(sites["group"] == group) & (sites["tf"] == tf)]
            frame = rows[["chrom", "start", "end"]].assign(name=tf, score=rows["score"])
            write_bed(_bed_path(store, group, tf), frame)


def renew_site_files(store: ScoreStore, sites: pd.DataFrame, files: pd.DataFrame) -> pd.DataFrame:
    """Write the BED files anew where the table of files lists some; give the table with their new checksums."""
    is_bed = files["kind"] == "bed"
    if not is_bed.any():
        return files
    write_site_files(store, sites)
    files = files.copy()
    files.loc[is_bed, "sha256"] = [sha256_of(store.folder / path) for path in files.loc[is_bed, "path"]]
    return files


def table_of_files(store: ScoreStore, *, tracks: bool, scores: bool) -> pd.DataFrame:
    """List the files of a run: group, tf, kind, path (relative to the folder) and sha256."""
    rows = [("", "", "store", ".", "")]
    if scores:
        rows.append(("", "", "scores", "scores.zarr", ""))
    if tracks:
        for group in store.groups:
            for tf, path in _paths(store, group).items():
                rows.append((group, tf, "bigwig" if tf else "signal_bigwig", *_listed(store, path)))
            rows += [(group, tf, "bed", *_listed(store, _bed_path(store, group, tf))) for tf in store.tfs]
    return pd.DataFrame(rows, columns=["group", "tf", "kind", "path", "sha256"])


def _listed(store: ScoreStore, path: Path) -> tuple[str, str]:
    return path.relative_to(store.folder).as_posix(), sha256_of(path)


def _paths(store: ScoreStore, group: str) -> dict[str, Path]:
    """Path of each transcription factor's bigWig; that of the signal under the empty name."""
    stem = store.folder / _FOLDER / store.file_stem(group)
    paths = {tf: Path(f"{stem}.{i:03d}_{slug(tf)}.bw") for i, tf in enumerate(store.tfs)}
    return {**paths, "": Path(f"{stem}.signal.bw")}


def _bed_path(store: ScoreStore, group: str, tf: str) -> Path:
    return _paths(store, group)[tf].with_suffix(".sites.bed")


def _marker(store: ScoreStore, group: str) -> Path:
    return store.folder / _FOLDER / f"{store.file_stem(group)}.json"
