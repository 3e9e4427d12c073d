import hashlib

import pytest

from scmaxatac.models import _download_blacklist, _download_chrom_sizes, download_blacklist, download_chrom_sizes
from scmaxatac.zoo._registry import RemoteFile


@pytest.fixture
def genome_server(server, monkeypatch):
    for module, name, content in (
        (_download_blacklist, "BLACKLIST", b"chr1\t0\t100\t1\n"),
        (_download_chrom_sizes, "CHROM_SIZES", b"chr1\t1000\n"),
    ):
        path = getattr(module, name).path
        file = RemoteFile(path, len(content), hashlib.sha256(content).hexdigest())
        monkeypatch.setattr(module, name, file)
        server.files[path] = content
    return server


def test_blacklist_and_sizes_are_downloaded_once(genome_server, empty_install):
    blacklist = download_blacklist(base_url=genome_server.url)
    sizes = download_chrom_sizes(base_url=genome_server.url)
    assert blacklist == empty_install / "genomes" / "hg38" / "hg38_maxatac_blacklist.bed"
    assert blacklist.read_text() == "chr1\t0\t100\t1\n"
    assert sizes.read_text() == "chr1\t1000\n"
    assert download_blacklist(base_url=genome_server.url) == blacklist
    assert len(genome_server.requests) == 2
    download_blacklist(base_url=genome_server.url, force=True)
    assert len(genome_server.requests) == 3


def test_a_damaged_copy_is_replaced(genome_server):
    path = download_blacklist(base_url=genome_server.url)
    path.write_text("chr1\t0\t100")
    assert download_blacklist(base_url=genome_server.url).read_text() == "chr1\t0\t100\t1\n"


def test_a_wrong_hash_is_an_error_and_nothing_is_left_behind(genome_server, empty_install):
    genome_server.files["hg38/hg38.chrom.sizes"] = b"chr1\t9999\n"
    with pytest.raises(ValueError, match=r"hg38\.chrom\.sizes is not the expected file.*scmaxatac\.Genome"):
        download_chrom_sizes(base_url=genome_server.url)
    assert [path.name for path in empty_install.rglob("*") if path.is_file()] == [".scmaxatac.lock"]


def test_the_files_of_the_reference_data_pass_the_check(data_dir, server):
    for path, function in (
        ("hg38/hg38_maxatac_blacklist.bed", download_blacklist),
        ("hg38/hg38.chrom.sizes", download_chrom_sizes),
    ):
        content = (data_dir / "maxatac" / path.split("/")[1]).read_bytes()
        server.files[path] = content
        assert function(base_url=server.url).read_bytes() == content
