import numpy as np
import pytest

from scmaxatac.genome import Genes, Genome
from scmaxatac.io._regions import parse_region

LINE = (
    '{chrom}\tx\t{kind}\t{start}\t{end}\t.\t{strand}\t.\tgene_id "{id}"; gene_name "{gene}"; gene_type "{biotype}";\n'
)


def write_gtf(path, rows):
    """Write genes (chrom, start, end, strand, name), 0-based and half-open, each with one exon."""
    text = ""
    for i, (chrom, start, end, strand, gene, *biotype) in enumerate(rows):
        fields = {"chrom": chrom, "start": start + 1, "end": end, "strand": strand, "gene": gene, "id": f"ENSG{i}.1"}
        for kind in ("gene", "exon"):
            text += LINE.format(kind=kind, biotype=(biotype or ["protein_coding"])[0], **fields)
    path.write_text(text)
    return path


GENES = [
    ("chr1", 1000, 5000, "+", "A"),
    ("chr1", 4000, 9000, "-", "B", "lncRNA"),
    ("chr2", 100, 400, "+", "CD19"),
    ("chr2", 100, 300, "+", "CD20"),
]


@pytest.fixture
def genes(tmp_path):
    return Genes(write_gtf(tmp_path / "genes.gtf", GENES))


def test_the_start_site_is_the_first_base_on_the_genes_strand(genes):
    columns = ["gene", "id", "chrom", "start", "end", "strand", "tss", "biotype"]
    assert genes.table.columns.tolist() == columns
    assert genes.table["tss"].tolist() == [1000, 8999, 100, 100]
    assert genes.chroms == ("chr1", "chr2")
    assert len(genes) == 4


def test_a_name_is_resolved_to_a_region(genes):
    assert genes.region("A") == "chr1:1000-5000"
    assert parse_region(genes.region("B", flank=500)) == ("chr1", 3500, 9500)
    assert genes.region("CD19", flank=500) == "chr2:0-900"
    assert genes.region("ENSG1.1") == genes.region("ENSG1") == "chr1:4000-9000"


def test_the_case_of_a_name_does_not_matter_where_it_leaves_one(genes, tmp_path):
    assert genes.region("cd19") == genes.region("Cd19") == "chr2:100-400"
    two = Genes(write_gtf(tmp_path / "case.gtf", [("chr1", 10, 20, "+", "Abc"), ("chr1", 30, 40, "+", "ABC")]))
    assert two.region("ABC") == "chr1:30-40"
    with pytest.raises(KeyError, match="no gene 'abc'; did you mean"):
        two.region("abc")


def test_a_name_that_is_unknown_or_not_unique_is_told(genes, tmp_path):
    with pytest.raises(KeyError, match="no gene 'CD1'; did you mean 'CD19'"):
        genes.region("CD1")
    with pytest.raises(ValueError, match="flank is -1"):
        genes.region("A", flank=-1)
    twice = Genes(write_gtf(tmp_path / "two.gtf", [("chrX", 10, 20, "+", "P"), ("chrY", 30, 40, "+", "P")]))
    with pytest.raises(ValueError, match=r"2 genes of .* 'P': ENSG0.1 at chrX:10-20, ENSG1.1 at chrY:30-40"):
        twice.region("P")


def test_the_nearest_start_site_is_that_of_a_search_through_all(tmp_path):
    rng = np.random.default_rng(0)
    starts = rng.integers(0, 3000, 60)
    rows = [
        (f"chr{rng.integers(1, 3)}", int(s), int(s + rng.integers(1, 300)), "+-."[rng.integers(3)], f"G{i}")
        for i, s in enumerate(starts)
    ]
    genes = Genes(write_gtf(tmp_path / "genes.gtf", rows))
    chrom = rng.choice(["chr1", "chr2", "chr3"], 500)
    position = rng.integers(0, 4000, 500)
    gene, distance = genes.nearest(chrom, position)
    table = genes.table
    for c, p, found, bp in zip(chrom, position, gene, distance, strict=True):
        here = table[table["chrom"] == c]
        if here.empty:
            assert (found, bp) == (-1, 0)
            continue
        away = (p - here["tss"]).abs()
        expected = away.index[away == away.min()][0]
        assert found == expected
        sign = -1 if table.loc[expected, "strand"] == "-" else 1
        assert bp == sign * (p - table.loc[expected, "tss"])


def test_genes_of_a_biotype_keep_their_exons(genes):
    kept = genes.of_biotype("lncRNA")
    assert kept.table["gene"].tolist() == ["B"]
    assert [exon.tolist() for exon in kept.exons(0)] == [[4000], [9000]]
    assert kept.nearest(np.array(["chr1"]), np.array([9100])).distance.tolist() == [-101]
    assert len(genes.of_biotype(["lncRNA", "protein_coding"])) == len(genes)
    with pytest.raises(ValueError, match=r"no gene of .* has the biotype 'coding'; it has protein_coding, lncRNA"):
        genes.of_biotype("coding")


def test_genes_that_overlap_a_region_come_by_start(genes):
    assert genes.overlapping("chr1", 4999, 5000).tolist() == [0, 1]
    assert genes.overlapping("chr1", 5000, 5001).tolist() == [1]
    assert genes.overlapping("chr2", 0, 1000).tolist() == [3, 2]
    assert genes.overlapping("chr3", 0, 1000).tolist() == []


def test_the_file_is_read_once_until_it_changes(tmp_path, monkeypatch):
    from scmaxatac.genome import _genes

    reads = []
    monkeypatch.setattr(_genes, "read_gtf", lambda path, read=_genes.read_gtf: reads.append(path) or read(path))
    path = write_gtf(tmp_path / "genes.gtf", GENES)
    Genes(path), Genes(path)
    assert len(reads) == 1
    assert len(Genes(write_gtf(path, GENES[:1]))) == 1
    assert len(reads) == 2


def test_genes_without_names_and_repeated_ids_are_warned_about(tmp_path):
    path = tmp_path / "genes.gtf"
    path.write_text('chr1\tx\tgene\t1\t9\t.\t+\t.\tgene_id "ENSG1";\n')
    with pytest.warns(UserWarning, match=r"no gene has a gene_name, .* called by their gene_id \(ENSG1\)"):
        assert Genes(path).table["gene"].tolist() == ["ENSG1"]
    lines = [f'{chrom}\tx\tgene\t1\t9\t.\t+\t.\tgene_id "D"; gene_name "D";\n' for chrom in ("chrX", "chrY")]
    path.write_text("".join(lines))
    with pytest.warns(UserWarning, match=r"1 gene_ids stand at several places \(D\); each place is a gene of its own"):
        assert len(Genes(path)) == 2


def test_a_genome_keeps_the_genes_of_its_chromosomes(tmp_path):
    path = write_gtf(tmp_path / "genes.gtf", GENES)
    genome = Genome.from_sizes({"chr1": 9000, "chr7": 100}, annotation=path)
    assert genome.genes.table["gene"].tolist() == ["A", "B"]
    assert genome.annotation == path
    codes = Genome.from_codes({"chr2": np.zeros(500, np.uint8)}, annotation=str(path))
    assert codes.genes.table["gene"].tolist() == ["CD19", "CD20"]
    bare = Genome.from_sizes({"chr1": 9000})
    assert bare.fingerprint == Genome.from_sizes({"chr1": 9000}, annotation=path).fingerprint
    with pytest.raises(ValueError, match="has no annotation; give Genome"):
        _ = bare.genes


@pytest.mark.parametrize(("here", "there"), [("1", "chr1"), ("chr1", "1")])
def test_names_of_another_style_are_told_with_both_when_the_genome_is_made(tmp_path, here, there):
    path = write_gtf(tmp_path / "genes.gtf", [(here, 10, 20, "+", "A")])
    with pytest.raises(
        ValueError, match=rf"genes of .* are on {here}, none of which .* \({there}\): '{here}' .* '{there}'"
    ):
        Genome.from_sizes({there: 1000}, annotation=path)


def test_names_of_accessions_are_told_when_genes_are_needed(tmp_path):
    genome = Genome.from_sizes(
        {"chr1": 1000}, annotation=write_gtf(tmp_path / "g.gtf", [("NC_000001.11", 1, 9, "+", "A")])
    )
    with pytest.raises(ValueError, match=r"on NC_000001\.11, none of which .* has \(chr1\)"):
        _ = genome.genes


def test_what_cannot_be_an_annotation_is_told_before_any_work(tmp_path):
    with pytest.raises(FileNotFoundError, match="GTF file not found"):
        Genome.from_sizes({"chr1": 1000}, annotation=tmp_path / "none.gtf")
    path = tmp_path / "genes.gff3"
    path.write_text("##gff-version 3\nchr1\tx\tgene\t1\t9\t.\t+\t.\tID=gene:1;Name=A\n")
    with pytest.raises(ValueError, match="GFF3"):
        Genome.from_sizes({"chr1": 1000}, annotation=path)
    genome = Genome.from_sizes({"chr1": 1000}, annotation=write_gtf(tmp_path / "g.gtf", GENES))
    with pytest.raises(ValueError, match=r"A ends at chr1:5,000, past the end of chr1 .* 1,000 bp \(2 such genes\)"):
        _ = genome.genes
