"""Files of a run for genome browsers, in a folder of the user's, under names that read."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from scmaxatac._logging import logger
from scmaxatac.io._bed import write_bed
from scmaxatac.io._bigbed import NARROW_PEAK, write_bigbed
from scmaxatac.io._browser_track import BrowserTrack, TrackKind, file_pieces, label_of
from scmaxatac.io._files import checksum
from scmaxatac.io._narrow_peak import narrow_peaks
from scmaxatac.io._owned_folder import OwnedFolder, own_file
from scmaxatac.predict._track_files import kept_decimals, write_kept_bins, write_signal_track
from scmaxatac.results._complete import take_over
from scmaxatac.results._read_sites import read_sites
from scmaxatac.results._read_tracks import chrom_sizes
from scmaxatac.results._reader import Results

KIND = "set of browser files"
TABLE = "files.tsv"
TRACKS = "tracks"
_COLUMNS = ["kind", "group", "tf", "path", "values", "sha256"]
_Row = tuple[str, ...]
_SIGNAL = "signal"


class TrackFile(NamedTuple):
    """A file of a track, and how it is made.

    Attributes
    ----------
    kind, group, tf
        As in :class:`~scmaxatac.io._browser_track.BrowserTrack`.
    path
        Relative to the folder.
    values
        What it holds, in words.
    source
        File of the run to link or copy; None where it is written by `write`.
    write
        Writes it to a path.
    """

    kind: TrackKind
    group: str
    tf: str
    path: str
    values: str
    source: Path | None
    write: Callable[[Path], None]


def track_files(
    results: Results, groups: Sequence[str], tfs: Sequence[str], *, signal: bool, bigbeds: bool
) -> list[TrackFile]:
    """Files of groups and factors, in the order in which browsers show them: a group's signal, then factor by factor.

    A factor without sites in a group has no files of sites: browsers refuse empty ones.

    Parameters
    ----------
    results
        The run.
    groups, tfs
        Names that are in the run.
    signal
        Whether the ATAC signal is wanted.
    bigbeds
        Whether sites are wanted as bigBed as well, which hubs need.

    Raises
    ------
    FileNotFoundError
        If the run's files are gone.
    """
    of_group = file_pieces(results.groups)
    of_tf = file_pieces(results.tfs, taken=[_SIGNAL])
    sizes = chrom_sizes(results)
    called = read_sites(results, tfs, groups)
    parts = dict(iter(called.groupby(["group", "tf"], observed=True)))
    files = []
    for group in groups:
        stem = f"{TRACKS}/{of_group[group]}"
        if signal:
            files.append(_signal_file(results, group, f"{stem}.{_SIGNAL}.bw"))
        for tf in tfs:
            files.append(_score_file(results, group, tf, f"{stem}.{of_tf[tf]}.bw"))
            if (group, tf) in parts:
                frame = narrow_peaks(parts[group, tf], tf)
                files += _site_files(frame, group, tf, f"{stem}.{of_tf[tf]}", sizes, bigbeds=bigbeds)
    return files


def write_track_folder(
    folder: OwnedFolder, files: Sequence[TrackFile], others: Mapping[str, str], *, keep: bool
) -> None:
    """Write files into a folder that is held, but those that are there as they would be written.

    A kill costs one group's files at most: the next call goes on behind them.

    Parameters
    ----------
    folder
        The folder.
    files
        Files of tracks.
    others
        Text of further files, by name.
    keep
        Whether what an earlier call wrote, and this one does not, stays there; it is removed otherwise.

    Raises
    ------
    ValueError
        If something that scmaxatac did not write is in the way.
    """
    names = [*(file.path for file in files), *others, TABLE]
    rows = _read_table(folder.path / TABLE)
    noted = dict(rows)
    folder.announce(names)
    for i, file in enumerate(files):
        if not _is_there(folder, file, noted):
            _write(folder, file)
        digest = checksum(folder.path / file.path)
        rows[file.path] = (file.kind, file.group, file.tf, file.path, file.values, digest)
        if i + 1 == len(files) or files[i + 1].group != file.group:
            _write_table(folder, rows)
    for name, text in others.items():
        with own_file(folder, name) as temporary:
            temporary.write_text(text, encoding="utf-8")
    if not keep:
        _write_table(folder, {file.path: rows[file.path] for file in files})
        folder.remove(folder.listed - set(names))
    logger.info("%d files of tracks are in %s", len(files), folder.path)


def browser_tracks(files: Sequence[TrackFile], colors: Mapping[str, str], *, bigbeds: bool) -> list[BrowserTrack]:
    """Tracks of files, with the colours of their groups; sites as bigBeds, or as narrowPeak files."""
    wanted = [file for file in files if file.kind != "sites" or file.path.endswith(".bb") == bigbeds]
    return [browser_track(file.kind, file.group, file.tf, file.path, colors) for file in wanted]


def browser_track(kind: TrackKind, group: str, tf: str, file: str, colors: Mapping[str, str]) -> BrowserTrack:
    """Track of a file, named after factor and group."""
    from matplotlib.colors import to_rgb

    what = {"signal": "ATAC", "scores": tf, "sites": f"{tf} sites"}[kind]
    red, green, blue = (round(255 * part) for part in to_rgb(colors[group]))
    return BrowserTrack(kind, group, tf, file, label_of(f"{what} in {group}"), (red, green, blue))


def _signal_file(results: Results, group: str, path: str) -> TrackFile:
    source = results.file("signal_bigwig", group, noted=True)
    store = None if source else results.store

    def write(target: Path) -> None:
        if store is not None:
            write_signal_track(target, store, group)

    return TrackFile("signal", group, "", path, "ATAC signal", source, write)


def _score_file(results: Results, group: str, tf: str, path: str) -> TrackFile:
    found = {kind: results.file(kind, group, tf, noted=True) for kind in ("bigwig", "sites_bigwig")}
    source = found["bigwig"] or found["sites_bigwig"]
    store = None if source else results.store
    values = "scores of all bins" if found["bigwig"] else f"scores of kept bins, {kept_decimals()} decimals"

    def write(target: Path) -> None:
        if store is not None:
            write_kept_bins(target, store, group, tf)

    return TrackFile("scores", group, tf, path, values, source, write)


def _site_files(
    frame: pd.DataFrame, group: str, tf: str, stem: str, sizes: dict[str, int], *, bigbeds: bool
) -> list[TrackFile]:
    def write_text(target: Path) -> None:
        write_bed(target, frame)

    def write_binary(target: Path) -> None:
        write_bigbed(target, frame, sizes, table="bigNarrowPeak", fields=NARROW_PEAK, n_standard=6)

    files = [TrackFile("sites", group, tf, f"{stem}.narrowPeak", "sites", None, write_text)]
    if bigbeds:
        files.append(TrackFile("sites", group, tf, f"{stem}.bb", "sites", None, write_binary))
    return files


def _is_there(folder: OwnedFolder, file: TrackFile, noted: Mapping[str, _Row]) -> bool:
    """Whether a file that does not change with the sites was written before, as it would be now."""
    path = folder.path / file.path
    if file.kind == "sites" or not path.is_file():
        return False
    if file.source is not None:
        return checksum(path) == checksum(file.source)
    return file.path in noted and noted[file.path][-2:] == (file.values, checksum(path))


def _write(folder: OwnedFolder, file: TrackFile) -> None:
    path = folder.path / file.path
    path.parent.mkdir(exist_ok=True)
    if file.source is None:
        file.write(path)
        return
    path.unlink(missing_ok=True)
    take_over(file.source, path)


def _write_table(folder: OwnedFolder, rows: Mapping[str, _Row]) -> None:
    with own_file(folder, TABLE) as temporary:
        table = pd.DataFrame(rows.values(), columns=_COLUMNS)
        table.to_csv(temporary, sep="\t", index=False, lineterminator="\n")


def _read_table(path: Path) -> dict[str, _Row]:
    """Rows of the table that an earlier call wrote, by path; none where there is no table, or a damaged one."""
    try:
        table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
        return {row[3]: row for row in table[_COLUMNS].itertuples(index=False, name=None)}
    except (OSError, ValueError, KeyError):
        return {}
