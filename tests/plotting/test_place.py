"""What part of the genome a plot shows."""

import re

import pandas as pd
import pytest

from scmaxatac import Genes
from scmaxatac.io import _line_blocks
from scmaxatac.plotting._place import find_place
from scmaxatac.plotting._strips import read_strips


@pytest.fixture
def genes(tmp_path):
    path = tmp_path / "genes.gtf"
    path.write_text('chr1\tx\tgene\t101\t200\t.\t+\t.\tgene_id "g1"; gene_name "FOS:JUN";\n')
    return Genes(path)


def test_a_region_is_taken_as_it_is_and_a_gene_gets_flanks(genes):
    assert find_place("chr1:1k-2k", genes, 50) == ("chr1", 1_000, 2_000)
    assert find_place("FOS:JUN", genes, 50) == ("chr1", 50, 250)
    assert find_place("FOS:JUN", genes, 500) == ("chr1", 0, 700)


def test_what_reaches_past_a_chromosome_is_cut_and_a_chromosome_alone_is_told(genes):
    sizes = {"chr1": 230}
    assert find_place("chr1:100-900", genes, 0, sizes) == ("chr1", 100, 230)
    assert find_place("FOS:JUN", genes, 50, sizes) == ("chr1", 50, 230)
    with pytest.raises(ValueError, match="'chr1:230-900' lies beyond the end of chr1, 230 bp"):
        find_place("chr1:230-900", genes, 0, sizes)
    for known in (genes, None):
        with pytest.raises(ValueError, match="'chr1' is a chromosome; for all of it give 'chr1:0-230'"):
            find_place("chr1", known, 0, sizes)


@pytest.mark.parametrize("names", [("chrom", "start", "end"), ("Chromosome", "Start", "End")])
def test_rows_of_other_tables_are_understood(names):
    row = pd.DataFrame([("chr1", 100, 200)], columns=names).iloc[0]
    assert find_place(row, None, 10) == ("chr1", 90, 210)


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ({"chrom": "chr1", "start": 5.5, "end": 9}, "region: "),
        ({"chrom": "chr1", "start": 5}, "region: "),
        (("chr1", 5, 9), "region is a tuple"),
        ("chr1", "'chr1' is not understood"),
        ("chr1:2k-1k", "is empty"),
        ("chr1:1K-2K", "'chr1:1K-2K' is not understood"),
    ],
)
def test_what_is_no_place_is_told(place, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        find_place(place, None, 10)


def test_intervals_are_cut_to_what_is_shown_and_other_names_of_chromosomes_are_told():
    table = pd.DataFrame({"chrom": ["chr1", "chr1", "chr2"], "start": [0, 90, 50], "end": [10, 120, 60]})
    (found,) = read_strips({"peaks": table}, ("chr1", 5, 100), "intervals").values()
    assert found.to_numpy().tolist() == [[5, 10], [90, 100]]
    assert read_strips(None, ("chr1", 5, 100), "intervals") == {}
    elsewhere = pd.DataFrame({"chrom": ["chr2", "chrUn"], "start": [0, 0], "end": [10, 10]})
    assert read_strips({"highlight": elsewhere}, ("chr1", 5, 100), "highlight")["highlight"].empty
    with pytest.raises(ValueError, match=r"^highlight: '1' there is 'chr1' in the region that is shown"):
        read_strips({"highlight": "1:5-10"}, ("chr1", 5, 100), "highlight")
    with pytest.raises(ValueError, match="intervals 'peaks': '1' there is 'chr1' in the region that is shown"):
        read_strips({"peaks": table.assign(chrom=["1", "1", "2"])}, ("chr1", 5, 100), "intervals")


def test_of_a_file_of_intervals_only_what_is_shown_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(_line_blocks, "BLOCK", 64)
    path = tmp_path / "peaks.bed"
    path.write_text("".join(f"chr{c}\t{i}\t{i + 5}\tpeak\n" for c in (1, 2) for i in range(0, 90, 10)))
    found = read_strips({"peaks": path}, ("chr1", 33, 60), "intervals")["peaks"]
    assert found.to_numpy().tolist() == [[33, 35], [40, 45], [50, 55]]
    assert read_strips({"peaks": path}, ("chr3", 0, 60), "intervals")["peaks"].empty
    with pytest.raises(ValueError, match=r"intervals 'peaks': 'chr1' there is '1' in the region"):
        read_strips({"peaks": path}, ("1", 0, 60), "intervals")
    path.write_text("")
    assert read_strips({"peaks": path}, ("chr1", 0, 60), "intervals")["peaks"].to_numpy().tolist() == []
