"""Files of scored variants, read back with pysam and pandas."""

import gzip

import numpy as np
import pandas as pd
import pytest
from _mini import GROUPS

import scmaxatac as sma
from scmaxatac.io._bgzf import write_bgzf

pysam = pytest.importorskip("pysam")

pytestmark = pytest.mark.usefixtures("analytic")

HEAD = (
    "##fileformat=VCFv4.2\n"
    '##INFO=<ID=DP,Number=1,Type=Integer,Description="Depth">\n'
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n'
    "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tann\n"
)


@pytest.fixture(scope="module")
def data(mini, mini_models, fragment_file, tmp_path_factory):
    """A prediction of chr1, and the text of a VCF file: written long, moved, of several alleles, and not scorable."""
    from _analytic import AnalyticEngine

    folder = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scmaxatac.predict._run.make_engine", AnalyticEngine)
        adata = mini.adata(fragment_file)
        options = {"models": mini_models, "min_fragments": 100, "regions": "genome", "chroms": ["chr1"]}
        sma.tl.predict_tfbs(adata, "leiden", genome=mini.genome, out_dir=folder, **options)
    codes = mini.codes["chr1"]

    def bases(start, end):
        return "".join("ACGT"[code] for code in codes[start:end])

    def other(at):
        return "ACGT"[(codes[at] + 1) % 4]

    repeat = next(i for i in range(1_700, 3_000) if codes[i] == codes[i + 1] != codes[i - 1])
    rows = [
        (1_701, "rs1", bases(1_700, 1_701), f"{other(1_700)},<DEL>,{bases(1_700, 1_701)}AA", "DP=3"),
        (repeat + 1, "moved", bases(repeat, repeat + 2), bases(repeat, repeat + 1), "."),
        (3_001, "long", bases(3_000, 3_004), bases(3_000, 3_003) + other(3_003), "DP=4"),
        (3_101, "wrong", other(3_100), bases(3_100, 3_101), "DP=5"),
        (3_201, "none", bases(3_200, 3_201), ".", "."),
    ]
    lines = [f"chr1\t{pos}\t{name}\t{ref}\t{alt}\t9\tPASS\t{info}\tGT\t0|1\n" for pos, name, ref, alt, info in rows]
    return adata, HEAD + "".join(lines), repeat


@pytest.fixture
def scored(data, mini, tmp_path):
    """The object with scores, a copy; and the file."""
    adata, text, _ = data
    path = tmp_path / "input.vcf.gz"
    write_bgzf(path, text.encode())
    with pytest.warns(UserWarning, match="3 of 7 alleles are left out"):
        adata = sma.tl.score_variants(adata, path, genome=mini.genome, copy=True)
    return adata, path


def fields_of(path):
    """Values of our fields, with factor and group from the description: {(pos, allele, quantity, tf, group): value}."""
    found = {}
    with pysam.VariantFile(str(path)) as file:
        records = list(file)
        about = {name: file.header.info[name].description for name in file.header.info if name.startswith("SMA_")}
        for record in records:
            for name, values in record.info.items():
                if name in about:
                    tf, group = about[name].rpartition("; ")[2].split(" in ")
                    assert len(values) == len(record.alts)
                    for allele, value in enumerate(values, 1):
                        found[record.pos, allele, name.split("_")[1].lower(), tf, group] = value
    return found, records


@pytest.mark.parametrize("name", ["out.vcf", "out.vcf.gz"])
def test_a_vcf_file_keeps_its_records_and_gets_the_scores_of_its_own_alleles(scored, data, tmp_path, name):
    adata, path = scored
    out = sma.tl.write_variants(adata, tmp_path / "new" / name)
    found, records = fields_of(out)
    with pysam.VariantFile(str(path)) as file:
        before = list(file)
    for old, new in zip(before, records, strict=True):
        assert str(old).split("\t")[:7] == str(new).split("\t")[:7]
        assert str(old).split("\t")[8:] == str(new).split("\t")[8:]
        assert old.info.get("DP") == new.info.get("DP")
    table = sma.get.variants(adata)
    input_of = {"rs1": (1_701, {"SNV": 1, "insertion": 3}), "moved": (data[2] + 1, {"deletion": 1}),
                "long": (3_001, {"SNV": 1})}  # fmt: skip
    assert table.loc[table["id"] == "moved", "pos"].iloc[0] == data[2]  # the base before, as it was moved left
    assert table.loc[table["id"] == "long", "pos"].iloc[0] == 3_004
    expected = {}
    for row in table.itertuples():
        pos, alleles = input_of[row.id]
        for quantity in ("reference", "alternative", "effect", "status"):
            value = getattr(row, quantity)
            value = value if quantity == "status" else pytest.approx(value, rel=1e-5, abs=1e-9)
            expected[pos, alleles[row.kind], quantity, row.tf, row.group] = value
    scores = {key: value for key, value in found.items() if value not in (None, ".")}
    assert scores == expected
    assert {key[:2] for key, value in found.items() if value in (None, ".")} == {(1_701, 2)}
    assert len(table) == 4 * 2 * len(GROUPS)


def test_bcftools_reads_and_filters_it(scored, tmp_path):
    bcftools = pytest.importorskip("pysam.bcftools")
    adata, _ = scored
    out = sma.tl.write_variants(adata, tmp_path / "out.vcf.gz", tfs="AAA", groups="CD4/T")
    field = "SMA_EFFECT_AAA_CD4_T"
    kept = bcftools.query("-f", f"%ID\\t%{field}\\n", "-i", f"INFO/{field}[*]>0 || INFO/{field}[*]<0", str(out))
    effects = sma.get.variants(adata, tfs="AAA", groups="CD4/T").groupby("id")["effect"]
    assert {line.split("\t")[0] for line in kept.splitlines()} == {name for name, one in effects if one.any()}
    pysam.tabix_index(str(out), preset="vcf")
    with pysam.VariantFile(str(out)) as file:
        assert [one.id for one in file.fetch("chr1", 1_700, 1_701)] == ["rs1"]


@pytest.mark.parametrize("name", ["a.tsv", "a.txt.gz"])
def test_a_table_is_that_of_get_variants(scored, tmp_path, name):
    adata, _ = scored
    out = sma.tl.write_variants(adata, tmp_path / name, tfs="BBB", min_effect=0.01)
    found = pd.read_csv(out, sep="\t")
    expected = sma.get.variants(adata, tfs="BBB", min_effect=0.01)
    assert 0 < len(expected) < 4 * len(GROUPS)
    assert list(found) == list(expected)
    assert found["status"].tolist() == expected["status"].tolist()
    np.testing.assert_allclose(found["effect"], expected["effect"], rtol=1e-5)


def test_what_is_below_the_smallest_effect_is_not_written(scored, tmp_path):
    adata, _ = scored
    table = sma.get.variants(adata)
    limit = float(table["effect"].abs().median())
    found, records = fields_of(sma.tl.write_variants(adata, tmp_path / "a.vcf", min_effect=limit))
    effects = [value for key, value in found.items() if key[2] == "effect" and value is not None]
    assert len(effects) == (table["effect"].abs() >= np.float32(limit)).sum()
    assert len(records) == 5


def test_p_values_are_written_too(data, scored, mini, tmp_path):
    adata, path = scored
    codes = mini.codes["chr1"]
    common = pd.DataFrame({"chrom": "chr1", "pos": np.arange(1_500, 4_000, 10) + 1})
    common["ref"] = ["ACGT"[codes[at - 1]] for at in common["pos"]]
    common["alt"] = ["ACGT"[(codes[at - 1] + 1) % 4] for at in common["pos"]]
    with pytest.warns(UserWarning, match="left out"):
        sma.tl.score_variants(adata, path, genome=mini.genome, null=common, tfs="AAA", groups="B")
    found, _ = fields_of(sma.tl.write_variants(adata, tmp_path / "a.vcf"))
    row = sma.get.variants(adata).query("id == 'long'").iloc[0]
    for quantity in ("p", "q"):
        assert found[3_001, 1, quantity, "AAA", "B"] == pytest.approx(row[quantity], rel=1e-5)
    with gzip.open(path) as before:
        assert b"SMA_" not in before.read()


def test_variants_of_a_table_are_written_in_normal_form_and_order(data, mini, tmp_path):
    adata, text, repeat = data
    rows = [line.split("\t") for line in text.splitlines() if line.startswith("chr1")]
    table = pd.DataFrame([row[:2] + row[3:5] for row in rows[2::-1]], columns=["chrom", "pos", "ref", "alt"])
    with pytest.warns(UserWarning, match="1 of 5 alleles are left out: 1 symbolic"):
        adata = sma.tl.score_variants(adata, table, genome=mini.genome, copy=True)
    found, records = fields_of(sma.tl.write_variants(adata, tmp_path / "a.vcf.gz"))
    codes = mini.codes["chr1"]
    here = [(one.pos, one.ref, one.alts) for one in records]
    assert [pos for pos, _, _ in here] == sorted(pos for pos, _, _ in here)
    assert here[-1] == (3_004, "ACGT"[codes[3_003]], ("ACGT"[(codes[3_003] + 1) % 4],))
    for row in sma.get.variants(adata).itertuples():
        (allele,) = [one for one in here if one == (row.pos, row.ref, (row.alt,))]
        assert allele[0] != repeat + 1
    assert len(here) == 4
    same = {(row.pos, row.tf, row.group): row.effect for row in sma.get.variants(adata).itertuples() if row.pos > 1_701}
    for (pos, tf, group), effect in same.items():
        assert found[pos, 1, "effect", tf, group] == pytest.approx(effect, rel=1e-5)
    with pytest.raises(ValueError, match=r"were read from a table, not from x\.vcf"):
        sma.tl.write_variants(adata, tmp_path / "b.vcf", vcf="x.vcf")


def test_bad_input_is_one_clear_error(data, scored, tmp_path):
    adata, path = scored
    for name in ("a.bcf", "a", "a.csv", "a.gz"):
        with pytest.raises(ValueError, match=f"{name} ends neither as a VCF file nor as a table"):
            sma.tl.write_variants(adata, tmp_path / name)
    with pytest.raises(KeyError, match="no variants under"):
        sma.tl.write_variants(data[0], tmp_path / "a.vcf")
    (tmp_path / "mine.vcf").write_text("mine")
    with pytest.raises(ValueError, match="is in the way"):
        sma.tl.write_variants(adata, tmp_path / "mine.vcf")
    with pytest.raises(KeyError, match="CCC"):
        sma.tl.write_variants(adata, tmp_path / "a.vcf", tfs="CCC")
    moved = path.rename(tmp_path / "moved.vcf.gz")
    with pytest.raises(FileNotFoundError, match=r"input\.vcf\.gz"):
        sma.tl.write_variants(adata, tmp_path / "a.vcf")
    sma.tl.write_variants(adata, tmp_path / "a.vcf", vcf=moved)
    write_bgzf(moved, data[1].replace("rs1", "rs2").encode())
    with pytest.raises(ValueError, match=r"is not the file that was scored .*input.* or was changed since: its sha256"):
        sma.tl.write_variants(adata, tmp_path / "a.vcf", vcf=moved)


def test_ids_of_a_table_leave_the_file_readable(data, mini, tmp_path):
    adata = data[0].copy()
    base = "ACGT"[mini.codes["chr1"][1_700]]
    table = pd.DataFrame({"chrom": "chr1", "pos": 1_701, "ref": base, "alt": list(set("ACGT") - {base})})
    table["id"] = ["rs1;rs2", np.nan, pd.NA]
    sma.tl.score_variants(adata, table, genome=mini.genome)
    assert sma.get.variants(adata)["id"].unique().tolist() == ["rs1;rs2", "."]
    with pysam.VariantFile(str(sma.tl.write_variants(adata, tmp_path / "a.vcf"))) as file:
        assert [record.id for record in file] == ["rs1;rs2", None, None]
    with pytest.raises(ValueError, match=r"variants: row 2 of 3: id is 'rs\\t1'; an id can't have white space"):
        sma.tl.score_variants(adata, table.assign(id=["a", "rs\t1", "b c"]), genome=mini.genome)
