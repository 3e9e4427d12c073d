"""Track hubs of the UCSC genome browser: three text files beside the tracks.

Settings are those of UCSC's Hub Track Database Definition (version 3). Tracks of a kind are one composite track, whose
page has a table of groups and factors to choose from.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

from scmaxatac.io._browser_track import BrowserTrack, TrackKind, label_of, symbols

_MOST_SHOWN = 24
"""Tracks of a kind that are shown at first; the others are switched on in the browser."""

_ASSEMBLY = re.compile(r"[A-Za-z0-9_.+-]+")

_SHORT = 17
"""Letters of a short label that the browser has room for."""

_LONG: Mapping[TrackKind, str] = {
    "signal": "ATAC signal in {group}",
    "scores": "Binding scores of {tf} in {group}",
    "sites": "Called binding sites of {tf} in {group}",
}

_COMPOSITES: Mapping[TrackKind, Mapping[str, str]] = {
    "signal": {
        "type": "bigWig", "shortLabel": "ATAC signal", "longLabel": "ATAC signal of groups of cells",
        "visibility": "full", "autoScale": "group", "maxHeightPixels": "100:32:8", "windowingFunction": "maximum",
    },
    "scores": {
        "type": "bigWig 0 1", "shortLabel": "TF scores", "longLabel": "Scores of transcription factor binding",
        "visibility": "full", "autoScale": "off", "viewLimits": "0:1", "maxHeightPixels": "100:32:8",
        "windowingFunction": "maximum",
    },
    "sites": {
        "type": "bigNarrowPeak", "shortLabel": "TF sites", "longLabel": "Called transcription factor binding sites",
        "visibility": "dense",
    },
}  # fmt: skip


def hub_files(tracks: Sequence[BrowserTrack], assembly: str, *, name: str, email: str | None) -> dict[str, str]:
    """Text of each file of a hub, by its name.

    Parameters
    ----------
    tracks
        Tracks: bigWigs, and bigBeds (bigNarrowPeak) of sites.
    assembly
        Name of the genome at UCSC, such as ``"hg38"``.
    name
        Name to show; the hub is known by its letters and digits, and by "unnamed" without a letter that can be printed.
    email
        Whom to ask about it; None to leave it out.

    Raises
    ------
    ValueError
        If `assembly` is no name of a genome at UCSC: letters, digits, ``_``, ``.``, ``+`` and ``-``.
    """
    if not _ASSEMBLY.fullmatch(assembly):
        raise ValueError(
            f"assembly is {assembly!r}, which is no name of a genome at UCSC; give one such as 'hg38', or formats='igv'"
        )
    (symbol,) = symbols([name]).values()
    name = _line(label_of(name)) or symbol
    hub = {"hub": symbol, "shortLabel": name[:_SHORT], "longLabel": name, "genomesFile": "genomes.txt"}
    if email is not None:
        hub["email"] = _line(label_of(email))
    groups = symbols(list(dict.fromkeys(track.group for track in tracks)))
    tfs = symbols(list(dict.fromkeys(track.tf for track in tracks if track.tf)))
    stanzas = []
    for kind in _COMPOSITES:
        members = [track for track in tracks if track.kind == kind]
        if members:
            stanzas += _composite(kind, members, groups, tfs)
    return {
        "hub.txt": _stanza(hub.items()),
        "genomes.txt": _stanza([("genome", assembly), ("trackDb", "trackDb.txt")]),
        "trackDb.txt": "\n".join(stanzas),
    }


def _composite(
    kind: TrackKind, members: Sequence[BrowserTrack], groups: Mapping[str, str], tfs: Mapping[str, str]
) -> list[str]:
    """Stanzas of a composite track and of its members."""
    settings = _COMPOSITES[kind]
    dimensions = {"cells": _choices("Group", groups, [track.group for track in members])}
    if members[0].tf:
        dimensions["tf"] = _choices("Factor", tfs, [track.tf for track in members])
    axes = " ".join(f"{axis}={name}" for axis, name in zip(("dimX", "dimY"), dimensions, strict=False))
    parent = {
        "track": f"scmaxatac_{kind}",
        "compositeTrack": "on",
        **settings,
        **{f"subGroup{i}": f"{name} {text}" for i, (name, text) in enumerate(dimensions.items(), 1)},
        "dimensions": axes,
        "sortOrder": " ".join(f"{name}=+" for name in reversed(dimensions)),
        "dragAndDrop": "subTracks",
    }
    stanzas = [_stanza(parent.items())]
    for i, track in enumerate(members):
        places = {"cells": groups[track.group]} | ({"tf": tfs[track.tf]} if track.tf else {})
        child = {
            "track": "__".join([f"scmaxatac_{kind}", *places.values()]),
            "parent": f"scmaxatac_{kind} {'on' if i < _MOST_SHOWN else 'off'}",
            "bigDataUrl": quote(track.file),
            "shortLabel": _line(track.label)[:_SHORT].rstrip(),
            "longLabel": _line(label_of(_LONG[kind].format(tf=track.tf, group=track.group))),
            "subGroups": " ".join(f"{name}={place}" for name, place in places.items()),
            "type": settings["type"],
            "color": track.rgb,
        }
        stanzas.append(_stanza(child.items(), indent="    "))
    return stanzas


def _choices(title: str, names: Mapping[str, str], used: Iterable[str]) -> str:
    """Title of a dimension, and tag and text of each choice, which may hold neither blank nor ``=``."""
    texts = {name: _line(label_of(name)).replace(" ", "_").replace("=", "-") for name in used}
    return " ".join([title, *(f"{names[name]}={text or names[name]}" for name, text in texts.items())])


def _line(text: str) -> str:
    """Text without a backslash, which would join lines."""
    return text.replace("\\", "/")


def _stanza(settings: Iterable[tuple[str, str]], indent: str = "") -> str:
    return "".join(f"{indent}{name} {value}\n" for name, value in settings)
