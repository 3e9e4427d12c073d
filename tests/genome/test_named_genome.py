"""genome= takes a path or a name in every public function that takes a genome."""

import inspect
import os
import shutil
from pathlib import Path

import pytest

import scmaxatac as sma
from scmaxatac._settings import Settings
from scmaxatac.genome import Genome, named_genome


@pytest.fixture(scope="module")
def toy():
    return sma.datasets.toy()


@pytest.fixture
def folder(toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder of genomes with the toy's under the name hg38."""
    monkeypatch.setattr(sma.settings, "genome_dir", tmp_path)
    monkeypatch.setattr(sma.settings, "cache_dir", tmp_path / "cache")
    shutil.copy(toy.fasta, tmp_path / "hg38.fa")
    return tmp_path


def test_a_path_as_text_or_path_is_the_genome_of_the_file(toy):
    for given in (str(toy.fasta), Path(toy.fasta)):
        found = named_genome(given)
        assert isinstance(found, Genome)
        assert found.sequence_fingerprint == toy.genome.sequence_fingerprint
        assert (found.blacklist, found.annotation) == (None, None)


def test_a_name_is_looked_up_with_the_blacklist_and_the_genes_beside_it(toy, folder):
    assert named_genome("hg38").blacklist is None
    shutil.copy(toy.blacklist, folder / "hg38_maxatac_blacklist.bed")
    shutil.copy(toy.annotation, folder / "hg38.gtf")
    found = named_genome("hg38")
    assert found.fingerprint == toy.genome.fingerprint
    assert len(found.genes) == len(toy.genome.genes)


def test_the_blacklist_that_was_downloaded_is_taken_where_the_folder_has_none(toy, folder, tmp_path):
    (tmp_path / "cache" / "genomes").mkdir(parents=True)
    shutil.copy(toy.blacklist, tmp_path / "cache" / "genomes" / "hg38_maxatac_blacklist.bed")
    assert named_genome("hg38").fingerprint == toy.genome.fingerprint


def test_without_a_folder_the_one_of_downloads_is_searched(toy, tmp_path, monkeypatch):
    monkeypatch.setattr(sma.settings, "genome_dir", None)
    monkeypatch.setattr(sma.settings, "cache_dir", tmp_path)
    (tmp_path / "genomes").mkdir()
    shutil.copy(toy.fasta, tmp_path / "genomes" / "toy-1.fa")
    assert named_genome("toy-1").sizes == toy.genome.sizes


def test_a_genome_is_the_same_object_until_its_file_changes(folder):
    first = named_genome("hg38")
    assert named_genome("hg38") is first
    os.utime(folder / "hg38.fa", (1, 1))
    assert named_genome("hg38") is not first


def test_a_name_that_is_not_there_says_where_to_get_it_and_where_to_put_it(folder):
    (folder / "hg38.fa").unlink()
    with pytest.raises(FileNotFoundError) as told:
        named_genome("hg38")
    message = str(told.value)
    assert str(folder) in message
    assert "https://hgdownload.soe.ucsc.edu/goldenPath/hg38/bigZips/hg38.fa.gz" in message
    assert "scmaxatac.models.download_blacklist()" in message
    assert "SCMAXATAC_GENOME_DIR" in message
    with pytest.raises(FileNotFoundError, match=r"^genome is 'mine', and there is none of mine\.fa, ") as told:
        named_genome("mine")
    assert "https" not in str(told.value)


@pytest.mark.parametrize("given", ["absent.fa", "some/where", Path("absent")])
def test_a_path_that_is_not_there_is_named(given):
    with pytest.raises(FileNotFoundError, match=rf"^genome is '{given}', and there is no such file$"):
        named_genome(given)


def test_several_files_that_it_could_be_are_an_error(toy, folder):
    shutil.copy(toy.blacklist, folder / "hg38_blacklist.bed")
    shutil.copy(toy.blacklist, folder / "hg38-blacklist.v2.bed")
    with pytest.raises(ValueError, match=r"the blacklist of 'hg38' could be hg38-blacklist.v2.bed, hg38_blacklist.bed"):
        named_genome("hg38")
    (folder / "hg38.2bit").touch()
    with pytest.raises(ValueError, match=r"the sequence of 'hg38' could be hg38\.fa, hg38\.2bit"):
        named_genome("hg38")


FUNCTIONS = {
    f"{room}.{name}": function
    for room in ("pp", "tl", "pl")
    for name in getattr(sma, room).__all__
    if inspect.isroutine(getattr(getattr(sma, room), name))
    and "genome" in inspect.signature(function := getattr(getattr(sma, room), name)).parameters
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_with_a_genome_looks_names_up(name, tmp_path, monkeypatch):
    monkeypatch.setattr(sma.settings, "genome_dir", tmp_path)
    parameters = inspect.signature(FUNCTIONS[name]).parameters.values()
    given = {each.name: "B" for each in parameters if each.default is each.empty}
    given |= {"genome": "hg38"} | ({"tracks": ["a.bw"]} if "tracks" in given else {})
    with pytest.raises(FileNotFoundError, match=r"^genome is 'hg38', and there is none of "):
        FUNCTIONS[name](**given)


def test_the_function_gets_the_genome_of_the_name(toy, folder):
    shutil.copy(toy.blacklist, folder / "hg38_blacklist.bed")
    bulks = sma.pp.pseudobulk(toy.adata, "cell_type", genome="hg38", chroms="chr5")
    assert bulks.genome is named_genome("hg38")


def test_the_folder_is_taken_from_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SCMAXATAC_GENOME_DIR", "~/g")
    assert Settings().genome_dir == tmp_path / "g"
    monkeypatch.delenv("SCMAXATAC_GENOME_DIR")
    assert Settings().genome_dir is None
