import gzip
import tracemalloc

import numpy as np
import pytest

from scmaxatac.io import _line_blocks
from scmaxatac.io._gtf import first_chromosome, read_gtf

PLACES = ("\t101\t900\t.\t+\t.\t", "\t950\t960\t.\t-\t.\t")
EXONS = ("\t101\t200\t.\t+\t.\t", "\t801\t900\t.\t+\t.\t", "\t801\t900\t.\t+\t.\t")
A, B = (f'gene_id "{id}"; gene_type "{kind}"; gene_name "{name}";' for id, kind, name in
        (("ENSG1.2", "protein_coding", "A"), ("ENSG2.1", "lncRNA", "B")))  # fmt: skip

GENCODE = (
    "##description: evidence-based annotation\n"
    f"chr1\tHAVANA\tgene{PLACES[0]}{A} level 2;\n"
    f'chr1\tHAVANA\ttranscript{PLACES[0]}{A} transcript_id "T1";\n'
    f"chr1\tHAVANA\tCDS{EXONS[0]}{A}\n"
    + "".join(f'chr1\tHAVANA\texon{exon}{A} transcript_id "T{i}";\n' for i, exon in enumerate(EXONS))
    + f"chr1\tHAVANA\tgene{PLACES[1]}{B} level 2;\n"
)
ENSEMBL = (
    "#!genome-build GRCh38.p14\n"
    f'1\tensembl\tgene{PLACES[0]}gene_id "ENSG1"; gene_version "2"; gene_name "A"; gene_biotype "protein_coding";\n'
    f'1\tensembl\texon{EXONS[0]}gene_id "ENSG1"; gene_version "2"; exon_number "1"; gene_name "A";\n'
    f'1\tensembl\tgene{PLACES[1]}gene_id "ENSG2"; gene_version "1"; gene_biotype "lncRNA";\n'
)
REFSEQ = (
    "#gtf-version 2.2\n"
    f'NC_1\tBestRefSeq\tgene{PLACES[0]}gene_id "A"; transcript_id ""; description "a gene; the gene product of A"; '
    'gene "A"; gene_biotype "protein_coding";\n'
    f'NC_1\tBestRefSeq\texon{EXONS[0]}gene_id "A"; transcript_id "NM_1.1"; gene "A"; product "gene B";\n'
    f'NC_1\tBestRefSeq\tgene{PLACES[1]}gene_id "B_1"; transcript_id ""; gene "B"; gene_biotype "lncRNA";\n'
)
UCSC = (
    'chr1\trefGene\ttranscript\t101\t600\t.\t+\t.\tgene_id "A"; transcript_id "NM_1"; gene_name "A";\n'
    f'chr1\trefGene\texon{EXONS[0]}gene_id "A"; transcript_id "NM_1"; gene_name "A";\n'
    'chr1\trefGene\ttranscript\t301\t900\t.\t+\t.\tgene_id "A"; transcript_id "NM_2"; gene_name "A";\n'
    f'chr1\trefGene\ttranscript{PLACES[1]}gene_id "B"; transcript_id "NR_3"; gene_name "B";\n'
)


def write(tmp_path, text, name="genes.gtf"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def exons_of(found, i):
    here = slice(found.offsets[i], found.offsets[i + 1])
    return list(zip(found.exons[0][here].tolist(), found.exons[1][here].tolist(), strict=True))


@pytest.mark.parametrize(
    ("text", "chrom", "ids", "names", "biotypes"),
    [
        (GENCODE, "chr1", ["ENSG1.2", "ENSG2.1"], ["A", "B"], ["protein_coding", "lncRNA"]),
        (ENSEMBL, "1", ["ENSG1", "ENSG2"], ["A", "ENSG2"], ["protein_coding", "lncRNA"]),
        (REFSEQ, "NC_1", ["A", "B_1"], ["A", "B"], ["protein_coding", "lncRNA"]),
        (UCSC, "chr1", ["A", "B"], ["A", "B"], ["", ""]),
    ],
    ids=["GENCODE", "Ensembl", "RefSeq", "UCSC"],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["unix", "windows"])
def test_each_style_gives_the_same_genes(tmp_path, text, chrom, ids, names, biotypes, end):
    path = tmp_path / "genes.gtf"
    path.write_bytes(text.replace("\n", end).encode())
    found = read_gtf(path)
    assert found.genes.columns.tolist() == ["gene", "id", "chrom", "start", "end", "strand", "biotype"]
    assert found.genes["gene"].tolist() == names
    assert found.genes["id"].tolist() == ids
    assert found.genes["biotype"].tolist() == biotypes
    rows = found.genes[["chrom", "start", "end", "strand"]].to_numpy().tolist()
    assert rows == [[chrom, 100, 900, "+"], [chrom, 949, 960, "-"]]
    assert first_chromosome(path) == chrom
    assert found.n_repeated == 0


def test_exons_are_those_of_the_gene_and_shared_ones_stand_once(tmp_path):
    found = read_gtf(write(tmp_path, GENCODE))
    assert exons_of(found, 0) == [(100, 200), (800, 900)]
    assert exons_of(found, 1) == []


def test_compressed_files_are_read_alike(tmp_path):
    path = tmp_path / "genes.gtf.gz"
    path.write_bytes(gzip.compress(GENCODE.encode()))
    plain = read_gtf(write(tmp_path, GENCODE))
    assert read_gtf(path).genes.equals(plain.genes)


def test_exons_alone_make_a_gene_from_the_first_to_the_last(tmp_path):
    lines = [line for line in GENCODE.splitlines(keepends=True) if "\texon\t" in line]
    found = read_gtf(write(tmp_path, "".join(reversed(lines))))
    assert found.genes[["start", "end"]].to_numpy().tolist() == [[100, 900]]
    assert exons_of(found, 0) == [(100, 200), (800, 900)]


def test_a_gene_after_its_exons_gives_its_name_and_place(tmp_path):
    lines = GENCODE.replace(' gene_name "A";', "", 10).splitlines(keepends=True)
    lines = [line.replace("level 2;", 'gene_name "A"; level 2;') for line in lines[:-1]]
    found = read_gtf(write(tmp_path, "".join(reversed(lines))))
    assert found.genes[["gene", "start", "end"]].to_numpy().tolist() == [["A", 100, 900]]


def test_one_gene_id_at_several_places_is_as_many_genes(tmp_path):
    """As with copies in RefSeq, and the pseudoautosomal genes of X and Y."""
    rows = [
        ("chrX", 101, 200, "+"), ("chrX", 151, 300, "+"), ("chrX", 501, 600, "+"), ("chrX", 501, 600, "-"),
        ("chrY", 101, 200, "+"),
    ]  # fmt: skip
    text = "".join(
        f'{chrom}\tx\t{kind}\t{start}\t{end}\t.\t{strand}\t.\tgene_id "A"; transcript_id "t{i}";\n'
        for i, (chrom, start, end, strand) in enumerate(rows)
        for kind in ("transcript", "exon")
    )
    found = read_gtf(write(tmp_path, text))
    places = found.genes[["chrom", "start", "end", "strand"]].to_numpy().tolist()
    assert places == [
        ["chrX", 100, 300, "+"],
        ["chrX", 500, 600, "+"],
        ["chrX", 500, 600, "-"],
        ["chrY", 100, 200, "+"],
    ]
    assert found.n_repeated == 4
    assert [exons_of(found, i) for i in range(4)] == [
        [(100, 200), (150, 300)],
        [(500, 600)],
        [(500, 600)],
        [(100, 200)],
    ]


def test_names_in_latin_1_are_read(tmp_path):
    path = tmp_path / "genes.gtf"
    path.write_bytes(GENCODE.replace('"A"', '"Ä"').encode("latin-1"))
    assert read_gtf(path).genes["gene"].tolist() == ["Ä", "B"]
    path.write_bytes(GENCODE.replace('"A"', '"Ä"').encode())
    assert read_gtf(path).genes["gene"].tolist() == ["Ä", "B"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("chr1\tX\texon\t1\n", "line 1 is no line of a GTF file, which has nine columns"),
        ("chr1\tX\texon\t1\t2\t.\t+\t.\tID=gene;Parent=x\n", "line 1 is a line of a GFF3 file; convert it"),
        ('chr1\tX\texon\t1\t2\t.\t+\t.\ttranscript_id "t";\n', "line 1 names no gene_id, gene_name or gene"),
        ('#x\nchr1\tX\texon\t9\t2\t.\t+\t.\tgene_id "g";\n', "line 2 has no start and end"),
        ('chr1\tX\texon\t0\t2\t.\t+\t.\tgene_id "g";\n', "line 1 has no start and end"),
        ("# nothing\n\n", "holds no gene, transcript or exon"),
        ('chr1\tX\tCDS\t1\t2\t.\t+\t.\tgene_id "g";\n', "holds no gene, transcript or exon"),
    ],
)
def test_what_is_no_gtf_is_told_with_its_line(tmp_path, text, message):
    path = write(tmp_path, text)
    for read in (read_gtf, first_chromosome):
        with pytest.raises(ValueError, match=message) as caught:
            read(path)
        assert str(path) in str(caught.value)


def test_a_truncated_file_is_told(tmp_path):
    path = tmp_path / "genes.gtf.gz"
    whole = gzip.compress(GENCODE.encode() * 200)
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match="truncated"):
        read_gtf(path)
    with pytest.raises(FileNotFoundError, match="GTF file not found"):
        read_gtf(tmp_path / "none.gtf")


def test_a_large_file_is_read_in_little_more_memory_than_its_genes_take(tmp_path, monkeypatch):
    others = f'chr1\tHAVANA\tCDS{EXONS[0]}{A} transcript_id "T1"; level 2; tag "basic";\n' * 200
    genes = "".join(
        f'chr1\tHAVANA\texon\t{1_000 * i + 1}\t{1_000 * i + 90}\t.\t+\t.\tgene_id "G{i}";\n{others}' for i in range(200)
    )
    path = write(tmp_path, genes)
    monkeypatch.setattr(_line_blocks, "BLOCK", 1 << 15)
    tracemalloc.start()
    try:
        found = read_gtf(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(found.genes) == 200
    assert peak < len(genes) / 4, "its lines, held as a whole, would take more than their text"


def test_real_genes_are_read(data_dir):
    """Against a reading of the same lines by pandas."""
    import pandas as pd

    path = next((data_dir / "chr22").glob("gencode*.gtf.gz"))
    lines = pd.read_csv(path, sep="\t", header=None, comment="#", quoting=3)
    rows = lines[lines[2] == "gene"]
    found = read_gtf(path)
    assert found.genes["start"].tolist() == (rows[3] - 1).tolist()
    assert found.genes["end"].tolist() == rows[4].tolist()
    assert found.genes["gene"].tolist() == rows[8].str.extract(r'gene_name "([^"]+)"')[0].tolist()
    assert found.genes["biotype"].tolist() == rows[8].str.extract(r'gene_type "([^"]+)"')[0].tolist()
    exons = lines[lines[2] == "exon"].assign(id=lambda frame: frame[8].str.extract(r'gene_id "([^"]+)"')[0])
    exons = exons[[3, 4, "id"]].drop_duplicates()
    assert np.diff(found.offsets).tolist() == exons["id"].value_counts().reindex(found.genes["id"]).tolist()
