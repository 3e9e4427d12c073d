import pickle

import numpy as np
import pandas as pd
import pytest

from scmaxatac.genome import Genome
from scmaxatac.results._stored_genome import store_genome

CODES = {"chr1": np.arange(9_000, dtype=np.uint8) % 5, "chr2": np.zeros(40, np.uint8), "chr3": np.zeros(0, np.uint8)}


@pytest.fixture
def genome() -> Genome:
    return Genome.from_codes(CODES, blacklist=pd.DataFrame({"chrom": ["chr1"], "start": [5], "end": [9]}))


def test_a_genome_in_memory_becomes_a_path(genome, tmp_path):
    stored = store_genome(genome, tmp_path, CODES)
    sent = pickle.dumps(stored)
    assert len(sent) < 2_000
    back = pickle.loads(sent)
    for chrom, codes in CODES.items():
        assert back.codes(chrom).tolist() == codes.tolist()
    assert back.fingerprint == genome.fingerprint
    assert (back.sizes, back.allowed_bases("chr1")) == (genome.sizes, 8_996)
    assert type(genome.codes("chr1")) is np.ndarray, "the genome itself stays as it was"


def test_a_process_opens_each_sequence_once(genome, tmp_path):
    sent = pickle.dumps(store_genome(genome, tmp_path, CODES))
    assert pickle.loads(sent).codes("chr1") is pickle.loads(sent).codes("chr1")


def test_the_sequence_is_written_once_and_that_of_another_genome_lies_beside_it(genome, tmp_path):
    store_genome(genome, tmp_path, ["chr1"])
    (path,) = tmp_path.glob("*/*.codes")
    before = path.stat().st_mtime_ns
    store_genome(genome, tmp_path, ["chr1"])
    assert path.stat().st_mtime_ns == before
    other = Genome.from_codes({"chr1": CODES["chr1"][::-1]})
    assert store_genome(other, tmp_path, ["chr1"]).codes("chr1").tolist() == CODES["chr1"][::-1].tolist()
    assert path.stat().st_mtime_ns == before


def test_half_a_sequence_does_not_pass_for_all_of_it(genome, tmp_path):
    """As a kill leaves it: files, but no index yet."""
    store_genome(genome, tmp_path, CODES)
    next(tmp_path.glob("*/index.json")).unlink()
    next(tmp_path.glob("*/0.codes")).write_bytes(b"half")
    assert store_genome(genome, tmp_path, CODES).codes("chr1").tolist() == CODES["chr1"].tolist()


def test_a_genome_without_sequence_in_memory_stays_what_it_is(tmp_path):
    sizes = Genome.from_sizes({"chr1": 10})
    assert store_genome(sizes, tmp_path, ["chr1"]) is sizes
    assert not list(tmp_path.iterdir())
