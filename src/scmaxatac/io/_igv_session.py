"""Sessions of IGV, an XML file that names tracks and says how to draw them.

IGV takes paths relative to the file; igv.js and IGV-Web read the same elements and attributes.
"""

from collections.abc import Sequence
from xml.etree import ElementTree  # nosec B405  (written, never read)

from scmaxatac.io._browser_track import BrowserTrack

_VERSION = "8"
_HEIGHTS = {"signal": "40", "scores": "40", "sites": "30"}


def igv_session(tracks: Sequence[BrowserTrack], genome: str, place: tuple[str, int, int]) -> str:
    """Text of a session.

    Parameters
    ----------
    tracks
        Tracks in the order in which they are shown. Signals share one range, scores go from 0 to 1.
    genome
        Name of a genome that IGV knows, or path of a FASTA file.
    place
        Chromosome, start and end (0-based, half-open) of what is shown first.
    """
    chrom, start, end = place
    session = ElementTree.Element("Session", genome=genome, locus=f"{chrom}:{start + 1}-{end}", version=_VERSION)
    resources = ElementTree.SubElement(session, "Resources")
    panel = ElementTree.SubElement(session, "Panel", name="DataPanel")
    for track in tracks:
        kind = "narrowpeak" if track.kind == "sites" else "bigwig"
        ElementTree.SubElement(resources, "Resource", path=track.file, name=track.label, type=kind)
        panel.append(_track(track))
    ElementTree.indent(session, "    ")
    text = ElementTree.tostring(session, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n{text}\n'


def _track(track: BrowserTrack) -> ElementTree.Element:
    attributes = {"id": track.file, "name": track.label, "color": track.rgb, "height": _HEIGHTS[track.kind]}
    if track.kind == "sites":
        return ElementTree.Element("Track", attributes | {"displayMode": "COLLAPSED", "visible": "true"})
    scale = {"autoScale": "true", "autoscaleGroup": "1"} if track.kind == "signal" else {"autoScale": "false"}
    # a maximum over what a pixel covers: a mean would hide sites when all of a chromosome is shown
    drawing = {"renderer": "BAR_CHART", "windowFunction": "max", "visible": "true"}
    element = ElementTree.Element("Track", attributes | scale | drawing)
    limits = {"baseline": "0.0", "minimum": "0.0", "maximum": "1.0", "drawBaseline": "true", "flipAxis": "false"}
    ElementTree.SubElement(element, "DataRange", limits | {"type": "LINEAR"})
    return element
