"""Sessions of IGV, read the way IGV reads them: resources by path, then tracks by the path as their id."""

from xml.etree import ElementTree

from scmaxatac.io._browser_track import BrowserTrack
from scmaxatac.io._igv_session import igv_session

TRACKS = [
    BrowserTrack("signal", "CD4/T", "", "tracks/CD4_T.signal.bw", "ATAC in CD4/T", (213, 94, 0)),
    BrowserTrack("scores", "CD4/T", "SPI1", "tracks/CD4_T.SPI1.bw", 'SPI1 in <CD4/T> & "more" β', (213, 94, 0)),
    BrowserTrack("sites", "CD4/T", "SPI1", "tracks/CD4_T.SPI1.narrowPeak", "SPI1 sites in CD4/T", (213, 94, 0)),
]


def read():
    text = igv_session(TRACKS, "hg38", ("chr5", 99_999, 120_000))
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"')
    return ElementTree.fromstring(text.encode("utf-8"))


def test_the_genome_and_the_place_which_igv_counts_from_1():
    session = read()
    assert session.tag == "Session"
    assert session.attrib == {"genome": "hg38", "locus": "chr5:100000-120000", "version": "8"}


def test_every_track_has_a_resource_in_the_same_order():
    session = read()
    resources, tracks = session.findall("Resources/Resource"), session.findall("Panel/Track")
    assert [one.get("path") for one in resources] == [track.file for track in TRACKS]
    assert [one.get("type") for one in resources] == ["bigwig", "bigwig", "narrowpeak"]
    assert [one.get("id") for one in tracks] == [track.file for track in TRACKS]
    for elements in (resources, tracks):
        assert [one.get("name") for one in elements] == [track.label for track in TRACKS]
    assert {one.get("color") for one in tracks} == {"213,94,0"}


def test_signals_share_a_range_and_scores_go_from_0_to_1():
    signal, scores, sites = read().findall("Panel/Track")
    assert (signal.get("autoScale"), signal.get("autoscaleGroup")) == ("true", "1")
    assert (scores.get("autoScale"), scores.get("autoscaleGroup")) == ("false", None)
    limits = scores.find("DataRange")
    assert (limits.get("minimum"), limits.get("maximum"), limits.get("type")) == ("0.0", "1.0", "LINEAR")
    assert sites.find("DataRange") is None
