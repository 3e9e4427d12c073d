import warnings
from dataclasses import replace

import pandas as pd
import pytest
from _networks import random_model

from scmaxatac import Genome
from scmaxatac.predict._genome_warnings import warn_about_genome

HG38 = {"chr1": 248_956_422}
BLACKLIST = pd.DataFrame({"chrom": ["chr1"], "start": [0], "end": [10]})


@pytest.fixture(scope="module")
def published() -> list:
    return [replace(random_model("CTCF", 0), id="maxatac:CTCF")]


@pytest.mark.parametrize(
    ("sizes", "blacklist", "message"),
    [
        ({"chr1": 195_471_971}, BLACKLIST, "does not look like a human genome"),
        ({"chr1": 249_250_621}, BLACKLIST, "looks like hg19: the published models were trained and calibrated on hg38"),
        (HG38, None, r"no blacklist: .*download_blacklist\(\)"),
    ],
)
def test_unusual_genomes_are_warned_about_with_published_models(published, sizes, blacklist, message):
    with pytest.warns(UserWarning, match=message):
        warn_about_genome(Genome.from_sizes(sizes, blacklist=blacklist), published)


def test_no_warning_for_hg38_with_a_blacklist_nor_for_models_of_ones_own(published):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_about_genome(Genome.from_sizes(HG38, blacklist=BLACKLIST), published)
        warn_about_genome(Genome.from_sizes({"chr1": 10}), [random_model("CTCF", 0)])


def test_models_of_ones_own_that_were_trained_on_another_assembly_are_named():
    genome = Genome.from_sizes({"chr1": 249_250_621}, blacklist=BLACKLIST)
    models = [
        replace(random_model(tf, 0), id=f"file:{tf}", assembly=on)
        for tf, on in zip("ABC", ("hg38", "hg19", ""), strict=True)
    ]
    with pytest.warns(UserWarning, match=r"looks like hg19, .* another assembly \(file:A: hg38\)"):
        warn_about_genome(genome, models)
