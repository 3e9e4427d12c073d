"""Track hubs, read by the rules of UCSC's files of settings: stanzas between blank lines, a name and a value a line."""

import re
from urllib.parse import unquote

import pytest

from scmaxatac.io._browser_track import BrowserTrack, label_of
from scmaxatac.io._track_hub import hub_files

GROUPS, TFS = ["CD4/T", "CD4:T", "CD4+ \\ x=1", "new\nline"], ["CTCF", "SPI1"]
TRACKS = [
    track
    for g, group in enumerate(GROUPS)
    for track in [
        BrowserTrack("signal", group, "", f"tracks/g{g}+.signal.bw", label_of(f"ATAC in {group}"), (0, 1, 2)),
        *(
            BrowserTrack("scores", group, tf, f"tracks/g{g}+.{tf}.bw", label_of(f"{tf} in {group}"), (0, 1, 2))
            for tf in TFS
        ),
        *(
            BrowserTrack("sites", group, tf, f"tracks/g{g}+.{tf}.bb", label_of(f"{tf} sites in {group}"), (0, 1, 2))
            for tf in TFS
        ),
    ]
]


def stanzas(text: str) -> list[dict[str, str]]:
    """Read stanzas; a backslash at the end of a line would join it with the next."""
    found = []
    for block in re.split(r"\n\s*\n", text.strip("\n")):
        lines = [line.strip() for line in block.splitlines()]
        assert not [line for line in lines if line.endswith("\\")]
        pairs = [line.split(" ", 1) for line in lines]
        assert len({name for name, _ in pairs}) == len(pairs), "a setting comes once"
        found.append(dict(pairs))
    return found


@pytest.fixture
def hub():
    return hub_files(TRACKS, "hg38", name="My hub of\nblood cells", email="me@example.org")


def test_the_hub_leads_to_the_genome_and_that_to_the_tracks(hub):
    (top,), (genome,) = stanzas(hub["hub.txt"]), stanzas(hub["genomes.txt"])
    assert top["hub"] == "My_hub_of_blood_cells"
    assert top["genomesFile"] in hub
    assert (top["shortLabel"], top["longLabel"]) == ("My hub of blood c", "My hub of blood cells")
    assert top["email"] == "me@example.org"
    assert genome["genome"] == "hg38"
    assert genome["trackDb"] in hub
    assert "email" not in hub_files(TRACKS, "hg38", name="x", email=None)["hub.txt"]


@pytest.mark.parametrize("name", ["", "\n"])
def test_a_hub_without_a_name_has_one(name):
    (top,) = stanzas(hub_files(TRACKS, "hg38", name=name, email=None)["hub.txt"])
    assert top["hub"] == top["shortLabel"] == top["longLabel"] == "unnamed"


def test_every_track_is_there_once_with_what_ucsc_asks_for(hub):
    found = stanzas(hub["trackDb.txt"])
    names = [stanza["track"] for stanza in found]
    assert len(set(names)) == len(names) == len(TRACKS) + 3
    assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) for name in names)
    leaves = [stanza for stanza in found if "bigDataUrl" in stanza]
    assert sorted(unquote(leaf["bigDataUrl"]) for leaf in leaves) == sorted(track.file for track in TRACKS)
    for stanza in found:
        assert {"track", "type", "shortLabel", "longLabel"} <= set(stanza)
        assert 0 < len(stanza["shortLabel"]) <= 17
        assert not stanza.get("bigDataUrl", "").startswith(("/", "http"))


def test_members_of_a_composite_have_its_type_and_tags_that_it_defines(hub):
    found = {stanza["track"]: stanza for stanza in stanzas(hub["trackDb.txt"])}
    parents = [stanza for stanza in found.values() if "compositeTrack" in stanza]
    assert [parent["type"] for parent in parents] == ["bigWig", "bigWig 0 1", "bigNarrowPeak"]
    for parent in parents:
        groups = {}
        for number in (1, 2):
            name, title, *choices = parent.get(f"subGroup{number}", "- -").split(" ")
            assert title != ""
            assert all(re.fullmatch(r"\w+=[^=\s]+", choice) for choice in choices)
            groups[name] = {choice.split("=")[0] for choice in choices}
        assert {axis.split("=")[1] for axis in parent["dimensions"].split()} == set(groups) - {"-"}
        members = [stanza for stanza in found.values() if stanza.get("parent", "").split(" ")[0] == parent["track"]]
        assert members
        for member in members:
            tags = dict(tag.split("=") for tag in member["subGroups"].split())
            assert set(tags) == set(groups) - {"-"}
            assert all(tag in groups[name] for name, tag in tags.items())
            assert member["type"] == parent["type"]
        combinations = {member["subGroups"] for member in members}
        assert len(combinations) == len(members), "names that clean up to the same keep apart"


def test_of_many_tracks_some_are_shown_at_first():
    many = [
        BrowserTrack("scores", f"g{g}", f"T{t}", f"{g}.{t}.bw", "x", (0, 0, 0)) for g in range(20) for t in range(9)
    ]
    text = hub_files(many, "hg38", name="x", email=None)["trackDb.txt"]
    assert (text.count("scmaxatac_scores on"), text.count("scmaxatac_scores off")) == (24, 156)


@pytest.mark.parametrize("assembly", ["", "hg38\ntrackDb other.txt", "hg38\\", "hg 38", "/data/hg38.fa"])
def test_an_assembly_that_would_be_another_line_is_refused(assembly):
    with pytest.raises(ValueError, match=r"assembly is .*, which is no name of a genome at UCSC"):
        hub_files(TRACKS, assembly, name="x", email=None)


def test_an_address_does_not_join_lines():
    text = hub_files(TRACKS, "hg38", name="x", email="me@example.org\\\nhub y")["hub.txt"]
    assert text.splitlines()[-1] == "email me@example.org/ hub y"
    assert "\\" not in text
