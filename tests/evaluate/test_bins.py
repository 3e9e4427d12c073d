import pandas as pd
import pytest

from scmaxatac.evaluate._bins import labelled_bins
from scmaxatac.genome import Genome

GENOME = Genome.from_sizes({"chr1": 1_000, "chr2": 500})


def table(*rows, score=None) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["chrom", "start", "end"])
    return frame if score is None else frame.assign(score=score)


def test_bins_of_each_chromosome_have_scores_and_labels():
    scores = table(("chr1", 0, 250), ("chr2", 450, 460), score=[0.5, 0.9])
    found = labelled_bins(
        scores, table(("chr1", 100, 101)), genome=GENOME, chroms=None, regions=table(("chr1", 0, 300)), bin_size=100
    )
    assert list(found) == ["chr1", "chr2"]
    assert found["chr1"].starts.tolist() == [0, 100, 200]
    assert found["chr1"].truth.tolist() == [False, True, False]
    assert found["chr1"].scores.tolist() == pytest.approx([0.5, 0.5, 0.5])
    assert len(found["chr2"].starts) == 0, "no region lies there"


def test_peaks_off_the_genome_are_refused_by_name():
    with pytest.raises(ValueError, match="peaks: chr2:0-501 lies off"):
        labelled_bins(
            table(("chr1", 0, 9)), table(("chr2", 0, 501)), genome=GENOME, chroms=None, regions=None, bin_size=100
        )
