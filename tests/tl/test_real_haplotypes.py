"""NA12878's phased genotypes with published weights: haplotypes against their sequence written out.

The data have no ATAC, so fragments are planted. A piece of chr21 is taken as a chromosome of its own, to be quick.
"""

import gzip
from pathlib import Path
from typing import NamedTuple

import anndata as ad
import numpy as np
import pandas as pd
import pytest

import scmaxatac as sma
from scmaxatac.models import load_many
from scmaxatac.nn.engines._registry import make_engine

OFFSET, LENGTH = 37_688_064, 32_768  # where many indels are; a multiple of 256, so that windows begin as on chr21
START, END = 8_192, 24_576
REGION = f"chr21:{START}-{END}"
WINDOW, STEP, BIN = 1_024, 256, 32
TFS = ["CTCF", "SPI1"]


class Piece(NamedTuple):
    """A predicted piece of chr21; its records as position, REF, ALT, genotype and columns of the file."""

    folder: Path
    bases: str
    adata: ad.AnnData
    genome: sma.Genome
    records: list
    options: dict


def cells():
    return ad.AnnData(obs=pd.DataFrame({"cluster": "all"}, index=[f"cell{i}" for i in range(20)]))


def write_fasta(path, bases):
    path.write_text(f">chr21\n{bases}\n")
    return sma.Genome(path, blacklist=pd.DataFrame({"chrom": ["chr21"], "start": [0], "end": [100]}))


@pytest.fixture(scope="module")
def piece(data_dir, tmp_path_factory):
    folder = tmp_path_factory.mktemp("na12878")
    whole = sma.Genome(data_dir / "haplotypes" / "hg38_chr21_37Mb.fa.gz")
    bases = "".join("ACGTN"[code] for code in whole.codes("chr21")[OFFSET : OFFSET + LENGTH])
    records = []
    with gzip.open(data_dir / "haplotypes" / "NA12878_chr21_37Mb.phased.vcf.gz", "rt") as lines:
        for fields in (line.rstrip("\n").split("\t") for line in lines if not line.startswith("#")):
            at = int(fields[1]) - 1 - OFFSET
            if 0 <= at < LENGTH - 200:
                fields[1] = str(at + 1)
                records.append((at, fields[3], fields[4].split(","), fields[9].split(":")[0], fields))
    rng = np.random.default_rng(0)
    starts = np.clip(rng.normal(rng.choice(rng.integers(1_000, LENGTH - 1_000, 60), 6_000), 120), 0, LENGTH - 400)
    rows = [f"chr21\t{at}\t{at + 30 + int(rng.integers(300))}\tcell{i % 20}\t1\n" for i, at in
            enumerate(np.sort(starts.astype(int)))]  # fmt: skip
    (folder / "fragments.tsv.gz").write_bytes(gzip.compress("".join(rows).encode()))
    options = {"fragments": folder / "fragments.tsv.gz", "models": data_dir / "maxatac" / "models", "tfs": TFS,
               "include_flanks": True, "min_fragments": 100}  # fmt: skip
    genome, adata = write_fasta(folder / "reference.fa", bases), cells()
    predict(adata, genome, folder / "run", options)
    return Piece(folder, bases, adata, genome, records, options)


def predict(adata, genome, out_dir, options):
    """Predict the region, and keep every bin."""
    regions = pd.DataFrame({"chrom": ["chr21"], "start": [START], "end": [END]})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sma.settings, "min_stored_score", 0.0)
        sma.tl.predict_tfbs(adata, "cluster", genome=genome, regions=regions, out_dir=out_dir, **options)


def haplotypes_of(piece, records, name):
    path = piece.folder / name
    head = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tNA12878\n"
    path.write_text(head + "".join("\t".join(record[4]) + "\n" for record in records))
    return sma.tl.predict_haplotypes(
        piece.adata, path, regions=REGION, genome=piece.genome, samples="NA12878", unphased="reference"
    )


def alleles_of(records, haplotype):
    """Trimmed alleles of a haplotype: start, bases that are replaced, bases in their place."""
    alleles = []
    for at, ref, alts, call, _ in records:
        called = call.replace("/", "|").split("|")
        number = 0 if "/" in call and called[0] != called[1] else int(called[haplotype])
        if not number:
            continue
        old, new = ref, alts[number - 1]
        while old and new and old[-1] == new[-1]:
            old, new = old[:-1], new[:-1]
        while old and new and old[0] == new[0]:
            at, old, new = at + 1, old[1:], new[1:]
        alleles.append((at, old, new))
    kept, until = [], -1
    for at, old, new in sorted(alleles, key=lambda one: (one[0], one[0] + len(one[1]))):
        if at >= until:
            kept.append((at, old, new))
            until = at + max(len(old), 0)
    return kept


def written_out(bases, signal, alleles):
    """Bases, positions (-1 where added) and signal of a haplotype, and where each base of the reference begins."""
    out, position, values, begins, at = [], [], [], np.zeros(len(bases), int), 0
    for start, old, new in [*alleles, (len(bases), "", "")]:
        assert bases[start : start + len(old)] == old
        for i in range(at, start):
            begins[i] = len(out)
            out.append(bases[i])
            position.append(i)
            values.append(signal[i])
        begins[start : start + len(old)] = np.minimum(np.arange(len(old)), len(new)) + len(out)
        both = min(len(old), len(new))
        for i, base in enumerate(new):
            out.append(base)
            position.append(start + i if i < both else -1)
            before, behind = signal[start + both - 1], signal[min(start + len(old), len(bases) - 1)]
            share = (i - both + 1) / (len(new) - both + 1)
            values.append(signal[start + i] if i < both else before + share * (behind - before))
        at = start + len(old)
    return "".join(out), np.array(position), np.array(values, dtype=np.float32), begins


def test_without_indels_haplotypes_are_predicted_as_their_sequence_in_a_fasta_file(piece):
    plain = [one for one in piece.records if all(len(alt) == len(one[1]) for alt in one[2])]
    found = haplotypes_of(piece, plain, "snvs.vcf")
    n_alleles = []
    for haplotype in (0, 1):
        bases = list(piece.bases)
        mine = alleles_of(plain, haplotype)
        for at, old, new in mine:
            bases[at : at + len(old)] = new
        n_alleles.append(sum(START <= at < END for at, _, _ in mine))
        adata = cells()
        genome = write_fasta(piece.folder / f"haplotype{haplotype}.fa", "".join(bases))
        predict(adata, genome, piece.folder / f"haplotype{haplotype}", piece.options)
        for tf in TFS:
            expected = sma.get.track(adata, tf, "all", region=REGION)
            assert found.var["start"].tolist() == expected["start"].tolist()
            scores = found.layers[tf][haplotype]
            np.testing.assert_allclose(scores, expected["score"], atol=1e-6)
            reference = sma.get.track(piece.adata, tf, "all", region=REGION)["score"]
            assert np.abs(scores - reference).max() > 0.01
    assert min(n_alleles) > 10


def test_with_indels_every_window_is_the_network_on_its_sequence_and_signal_written_out(piece, data_dir):
    found = haplotypes_of(piece, piece.records, "all.vcf")
    track = sma.get.signal(piece.adata, "all", region=f"chr21:0-{LENGTH}")
    signal = np.zeros(LENGTH, dtype=np.float32)
    for row in track.itertuples():
        signal[row.start : row.end] = row.value
    engine = make_engine(load_many(data_dir / "maxatac" / "models", TFS), device="cpu")
    starts = [start for start in range(0, LENGTH - WINDOW, STEP) if start + WINDOW > START and start < END]
    for haplotype in (0, 1):
        alleles = alleles_of(piece.records, haplotype)
        assert sum(START <= at < END and len(old) != len(new) for at, old, new in alleles) > 5
        bases, position, values, begins = written_out(piece.bases, signal, alleles)
        codes = np.array(["ACGT".index(base) for base in bases], dtype=np.uint8)
        here = [slice(begins[start], begins[start] + WINDOW) for start in starts]
        scores = engine.predict(np.stack([codes[one] for one in here]), np.stack([values[one] for one in here]))
        sums, counts = np.zeros((len(TFS), LENGTH)), np.zeros(LENGTH)
        for w, (start, one) in enumerate(zip(starts, here, strict=True)):
            there = (position[one] >= start) & (position[one] < start + WINDOW)
            sums[:, position[one][there]] += np.repeat(scores[:, w], BIN, axis=1)[:, there]
            counts[position[one][there]] += 1
        each = (slice(None), slice(START, END))
        bins = sums[each].reshape(len(TFS), -1, BIN).sum(axis=2) / counts[START:END].reshape(-1, BIN).sum(axis=1)
        for t, tf in enumerate(TFS):
            assert found.var["start"].tolist() == list(range(START, END, BIN))
            np.testing.assert_allclose(found.layers[tf][haplotype], bins[t], atol=1e-6)
            assert bins[t].max() > 0.1
