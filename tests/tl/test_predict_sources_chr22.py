"""The published weights on the chr22 fragments, through every place that fragments can come from."""

import gzip

import anndata as ad
import mudata
import numpy as np
import pandas as pd
import pytest

import scmaxatac as sma
from scmaxatac.io._bed import read_bed


@pytest.fixture(scope="module")
def fragments(data_dir):
    return data_dir / "chr22" / "pbmc_100cells_chr22.fragments.tsv.gz"


@pytest.fixture(scope="module")
def options(data_dir):
    maxatac = data_dir / "maxatac"
    return {
        "tfs": "CTCF",
        "genome": sma.Genome(
            data_dir / "chr22" / "hg38_chr22_partial.fa.gz", blacklist=maxatac / "hg38_maxatac_blacklist.bed"
        ),
        "models": maxatac / "models",
        "regions": read_bed(data_dir / "chr22" / "hg38_chr22_partial.covered.bed").iloc[:12],
        "include_flanks": True,
    }


@pytest.fixture
def adata(fragments):
    with gzip.open(fragments, "rt") as lines:
        barcodes = sorted({line.split("\t")[3].strip() for line in lines if not line.startswith("#")})
    return ad.AnnData(obs=pd.DataFrame({"cluster": "all"}, index=barcodes))


@pytest.fixture(scope="module")
def golden(data_dir):
    return np.load(data_dir / "golden" / "predict" / "CTCF.npz")


def check(data, options, golden, tmp_path, **others):
    sma.tl.predict_tfbs(data, "cluster", **options, **others, out_dir=tmp_path / "run", save_tracks=True)
    track = sma.get.track(data, "CTCF", "all")
    place = {start: i for i, start in enumerate(golden["start"].tolist())}
    # bins at the ends of the chosen regions have fewer windows than in the golden run, which has all regions
    inner = [start for start in track["start"] if {start - 1024, start + 1024} <= place.keys()][40:-40]
    assert len(inner) > 200
    scores = track.set_index("start")["score"].loc[inner].to_numpy()
    np.testing.assert_allclose(scores, golden["score"][[place[start] for start in inner]], atol=1e-5)


def test_a_fragment_file(adata, fragments, options, golden, tmp_path):
    check(adata, options, golden, tmp_path, fragments=fragments)


def test_the_path_that_muon_keeps(adata, fragments, options, golden, tmp_path):
    adata.uns["files"] = {"fragments": str(fragments)}
    check(mudata.MuData({"atac": adata}), options, golden, tmp_path)


@pytest.mark.parametrize("backed", [False, True])
def test_snapatac2(backed, data_dir, fragments, options, golden, tmp_path):
    snap = pytest.importorskip("snapatac2")
    sizes = pd.read_csv(data_dir / "maxatac" / "hg38.chrom.sizes", sep="\t", header=None, index_col=0)[1].to_dict()
    where = {"file": tmp_path / "x.h5ad"} if backed else {}
    imported = snap.pp.import_fragments(
        fragments, chrom_sizes=sizes, sorted_by_barcode=False, min_num_fragments=0, **where
    )
    imported.obs["cluster"] = ["all"] * imported.n_obs
    check(imported, options, golden, tmp_path)
    if backed:
        imported.close()


def test_a_bam_file_with_cell_barcodes(adata, fragments, options, golden, tmp_path):
    pysam = pytest.importorskip("pysam")
    header = {"HD": {"VN": "1.6"}, "SQ": [{"SN": "chr22", "LN": options["genome"].sizes["chr22"]}]}
    with gzip.open(fragments, "rt") as lines:
        rows = [line.split("\t")[:4] for line in lines if not line.startswith("#")]
    with pysam.AlignmentFile(tmp_path / "reads.bam", "wb", header=header) as bam:
        for i, (_, start, end, barcode) in enumerate(rows):
            # the shift of +4/-5 takes these reads back to the insertions start and end - 1
            lefts = (int(start) - 4, int(end) - 1 + 5 - 20)
            for flag, left, other in ((99, lefts[0], lefts[1]), (147, lefts[1], lefts[0])):
                read = pysam.AlignedSegment(bam.header)
                read.query_name, read.flag, read.reference_id, read.mapping_quality = str(i), flag, 0, 60
                read.reference_start, read.next_reference_start, read.next_reference_id = left, other, 0
                read.query_sequence, read.cigarstring = "A" * 20, "20M"
                read.template_length = (lefts[1] + 20 - lefts[0]) * (1 if flag == 99 else -1)
                read.set_tag("CB", barcode.strip())
                bam.write(read)
    with pytest.warns(UserWarning, match="duplicate"):
        check(adata, options, golden, tmp_path, fragments=tmp_path / "reads.bam")
