import pytest

from scmaxatac.io._gtf import read_gtf

LINE = 'chr1\tX\t{kind}\t{start}\t{end}\t.\t{strand}\t.\tgene_id "{gene}"; transcript_id "t"; gene_name "{name}";\n'


def write(path, *rows):
    keys = ("kind", "start", "end", "strand", "gene", "name")
    path.write_text("#!genome\n" + "".join(LINE.format(**dict(zip(keys, row, strict=True))) for row in rows))
    return path


def test_genes_that_overlap_the_region_come_with_all_their_exons(tmp_path):
    path = write(
        tmp_path / "genes.gtf",
        ("gene", 101, 900, "+", "g1", "A"),
        ("exon", 101, 200, "+", "g1", "A"),
        ("exon", 801, 900, "+", "g1", "A"),
        ("exon", 801, 900, "+", "g1", "A"),
        ("exon", 950, 960, "-", "g2", "B"),
    )
    exons = read_gtf(path, "chr1", 300, 400)
    assert exons.columns.tolist() == ["gene_id", "gene", "strand", "start", "end", "gene_start", "gene_end"]
    assert exons.to_numpy().tolist() == [
        ["g1", "A", "+", 100, 200, 100, 900],
        ["g1", "A", "+", 800, 900, 100, 900],
    ]
    assert read_gtf(path, "chr1", 900, 949).empty
    assert read_gtf(path, "chr2", 0, 1000).empty


def test_a_gene_without_a_name_has_its_identifier(tmp_path):
    path = write(tmp_path / "genes.gtf", ("exon", 101, 200, "+", "g1", ""))
    assert read_gtf(path, "chr1", 0, 1000)["gene"].tolist() == ["g1"]


def test_what_is_no_gtf_is_told_with_its_line(tmp_path):
    path = tmp_path / "genes.gtf"
    path.write_text("chr1\tX\texon\t1\n")
    with pytest.raises(ValueError, match=r"genes\.gtf, line 1 is no line of a GTF file"):
        read_gtf(path, "chr1", 0, 10)
    path.write_text("chr1\tX\texon\t1\t2\t.\t+\t.\tID=gene\n")
    with pytest.raises(ValueError, match="line 1 names no gene_id"):
        read_gtf(path, "chr1", 0, 10)
    with pytest.raises(FileNotFoundError, match="GTF file not found"):
        read_gtf(tmp_path / "none.gtf", "chr1", 0, 10)


def test_real_genes_are_read(data_dir):
    path = next((data_dir / "chr22").glob("gencode*.gtf.gz"))
    exons = read_gtf(path, "chr22", 19_714_000, 19_735_000)
    assert "SEPTIN5" in set(exons["gene"])
    assert (exons["gene_end"] > 19_714_000).all()
    assert (exons["gene_start"] < 19_735_000).all()
