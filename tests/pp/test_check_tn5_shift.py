import gzip
import warnings
from collections.abc import Iterable

import anndata as ad
import numpy as np
import pandas as pd
import pytest

import scmaxatac as sma
from scmaxatac.atac._tn5_shift import duplication_offset, symmetry_centre

SHIFTS = {"as they are": (0, 0), "unshifted": (-4, 5), "only starts": (0, 5), "+4/-4": (0, 1)}


def shifted(lines: Iterable[str], by: tuple[int, int]) -> str:
    """Fragment lines whose starts and ends were moved."""
    moved = []
    for line in lines:
        chrom, start, end, *more = line.rstrip("\n").split("\t")
        moved.append("\t".join([chrom, str(int(start) + by[0]), str(int(end) + by[1]), *more]))
    return "\n".join(moved) + "\n"


@pytest.fixture(scope="module")
def chr22(data_dir) -> list[str]:
    with gzip.open(data_dir / "chr22" / "pbmc_100cells_chr22.fragments.tsv.gz", "rt") as handle:
        return handle.readlines()


@pytest.fixture(scope="module")
def genome(data_dir, tmp_path_factory) -> sma.Genome:
    return sma.Genome(data_dir / "chr22" / "hg38_chr22_partial.fa.gz", cache_dir=tmp_path_factory.mktemp("genome"))


def check(lines, shift: str, path, **options) -> pd.Series:
    path.write_text(shifted(lines, SHIFTS[shift]))
    (row,) = sma.pp.check_tn5_shift(path, **options).to_dict("records")
    return row


def test_fragments_of_cell_ranger_are_shifted(chr22, genome, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        row = check(chr22, "as they are", tmp_path / "f.tsv", genome=genome)
    assert row["n_fragments"] == 57_115
    assert (row["offset"], row["start_to_centre"], row["end_to_centre"]) == (-1, 0, 1)
    assert row["enrichment"] > 3
    assert row["verdict"] == "shifted"


@pytest.mark.parametrize("with_sequence", [True, False])
def test_the_same_fragments_without_the_shift_are_warned_about(chr22, genome, tmp_path, with_sequence):
    options = {"genome": genome} if with_sequence else {}
    with pytest.warns(UserWarning, match=r"f\.tsv look unshifted \(offset 8 bp, -1 expected\)"):
        row = check(chr22, "unshifted", tmp_path / "f.tsv", **options)
    assert row["offset"] == 8
    assert row["verdict"] == "unshifted"
    if with_sequence:
        assert (row["start_to_centre"], row["end_to_centre"]) == (4, -4)


def test_a_shift_of_one_end_only_is_warned_about(chr22, genome, tmp_path):
    with pytest.warns(UserWarning, match="look shifted by other distances"):
        row = check(chr22, "only starts", tmp_path / "f.tsv", genome=genome)
    assert (row["offset"], row["start_to_centre"], row["end_to_centre"]) == (4, 0, -4)
    assert row["verdict"] == "other"


def test_one_base_more_or_less_is_no_matter(chr22, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert check(chr22, "+4/-4", tmp_path / "f.tsv")["verdict"] == "shifted"


def test_a_few_thousand_fragments_are_enough(chr22, tmp_path):
    assert check(chr22[:20_000], "as they are", tmp_path / "f.tsv")["verdict"] == "shifted"


def test_deep_data_around_genes_are_judged_alike(data_dir):
    path = data_dir / "pbmc10k" / "pbmc10ktiny_50loci.fragments.tsv.gz"
    report = sma.pp.check_tn5_shift(path, max_fragments=500_000)
    assert report["offset"].tolist() == [-1]
    assert report["n_fragments"].tolist() == [500_000]


def test_every_sample_is_judged_on_its_own(chr22, tmp_path):
    barcodes = sorted({line.split("\t")[3] for line in chr22})
    for sample, shift in (("good", "as they are"), ("bad", "unshifted")):
        (tmp_path / f"{sample}.tsv").write_text(shifted(chr22, SHIFTS[shift]))
    adata = ad.AnnData(obs=pd.DataFrame({"sample": "good"}, index=barcodes))
    paths = {sample: tmp_path / f"{sample}.tsv" for sample in ("good", "bad")}
    with pytest.warns(UserWarning, match=r"bad\.tsv look unshifted"):
        report = sma.pp.check_tn5_shift({"good": adata, "bad": adata}, fragments=paths)
    assert report["verdict"].tolist() == ["shifted", "unshifted"]


def test_without_neighbouring_fragments_the_answer_is_unclear(chr22, tmp_path, simulated):
    assert check(chr22[:50], "as they are", tmp_path / "f.tsv")["verdict"] == "unclear"
    report = sma.pp.check_tn5_shift(simulated.mdata, genome=simulated.genome)
    assert report["verdict"].tolist() == ["unclear"]
    assert report["offset"].isna().all()


def test_single_end_reads_and_empty_files_are_errors(tmp_path, simulated):
    adata = ad.AnnData(obs=pd.DataFrame(index=["a"]))
    from scipy import sparse

    adata.obsm["fragment_single"] = sparse.csr_matrix(np.array([[0, 5, -3, 0]], dtype=np.int32))
    adata.uns["reference_sequences"] = pd.DataFrame({"reference_seq_name": ["chr1"], "reference_seq_length": [4]})
    with pytest.raises(ValueError, match=r"obsm\['fragment_single'\] holds single-end reads"):
        sma.pp.check_tn5_shift(adata)
    with pytest.raises(FileNotFoundError, match=r"nowhere\.tsv"):
        sma.pp.check_tn5_shift(tmp_path / "nowhere.tsv")


@pytest.mark.filterwarnings("ignore:.*no read is marked as a duplicate")
@pytest.mark.parametrize(("moved", "verdict"), [(0, "shifted"), (4, "other")])
def test_bam_files_are_judged_as_their_reads_are_shifted(tmp_path, moved, verdict):
    """Tn5 leaves 9 bp in both fragments; reads that were shifted before are shifted twice."""
    pysam = pytest.importorskip("pysam")
    rng = np.random.default_rng(0)
    cuts = np.cumsum(rng.integers(60, 200, 4_000))
    with pysam.AlignmentFile(
        tmp_path / "x.bam", "wb", header={"SQ": [{"SN": "chr1", "LN": int(cuts[-1]) + 100}]}
    ) as handle:
        for i, (first, second) in enumerate(zip(cuts[:-1], cuts[1:] + 9, strict=True)):
            ends = (int(first) + moved, int(second) - moved)
            for is_first, start in ((True, ends[0]), (False, ends[1] - 20)):
                read = pysam.AlignedSegment()
                read.query_name, read.reference_id, read.mapping_quality = f"r{i}", 0, 60
                read.query_sequence, read.cigarstring, read.reference_start = "A" * 20, "20M", start
                read.next_reference_id, read.next_reference_start = 0, ends[1] - 20 if is_first else ends[0]
                read.flag = 99 if is_first else 147
                handle.write(read)
        lone = pysam.AlignedSegment()  # a read whose mate was left out
        lone.query_name, lone.reference_id, lone.reference_start, lone.mapping_quality = "lone", 0, 5, 60
        lone.query_sequence, lone.cigarstring, lone.flag = "A" * 20, "20M", 99
        handle.write(lone)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        report = sma.pp.check_tn5_shift(tmp_path / "x.bam")
    told = [str(warning.message) for warning in caught if "look shifted" in str(warning.message)]
    assert ["Give reads as they were aligned" in text for text in told] == [True] * bool(moved)
    assert report["verdict"].tolist() == [verdict]
    assert report["n_fragments"].tolist() == [3_999]
    assert report["offset"].tolist() == [-2 * moved]


def test_offset_of_simulated_duplications():
    rng = np.random.default_rng(0)
    cuts = np.unique(rng.integers(0, 1_000_000, 20_000))
    for gap in (-3, 0, 8):
        found = duplication_offset([cuts[::2], cuts], [cuts[::2] + gap, cuts + gap])
        assert found.bp == gap
        assert found.enrichment > 5
    assert np.isnan(duplication_offset([cuts], [np.unique(rng.integers(0, 1_000_000, 20_000))]).bp)
    assert np.isnan(duplication_offset([], []).bp)


@pytest.mark.parametrize("distance", [-4, 0, 3])
def test_centre_of_a_planted_palindrome(distance):
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, 400_000).astype(np.uint8)
    centres = np.arange(100, 399_900, 100)
    half = np.array([0, 1, 2, 0])
    for i, base in enumerate(half, start=2):
        codes[centres + i] = base
        codes[centres - i] = 3 - base
    assert symmetry_centre([("chr1", centres - distance)], lambda chrom: codes) == distance
    assert np.isnan(symmetry_centre([("chr1", rng.integers(100, 399_900, 5000))], lambda chrom: codes))
    assert np.isnan(symmetry_centre([("chr1", centres[:10])], lambda chrom: codes))
