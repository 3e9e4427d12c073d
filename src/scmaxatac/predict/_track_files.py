"""bigWig and BED files of a prediction."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from scmaxatac._settings import settings
from scmaxatac.io._bed import write_bed
from scmaxatac.io._bigwig import BigWigWriter
from scmaxatac.io._files import atomic_path, checksum, slug
from scmaxatac.results._complete import take_over
from scmaxatac.results._score_store import ScoreStore
from scmaxatac.results._stored_signal import read_signal

_COLUMNS = ["group", "tf", "kind", "path", "sha256"]

SaveTracks = bool | Literal["sites", "all"]
"""What users say: which bins go into bigWigs; True for all, False for no bigWigs."""

Tracks = Literal["", "sites", "all"]
"""Bins in bigWigs: none, those that the store keeps, or all that windows cover."""

_SITES_DECIMALS = 3
"""Decimals of the scores of the bins that are kept, where the settings name none."""

_LONG = 256
"""Zero bins in a row from which they can be left out: breaking up shorter ones would make a bigWig larger."""


def parse_tracks(save_tracks: SaveTracks) -> Tracks:
    """Understand `save_tracks`; a ValueError where it is something else."""
    if isinstance(save_tracks, bool):
        return "all" if save_tracks else ""
    if save_tracks in ("sites", "all"):
        return save_tracks
    raise ValueError(f"save_tracks is {save_tracks!r}; it can be 'sites', 'all', True (for 'all') or False")


def has_tracks(store: ScoreStore, group: str, tracks: Tracks = "all") -> bool:
    """Whether a group's bigWigs are written as the settings ask, and are still what was written.

    If they are not, the marker that says so is removed, so the run's folder has to be held.
    """
    sound = _are_sound(store, group, tracks)
    if not sound:
        _marker(store, group, tracks).unlink(missing_ok=True)
    return sound


def _are_sound(store: ScoreStore, group: str, tracks: Tracks) -> bool:
    marker = _marker(store, group, tracks)
    if not marker.is_file():
        return False
    expected = _noted(marker)
    return all(
        path.is_file() and checksum(path) == expected.get(path.name) for path in _paths(store, group, tracks).values()
    )


def write_tracks(store: ScoreStore, group: str, tracks: Tracks = "all") -> None:
    """Write a group's bigWigs: scores of each transcription factor, and the signal.

    Those of all bins are made from the bins that wait for it, which are removed when the files are complete; the others
    from the scores of the run.
    """
    if tracks == "sites":
        if not has_tracks(store, group, tracks):
            _write_bigwigs(store, group, tracks)
        return
    if not _marker(store, group, tracks).is_file():
        _write_bigwigs(store, group, tracks)
    for chrom in store.chroms:
        shutil.rmtree(store.all_bins_path(group, chrom), ignore_errors=True)


def adopt_tracks(store: ScoreStore, other: ScoreStore, tracks: Tracks = "all") -> None:
    """Take over the bigWigs of another run, of the groups that it computed from the same inputs."""
    if other.tfs != store.tfs or other.sizes != store.sizes:
        return
    for group in set(store.groups) & set(other.groups):
        same = all(store.fingerprints[group, chrom] == other.fingerprints[group, chrom] for chrom in store.chroms)
        if not same or _marker(store, group, tracks).is_file() or not _are_sound(other, group, tracks):
            continue
        for name, path in _paths(store, group, tracks).items():
            take_over(_paths(other, group, tracks)[name], path)
        _mark(store, group, tracks)


def _mark(store: ScoreStore, group: str, tracks: Tracks) -> None:
    """Note that a group's bigWigs are complete, with their checksums."""
    checksums = {path.name: checksum(path) for path in _paths(store, group, tracks).values()}
    with atomic_path(_marker(store, group, tracks)) as temporary:
        temporary.write_text(json.dumps(checksums))


def _write_bigwigs(store: ScoreStore, group: str, tracks: Tracks) -> None:
    paths = _paths(store, group, tracks)
    for tf in store.tfs:
        if tracks == "sites":
            write_kept_bins(paths[tf], store, group, tf)
        else:
            with BigWigWriter(paths[tf], store.sizes) as writer:
                _write_all_bins(writer, store, group, tf)
    write_signal_track(paths[""], store, group)
    _mark(store, group, tracks)


def write_signal_track(path: Path, store: ScoreStore, group: str) -> None:
    """Write the bigWig of a group's signal."""
    signal = read_signal(store, group, store.chroms)
    with BigWigWriter(path, store.sizes) as writer:
        for chrom, size in store.sizes.items():
            starts, ends, values = signal.runs(chrom)
            if len(starts):
                writer.add_runs(chrom, starts, ends, values)
            else:
                writer.add_runs(chrom, np.array([0]), np.array([size]), np.zeros(1))


def write_kept_bins(path: Path, store: ScoreStore, group: str, tf: str) -> None:
    """Write the bigWig of the bins of a factor in a group that the store keeps."""
    empty = True
    with BigWigWriter(path, store.sizes) as writer:
        for chrom in store.chroms:
            starts, scores = store.read(group, tf, chrom)
            writer.add_runs(chrom, starts, starts + store.bin_size, np.round(scores, kept_decimals()))
            empty &= not len(starts)
        if empty:  # a file needs a value
            writer.add_fixed(store.chroms[0], 0, np.zeros(1), store.bin_size, store.bin_size)


def _write_all_bins(writer: BigWigWriter, store: ScoreStore, group: str, tf: str) -> None:
    m, size = store.tfs.index(tf), store.bin_size
    empty = True
    for chrom in store.chroms:
        for scores_path in sorted(store.all_bins_path(group, chrom).glob("*_scores.npy")):
            bins = np.load(scores_path.with_name(scores_path.name.replace("_scores", "_bins")))
            scores = np.load(scores_path, mmap_mode="r")[m]
            for run in np.split(np.arange(len(bins)), np.flatnonzero(np.diff(bins) != 1) + 1):
                if len(run):
                    values = _as_asked_for(scores[run], keep_first=empty)
                    writer.add_fixed(chrom, int(bins[run[0]]) * size, values, size, size)
                    empty = False


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


def write_site_files(store: ScoreStore, called: pd.DataFrame, folder: str) -> None:
    """Write a BED file of sites for every group and transcription factor, empty ones included, into a folder."""
    parts = dict(iter(called.groupby(["group", "tf"], observed=True)))
    for group in store.groups:
        for tf in store.tfs:
            rows = parts.get((group, tf), called.iloc[:0])
            frame = rows[["chrom", "start", "end"]].assign(name=tf, score=rows["score"])
            write_bed(_bed_path(store, group, tf, folder), frame)


def site_folder(called: pd.DataFrame) -> str:
    """Name of the folder of the BED files of some sites: other sites have another one."""
    digest = hashlib.sha256()
    for name, column in called.items():
        is_category = isinstance(column.dtype, pd.CategoricalDtype)
        digest.update(json.dumps([name, list(column.cat.categories) if is_category else None]).encode())
        digest.update(np.ascontiguousarray(column.cat.codes if is_category else column).data)
    return f"sites-{digest.hexdigest()[:8]}"


def table_of_files(store: ScoreStore, *, sites: str | None, scores: str | None, tracks: Tracks = "all") -> pd.DataFrame:
    """List the files of a run: group, tf, kind, path (relative to the folder that holds the run's) and sha256.

    Parameters
    ----------
    store
        The run.
    sites
        Folder of the BED files, where tracks were written.
    scores
        Name of the region scores, where they lie on disk.
    tracks
        Which bins are in the bigWigs, where tracks were written.
    """
    rows = [("", "", "store", store.folder.name, "")]
    if scores is not None:
        rows.append(("", "", "scores", f"{store.folder.name}/{scores}", ""))
    if sites is not None:
        for group in store.groups:
            noted = _noted(_marker(store, group, tracks))
            for tf, path in _paths(store, group, tracks).items():
                kind = "signal_bigwig" if not tf else "sites_bigwig" if tracks == "sites" else "bigwig"
                rows.append((group, tf, kind, _relative(store, path), noted[path.name]))
            rows += _bed_rows(store, group, sites)
    return pd.DataFrame(rows, columns=_COLUMNS)


def renewed_files(store: ScoreStore, files: pd.DataFrame, sites: str) -> pd.DataFrame:
    """Table of files with the BED files of other sites in place of those it lists."""
    beds = pd.DataFrame([row for group in store.groups for row in _bed_rows(store, group, sites)], columns=_COLUMNS)
    return pd.concat([files[files["kind"] != "bed"], beds], ignore_index=True)


def _bed_rows(store: ScoreStore, group: str, sites: str) -> list[tuple[str, str, str, str, str]]:
    paths = {tf: _bed_path(store, group, tf, sites) for tf in store.tfs}
    return [(group, tf, "bed", _relative(store, path), checksum(path)) for tf, path in paths.items()]


def _relative(store: ScoreStore, path: Path) -> str:
    return path.relative_to(store.folder.parent).as_posix()


def _paths(store: ScoreStore, group: str, tracks: Tracks) -> dict[str, Path]:
    """Path of each transcription factor's bigWig; that of the signal under the empty name."""
    stem = store.folder / "tracks" / _form(tracks) / store.file_stem(group)
    paths = {tf: Path(f"{stem}.{i:03d}_{slug(tf)}.bw") for i, tf in enumerate(store.tfs)}
    return {**paths, "": Path(f"{stem}.signal.bw")}


def _bed_path(store: ScoreStore, group: str, tf: str, folder: str) -> Path:
    return store.folder / folder / f"{store.file_stem(group)}.{store.tfs.index(tf):03d}_{slug(tf)}.sites.bed"


def _marker(store: ScoreStore, group: str, tracks: Tracks) -> Path:
    """File that is there when a group's bigWigs are, with their checksums."""
    return store.folder / "tracks" / _form(tracks) / f"{store.file_stem(group)}.json"


def _noted(marker: Path) -> dict[str, str]:
    """Checksums that a marker holds, by name of the file; none where it is damaged."""
    try:
        noted = json.loads(marker.read_text(encoding="utf-8"))
    except ValueError:
        return {}
    return noted if isinstance(noted, dict) else {}


def _form(tracks: Tracks) -> str:
    """Folder of the bigWigs of these bins that are written as the settings ask."""
    if tracks == "sites":
        return f"sites_decimals{kept_decimals()}"
    rounded = "exact" if settings.bigwig_decimals is None else f"decimals{settings.bigwig_decimals}"
    return f"{rounded}_nonzero" if settings.bigwig_drop_zeros else rounded


def kept_decimals() -> int:
    """Decimals of the scores of the bins that are kept."""
    return _SITES_DECIMALS if settings.bigwig_decimals is None else settings.bigwig_decimals
