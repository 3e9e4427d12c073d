"""What igv-notebook is told to show."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scmaxatac.io._browser_track import BrowserTrack

_HEIGHTS = {"signal": 40, "scores": 40, "sites": 30}
_FORMATS = {".bw": "bigwig", ".narrowPeak": "narrowPeak", ".bed": "bed"}


def igv_config(tracks: Sequence[tuple[BrowserTrack, Path]], genome: str, place: tuple[str, int, int]) -> dict[str, Any]:
    """Configuration of a browser of igv.js, with the attributes that igv-notebook adds (``path``).

    Parameters
    ----------
    tracks
        Tracks and their files, in the order in which they are shown.
    genome
        Name of a genome that IGV knows, or path of a FASTA file.
    place
        Chromosome, start and end (0-based, half-open) of what is shown first.
    """
    chrom, start, end = place
    fasta = Path(genome)
    known = {"genome": genome} if not fasta.is_file() else {"reference": _reference(fasta)}
    return known | {
        "locus": f"{chrom}:{start + 1}-{end}",
        "tracks": [_track(track, path, order) for order, (track, path) in enumerate(tracks, 1)],
    }


def _reference(fasta: Path) -> dict[str, Any]:
    index = fasta.with_name(f"{fasta.name}.fai")
    indexed = {"indexPath": seen_from_here(index)} if index.is_file() else {"indexed": False}
    return {"id": fasta.name, "name": fasta.name, "fastaPath": seen_from_here(fasta)} | indexed


def _track(track: BrowserTrack, path: Path, order: int) -> dict[str, Any]:
    shared = {
        "name": track.label,
        "path": seen_from_here(path),
        "format": _FORMATS[path.suffix],
        "color": f"rgb({track.rgb})",
        "height": _HEIGHTS[track.kind],
        "order": order,
    }
    if track.kind == "sites":
        return shared | {"type": "annotation", "displayMode": "COLLAPSED"}
    scale: dict[str, Any] = {"autoscaleGroup": "signal"} if track.kind == "signal" else {"min": 0, "max": 1}
    return shared | {"type": "wig", "windowFunction": "max"} | scale


def seen_from_here(path: Path) -> str:
    """Path relative to the working folder where it lies in that, as JupyterLab needs it; else the absolute one."""
    path, here = path.absolute(), Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else str(path)
