"""Fields that are added to VCF files, read back with pysam."""

import pytest

from scmaxatac.io._vcf_info import InfoField, file_lines, info_names, table_lines, with_info, write_lines

pysam = pytest.importorskip("pysam")

HEAD = "##fileformat=VCFv4.2\n##contig=<ID=chr1,length=1000>\n"
INFO = (
    '##INFO=<ID=DP,Number=1,Type=Integer,Description="Depth">\n##INFO=<ID=X_A,Number=A,Type=Float,Description="Old">\n'
)
NAMES = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"
FIELDS = [InfoField("X_A", "Float", 'of "A" \\ in\nB'), InfoField("S", "String", "Text.")]


def annotate(path, out, values):
    write_lines(out, with_info(file_lines(path), FIELDS, lambda i, _: values.get(i, "")), compress=out.suffix == ".gz")
    with pysam.VariantFile(str(out)) as file:
        return file.header, list(file)


@pytest.mark.parametrize("name", ["out.vcf", "out.vcf.gz"])
def test_records_stay_and_get_their_values(tmp_path, name):
    path = tmp_path / "a.vcf"
    path.write_text(
        HEAD + INFO + NAMES + "\tFORMAT\ts1\n"
        "chr1\t5\trs1\tA\tC,G\t3\tPASS\tDP=7;X_A=1,2\tGT\t0|1\n"
        "\nchr1\t3\t.\tAC\tA\t.\t.\t.\tGT\t1/1\n"
        "chr1\t9\t.\tA\tT\t.\t.\tX_A=4\tGT\t.\n"
    )
    header, records = annotate(path, tmp_path / name, {0: "X_A=0.5,.;S=gained,lost", 1: "X_A=-1"})
    assert [(one.pos, one.id, one.ref, one.alts) for one in records] == [
        (5, "rs1", "A", ("C", "G")), (3, None, "AC", ("A",)), (9, None, "A", ("T",)),
    ]  # fmt: skip
    assert records[0].info["DP"] == 7
    assert records[0].info["X_A"] == (0.5, None)
    assert records[0].info["S"] == ("gained", "lost")
    assert records[1].info["X_A"] == (-1,)
    assert dict(records[2].info) == {}
    assert [one.samples["s1"]["GT"] for one in records] == [(0, 1), (1, 1), (None,)]
    assert header.info["X_A"].description == r"of \"A\" \\ in B"
    text = (
        pysam.BGZFile(str(tmp_path / name)).read(10**6).decode()
        if name.endswith("gz")
        else (tmp_path / name).read_text()
    )
    assert text.count("ID=X_A,") == 1


def test_contigs_and_the_version_are_declared_where_they_were_not(tmp_path):
    path = tmp_path / "a.vcf"
    path.write_text(f"{NAMES}\nchr1\t5\t.\tA\tC\t.\t.\t.\n2\t3\t.\tA\tC\t.\t.\t.\t\n", newline="\r\n")
    header, records = annotate(path, tmp_path / "b.vcf", {1: "S=kept"})
    assert header.version == "VCFv4.2"
    assert list(header.contigs) == ["chr1", "2"]
    assert [dict(one.info) for one in records] == [{}, {"S": ("kept",)}]


def test_a_byte_order_mark_is_no_contig(tmp_path):
    path, out = tmp_path / "a.vcf", tmp_path / "b.vcf"
    path.write_text(f"{HEAD}{NAMES}\nchr1\t5\t.\tA\tC\t.\t.\t.\n", encoding="utf-8-sig")
    header, records = annotate(path, out, {0: "S=kept"})
    assert list(header.contigs) == ["chr1"]
    assert [line for line in out.read_text().splitlines() if line.startswith("##contig")] == [HEAD.splitlines()[1]]
    assert records[0].info["S"] == ("kept",)


def test_a_file_without_an_input_is_made_of_rows(tmp_path):
    lines = table_lines(["chr1"], [("chr1", 5, "rs1", "A", "C"), ("chr1", 7, ".", "AT", "A")])
    write_lines(tmp_path / "a.vcf.gz", with_info(lines, FIELDS, lambda i, n: f"X_A={i * n}"), compress=True)
    with pysam.VariantFile(str(tmp_path / "a.vcf.gz")) as file:
        assert [(one.pos, one.id, one.info["X_A"]) for one in file] == [(5, "rs1", (0,)), (7, None, (1,))]


def test_names_are_allowed_and_different():
    assert info_names(["E_CTCF_CD4/T", "E_CTCF_CD4 T", "E_CTCF_CD4_T_2", "9", "NKX2-5é"]) == [
        "E_CTCF_CD4_T", "E_CTCF_CD4_T_2", "E_CTCF_CD4_T_2_2", "_9", "NKX2_5_",
    ]  # fmt: skip
