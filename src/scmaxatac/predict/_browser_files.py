"""What genome browsers need to know beside the tracks: assembly, place, colours, and the folder."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from scmaxatac._logging import logger, warn
from scmaxatac._text import abbreviate
from scmaxatac.io._browser_track import BrowserTrack
from scmaxatac.io._igv_session import igv_session
from scmaxatac.io._owned_folder import OwnedFolder
from scmaxatac.io._track_hub import hub_files
from scmaxatac.plotting._colours import distinct_colours, group_colours
from scmaxatac.plotting._place import find_place
from scmaxatac.plotting._track_data import MOST_TFS, most_called
from scmaxatac.predict._browser_folder import (
    KIND,
    TrackFile,
    browser_track,
    browser_tracks,
    track_files,
    write_track_folder,
)
from scmaxatac.results._annotation import genes_if_any
from scmaxatac.results._read_sites import read_sites
from scmaxatac.results._read_tracks import chrom_sizes
from scmaxatac.results._reader import Results
from scmaxatac.results._run_folder import run_folder

FORMATS = ("igv", "ucsc")
SESSION = "igv_session.xml"
_AROUND_SITE = 5_000

_UCSC_NAME = re.compile(r"(?<![A-Za-z0-9])(hg|hs|mm|rn|danRer|dm|ce|sacCer|galGal|bosTau|susScr)\d+(?![A-Za-z0-9])")
_OTHER_NAMES = {"grch38": "hg38", "grch37": "hg19", "grcm39": "mm39", "grcm38": "mm10"}


class Choice(NamedTuple):
    """What of a run goes into browsers."""

    groups: list[str]
    tfs: list[str]
    signal: bool


def check_formats(formats: str | Iterable[str] | None, results: Results, assembly: str | None) -> list[str]:
    """Names of formats, each once; a ValueError for one that is not known, or none.

    None stands for both, or, with a warning, for IGV alone where the genome's name is not known.
    """
    if formats is None:
        if assembly or assembly_of(results.params):
            return list(FORMATS)
        warn(f"no track hub is written, only the session of IGV: {_no_name(results)}; give assembly=, such as 'hg38'")
        return ["igv"]
    given = [formats] if isinstance(formats, str) else list(formats)
    if not given or not set(given) <= set(FORMATS):
        raise ValueError(f"formats is {formats!r}; it can be 'igv', 'ucsc', or both in a list")
    return [name for name in FORMATS if name in given]


def assembly_of(params: Mapping[str, Any]) -> str | None:
    """Name of the run's genome as browsers know it, if the name of its file says so."""
    name = Path(str(params["genome"]["source"])).name
    if found := _UCSC_NAME.search(name):
        return found[0]
    return next((ours for other, ours in _OTHER_NAMES.items() if other in name.lower()), None)


def _no_name(results: Results) -> str:
    source = results.params["genome"]["source"]
    return f"a hub needs the name of the genome at UCSC, and {source}, the run's, does not say it"


def genome_for_igv(params: Mapping[str, Any], assembly: str | None) -> str:
    """Name of a genome for IGV, or the file of the run's genome; a ValueError if there is neither."""
    if (known := assembly or assembly_of(params)) is not None:
        return known
    source = Path(str(params["genome"]["source"]))
    if source.is_file():
        return str(source.absolute())
    raise ValueError(f"IGV needs a genome, and that of the run, {source}, is no file; give assembly=, such as 'hg38'")


def colors_for(data: Any, results: Results, mod: str) -> dict[str, str]:
    """Colour of each of the run's groups: that of the object where it has them, else some that differ."""
    if results.params["rows"] == "cells":
        return group_colours(data, results.params["groupby"], results.groups, mod)
    return distinct_colours(results.groups)


def place_for(results: Results, region: Any, choice: Choice) -> tuple[str, int, int]:
    """Chromosome, start and end of what is shown first: what is asked for, else the surroundings of the best site."""
    sizes = chrom_sizes(results)
    if region is not None:
        place = find_place(region, genes_if_any(None, results.params), _AROUND_SITE, sizes)
        if place[0] not in sizes:
            raise ValueError(f"{place[0]} of region {region!r} was not predicted; it was for {abbreviate(sizes)}")
        return place
    sites = read_sites(results, choice.tfs, choice.groups)
    if sites.empty:
        chrom = next(iter(sizes))
        return chrom, 0, sizes[chrom]
    best = sites.loc[sites["score"].idxmax(), ["chrom", "start", "end"]]
    return find_place(best, None, _AROUND_SITE, sizes)


def most_called_at(results: Results, choice: Choice, place: tuple[str, int, int]) -> Choice:
    """Of many factors those with most sites in a place, as many as plots of tracks draw."""
    if len(choice.tfs) <= MOST_TFS:
        return choice
    chrom, start, end = place
    sites = read_sites(results, choice.tfs, choice.groups)
    there = sites[(sites["chrom"] == chrom) & (sites["end"] > start) & (sites["start"] < end)]
    tfs = most_called(choice.tfs, there, MOST_TFS)
    logger.info("showing the %d TFs with most sites here: %s; give tfs= to choose", MOST_TFS, ", ".join(tfs))
    return choice._replace(tfs=tfs)


def saved_tracks(results: Results, choice: Choice, colors: Mapping[str, str]) -> list[tuple[BrowserTrack, Path]]:
    """Tracks of the files that the run saved; a FileNotFoundError if it saved none, or they are gone."""
    found = []
    for group in choice.groups:
        for tf in ([""] if choice.signal else []) + choice.tfs:
            kinds = ("bigwig", "sites_bigwig") if tf else ("signal_bigwig",)
            path = next(filter(None, (results.file(kind, group, tf) for kind in kinds)), None)
            if path is None:
                what = f"scores of {tf} in {group!r}" if tf else f"signal of {group!r}"
                raise FileNotFoundError(
                    f"there is no bigWig of the {what}: the run saved none, or it is gone. Give folder=, and what is "
                    "shown is written there; or predict with save_tracks='sites'"
                )
            found.append((browser_track("scores" if tf else "signal", group, tf, path.name, colors), path))
            if tf and (sites := results.file("bed", group, tf)) is not None and sites.stat().st_size:
                found.append((browser_track("sites", group, tf, sites.name, colors), sites))
    return found


def written_tracks(
    results: Results, folder: Path, choice: Choice, colors: Mapping[str, str]
) -> list[tuple[BrowserTrack, Path]]:
    """Tracks of files that are written into a folder, beside what an earlier call wrote there."""
    files = track_files(results, choice.groups, choice.tfs, signal=choice.signal, bigbeds=False)
    _write_into(folder, results, files, {}, keep=True)
    return [(track, folder / track.file) for track in browser_tracks(files, colors, bigbeds=False)]


def write_files(
    results: Results,
    folder: Path,
    choice: Choice,
    colors: Mapping[str, str],
    place: tuple[str, int, int],
    *,
    formats: Sequence[str],
    assembly: str | None,
    name: str,
    email: str | None,
) -> None:
    """Write tracks of a run into a folder, with the files of the formats; what an earlier call wrote is replaced.

    Parameters
    ----------
    results
        The run.
    folder
        The folder; made when it is missing.
    choice, colors, place
        What is shown, in which colours, and where.
    formats, assembly, name, email
        As in :func:`scmaxatac.tl.write_browser_files`.

    Raises
    ------
    FileNotFoundError
        If the run's files are gone.
    RuntimeError
        If another process is writing there.
    ValueError
        If the folder is the run's own or holds what scmaxatac did not write, or the genome's name is not known.
    """
    hub = "ucsc" in formats
    others = {}
    files = track_files(results, choice.groups, choice.tfs, signal=choice.signal, bigbeds=hub)
    if "igv" in formats:
        genome = genome_for_igv(results.params, assembly)
        others[SESSION] = igv_session(browser_tracks(files, colors, bigbeds=False), genome, place)
    if hub:
        known = assembly or assembly_of(results.params)
        if known is None:
            raise ValueError(f"{_no_name(results)}; give assembly=, such as 'hg38', or formats='igv'")
        others |= hub_files(browser_tracks(files, colors, bigbeds=True), known, name=name, email=email)
    _write_into(folder, results, files, others, keep=False)


def _write_into(
    folder: Path, results: Results, files: Sequence[TrackFile], others: Mapping[str, str], *, keep: bool
) -> None:
    run = run_folder(results.params).absolute()
    if run in (target := folder.absolute(), *target.parents):
        raise ValueError(f"{folder} lies in the run's own folder, {run}; choose another folder")
    with OwnedFolder(folder, KIND, made_from=str(results.params["run"])) as owned:
        write_track_folder(owned, files, others, keep=keep)
