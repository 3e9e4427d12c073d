from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from scmaxatac import Genome
from scmaxatac.predict._predicted_genome import check_genome, check_sequence


@pytest.fixture(scope="module")
def genome():
    return Genome.from_codes({"chr1": np.zeros(5_000, dtype=np.uint8)})


def test_another_sequence_than_was_predicted_is_refused(genome):
    predicted = {"source": "hg38.fa", "sequence": genome.sequence_fingerprint}
    assert check_sequence(genome, predicted) is genome
    with pytest.raises(ValueError, match=r"genome is missing: give the genome that was predicted .*hg38\.fa"):
        check_sequence(None, predicted)
    with pytest.raises(ValueError, match=r"has another sequence than the one that was predicted \(hg38\.fa\)"):
        check_sequence(genome, predicted | {"sequence": "x"})


def test_another_blacklist_than_was_predicted_is_refused(genome):
    intervals = pd.DataFrame({"chrom": ["chr1"], "start": [10], "end": [20]})
    other = Genome.from_codes({"chr1": np.zeros(5_000, dtype=np.uint8)}, blacklist=intervals)
    for given, predicted, message in (
        (other, genome, r"but a blacklist, and was predicted without one"),
        (genome, other, r"but no blacklist, and was predicted with one"),
    ):
        run = SimpleNamespace(spec=SimpleNamespace(genome=predicted.fingerprint))
        params = {"source": "hg38.fa", "fingerprint": predicted.fingerprint, "sequence": predicted.sequence_fingerprint}
        assert check_genome(run, predicted, params) is predicted
        with pytest.raises(ValueError, match=message):
            check_genome(run, given, params)
        with pytest.raises(ValueError, match="has another sequence"):
            check_genome(run, predicted, params | {"sequence": "x"})
