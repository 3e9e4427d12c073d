"""More kinds of bad input: regions, genomes, files beside the fragments, objects that are written, options."""

import numpy as np
import pandas as pd
from _bad_input_world import Case, World

import scmaxatac as sma

SNAP, SIGNAC, ARCHR = "scverse/SnapATAC2", "stuart-lab/signac", "GreenleafLab/ArchR"
ANNDATA, MUON, CHROMVAR = "scverse/anndata", "scverse/muon", "GreenleafLab/chromVAR"


def _regions(w: World, regions, **options):
    return w.predict(regions=regions, **options)


def _table(w: World, **columns) -> pd.DataFrame:
    return w.toy.peaks.query("chrom == 'chr1'")[["chrom", "start", "end"]].assign(**columns)


def _names(w: World, change):
    adata = w.adata()
    adata.var_names = [change(i, name) for i, name in enumerate(adata.var_names)]
    return w.predict(adata, fragments=w.file())


def _scan(w: World, text: str, **options):
    return sma.tl.motif_scan(w.toy.genome, w.text("motifs.txt", text), regions=_table(w), chroms="chr1", **options)


JASPAR = ">MA1 CTCF\nA [ 9 1 1 1 ]\nC [ 1 9 1 1 ]\nG [ 1 1 9 1 ]\nT [ 1 1 1 9 ]\n"
GTF = 'chr1\tx\tgene\t1000\t2000\t.\t+\t.\tgene_id "G1"; gene_name "CD19";\n'

REGIONS = [
    Case("Peaks on 3L, a genome with chr3L", f"{SIGNAC}#860", "refused", ("same style",),
         lambda w: _regions(w, _table(w, chrom="1"))),
    Case("Peaks beyond the end of the chromosome", f"{SIGNAC}#1050", "refused", ("lies off", "same assembly"),
         lambda w: _regions(w, _table(w, end=10**7))),
    Case("A peak whose end is before its start", "VCCRI/Sierra#3", "refused", ("row 1", "not after start"),
         lambda w: _regions(w, _table(w).rename(columns={"start": "end", "end": "start"}))),
    Case("Positions of R's GRanges, which count from 1", f"{SIGNAC}#129", "refused", ("count from 1",),
         lambda w: _regions(w, _table(w, width=lambda t: t["end"] - t["start"] + 1).rename(
             columns={"chrom": "seqnames"}))),
    Case("Names with the assembly before them, GRCh38-chr21:8212970-8213572", f"{SIGNAC}#204", "refused",
         ("GRCh38-chr1",), lambda w: _names(w, lambda i, name: f"GRCh38-{name}")),
    Case("Names of Signac, chr1-100-200", f"{SIGNAC}#204", "understood", (),
         lambda w: _names(w, lambda i, name: name.replace(":", "-"))),
    Case("Names that Python's bytes got into, b'chr1':191418-192119", "r3fang/SnapATAC#202", "refused", ("b'chr1'",),
         lambda w: _names(w, lambda i, name: "b'" + name.replace(":", "':"))),
    Case("One column that is a gene among peaks", "", "refused", ("1 of 1,909 names", "'CD19'"),
         lambda w: _names(w, lambda i, name: "CD19" if i == 5 else name)),
    Case("A matrix of tiles, no peaks", f"{ARCHR}#112", "refused", ("tiles of the genome", "call_peaks"),
         lambda w: _names(w, lambda i, name: f"chr{1 + i // 700}:{i % 700 * 500}-{i % 700 * 500 + 500}")),
    Case("An empty table of peaks", f"{SNAP}#422", "refused", ("none of the 0 regions",),
         lambda w: _regions(w, _table(w)[:0])),
    Case("Peaks on other chromosomes than those that are predicted", f"{SIGNAC}#429", "refused", ("none of the",),
         lambda w: _regions(w, w.toy.peaks.query("chrom == 'chr5'"))),
    Case("A table without names of columns", f"{SIGNAC}#848", "refused", ("no column chrom",),
         lambda w: _regions(w, pd.DataFrame(_table(w).to_numpy()))),
    Case("Missing positions", f"{SNAP}#189", "refused", ("row 2", "is missing"),
         lambda w: _regions(w, _table(w, end=lambda t: t["end"].where(np.arange(len(t)) != 1)))),
    Case("Positions in scientific notation, 1e5", "", "understood", (),
         lambda w: _regions(w, w.text("e.bed", "chr1\t1e5\t1.1e5\n"))),
    Case("Positions with commas", "", "refused", ("no number",),
         lambda w: _regions(w, w.text("c.bed", "chr1\t100,000\t110,000\n"))),
    Case("A BED file that ends in a line of a chromosome alone", f"{SNAP}#189", "refused", ("line 2",),
         lambda w: _regions(w, w.text("d.bed", "chr1\t100000\t110000\nchr1\n"))),
    Case("A region beyond the chromosome, for a plot", "deeptools/pyBigWig#49", "refused", ("chr1",),
         lambda w: sma.get.signal(w.predicted, group="B", region="chr1:100,000,000-100,001,000")),
    Case("A region on a chromosome that was not predicted", "deeptools/deepTools#788", "refused", ("chr2",),
         lambda w: sma.get.track(w.predicted, tf="CTCF", group="B", region="chr2:10,000-20,000")),
    Case("A region as text with its positions swapped", "", "refused", ("not after its start",),
         lambda w: sma.pl.tracks(w.predicted, "chr1:20,000-10,000")),
]  # fmt: skip

FILES = [
    Case("A GFF3 file as annotation", f"{SNAP}#41", "refused", ("GFF3", "gffread"),
         lambda w: sma.Genome.from_sizes({"chr1": 10_000}, annotation=w.text(
             "a.gff3", "##gff-version 3\nchr1\tx\tgene\t1\t9\t.\t+\t.\tID=g1;Name=G1\n"))),
    Case("A GTF file of Ensembl, a genome of UCSC", f"{SIGNAC}#786", "refused", ("chr1", "'1'"),
         lambda w: sma.Genome.from_sizes({"chr1": 10_000}, annotation=w.text("a.gtf", GTF[3:]))),
    Case("A GTF file of RefSeq, a genome of UCSC", f"{SIGNAC}#1717", "refused", ("NC_000001.11",),
         lambda w: sma.Genome.from_sizes({"chr1": 10_000}, annotation=w.text(
             "a.gtf", GTF.replace("chr1", "NC_000001.11"))).genes),
    Case("A motif file of another format", f"{ARCHR}#1933", "refused", ("no motif",),
         lambda w: _scan(w, "AC CTCF\nP0 A C G T\n01 9 1 1 1\n")),
    Case("A motif whose factor is not among those asked for", f"{ARCHR}#1766", "refused", ("no motif of SPI1",),
         lambda w: _scan(w, JASPAR, tfs="SPI1")),
    Case("A motif with lines of unequal length", f"{CHROMVAR}#75", "refused", ("MA1", "numbers"),
         lambda w: _scan(w, JASPAR.replace("[ 1 9 1 1 ]", "[ 1 9 1 ]"))),
    Case("A motif with its lines, T to A, in another order", f"{ARCHR}#1829", "understood", (),
         lambda w: _scan(w, JASPAR.replace("A [", "x [").replace("T [", "A [").replace("x [", "T ["), p_value=0.01)),
    Case("A position of a motif without counts", "", "refused", ("without counts",),
         lambda w: _scan(w, ">MA1 CTCF\n0 1\n0 1\n0 1\n0 1\n")),
    Case("A VCF file on 1, a genome with chr1", "sigven/pcgr#101", "refused", ("contigs (1) do not match", "chr1"),
         lambda w: w.variants([f"1\t{p}\t.\t{w.base(p)}\tA\t.\t.\t." for p in (20_000, 30_000)])),
    Case("Reference alleles of another assembly", "mskcc/vcf2maf#372", "refused", ("reference alleles",),
         lambda w: w.variants([f"chr1\t{p}\t.\t{'A' if w.base(p) != 'A' else 'C'}\tG\t.\t.\t." for p in
                               range(20_000, 60_000, 1000)])),
    Case("An unsorted VCF file", "Ensembl/ensembl-vep#530", "understood", (),
         lambda w: w.variants([f"chr1\t{p}\t.\t{w.base(p)}\t{'A' if w.base(p) != 'A' else 'C'}\t.\t.\t." for p in
                               _inside(w)[::-1]])),
    Case("Several alleles on a line", "sigven/pcgr#101", "understood", (),
         lambda w: w.variants([f"chr1\t{p}\t.\t{w.base(p)}\t{','.join(sorted(set('ACG') - {w.base(p)}))}\t.\t.\t." for
                               p in _inside(w)[:2]])),
    Case("A VCF file without its header", "", "refused", ("is not a VCF file",),
         lambda w: sma.tl.score_variants(w.predicted, w.text("y.vcf", "chr1\t20000\t.\tA\tC\t.\t.\t.\n"),
                                         genome=w.toy.genome)),
    Case("A VCF line that was cut", "", "refused", ("columns",),
         lambda w: w.variants([f"chr1\t{_inside(w)[0]}\t.\tA"])),
    Case("A bigWig that is none", "", "refused", ("bigWig",),
         lambda w: sma.pp.average_replicates([w.text("a.bw", b"not a bigWig")], w.folder / "b.bw",
                                             genome=w.toy.genome)),
    Case("An empty bigWig", "", "refused", ("bigWig",),
         lambda w: sma.pp.average_replicates([w.text("a.bw", b"")], w.folder / "b.bw", genome=w.toy.genome)),
    Case("Chromosome sizes with a missing contig", "aertslab/pycisTopic#36", "told", ("chrUn",),
         lambda w: w.bulk(fragments=w.file(lines=[w.lines[0].replace("chr1", "chrUn_GL1"), *w.lines]), chroms="chr1",
                          genome=sma.Genome.from_sizes({"chr1": w.toy.genome.sizes["chr1"]}))),
    Case("Chromosome sizes that are no numbers", "", "refused", ("line 1",),
         lambda w: sma.Genome.from_sizes(w.text("sizes.txt", "chrom\tsize\nchr1\t1000\n"))),
    Case("A genome of SnapATAC2 in place of a FASTA file", "", "refused", ("fasta is a", "attribute fasta"),
         lambda w: sma.Genome(_snapatac2_genome())),
    Case("The name of an assembly in place of a genome", f"{SIGNAC}#757", "refused", ("genome is 'hg38'", "download"),
         lambda w: w.bulk(fragments=w.file(), genome="hg38")),
]  # fmt: skip


def _inside(w: World) -> list[int]:
    """Positions in the middle of regions of the first chromosome."""
    table = _table(w)
    return [int(p) for p in ((table["start"] + table["end"]) // 2)[5:15]]


def _snapatac2_genome() -> object:
    return type("Genome", (), {"__module__": "snapatac2.genome"})()


WRITTEN = [
    Case("A name of results with /", f"{ANNDATA}#2099", "refused", ("key_added is 'a/b'",),
         lambda w: w.predict(key_added="a/b")),
    Case("A name of results that is a dot", f"{ANNDATA}#321", "refused", ("key_added is '.'",),
         lambda w: w.predict(key_added=".")),
    Case("A factor with / in its name", "lilab-bcb/pegasus#323", "refused", ("'G1/S'", "keys of h5ad"),
         lambda w: sma.models.load("demo:CTCF").renamed("G1/S")),
    Case("A factor called _index", f"{ANNDATA}#321", "refused", ("'_index'",),
         lambda w: sma.models.load("demo:CTCF").renamed("_index")),
    Case("A number as the name of results", f"{ANNDATA}#498", "refused", ("key_added is 5",),
         lambda w: w.predict(key_added=5)),
    Case("Results written to h5ad and read again", f"{ANNDATA}#52", "understood", (),
         lambda w: (lambda adata: (adata.write_h5ad(w.folder / "r.h5ad"), sma.get.sites(_read(w.folder / "r.h5ad"))))(
             w.predicted.copy())),
    Case("A view, which can't keep results of its own", "", "understood", (),
         lambda w: w.predict(w.adata()[10:], fragments=w.file(), copy=True)),
    Case("Results asked for under another name", "", "refused", ("exist under 'tfbs'",),
         lambda w: sma.get.sites(w.predicted, key="tfs")),
    Case("A table of another tool under the name of results", "", "refused", ("was not written by",),
         lambda w: (lambda adata: (adata.uns.update(tfbs={"params": {"a": 1}}), sma.get.sites(adata)))(w.adata())),
    Case("A modality that is called otherwise", f"{MUON}#37", "refused", ("no modality 'ATAC'", "mod="),
         lambda w: w.predict(w.toy.mdata, mod="ATAC")),
    Case("A matrix in place of an object", "", "refused", ("expected AnnData", "ndarray"),
         lambda w: w.predict(np.zeros((3, 3)), fragments=w.file())),
    Case("The path of an h5ad file in place of an object", "", "refused", ("expected AnnData", "str"),
         lambda w: w.predict("data.h5ad", fragments=w.file())),
    Case("A number of jobs as text", "", "refused", ("n_jobs is '4'",),
         lambda w: sma.pp.call_peaks(w.adata(), "cell_type", genome=w.toy.genome, fragments=w.file(), n_jobs="4")),
    Case("False as text", "", "refused", ("copy is 'False'",), lambda w: w.predict(copy="False")),
]  # fmt: skip


def _read(path):
    import anndata as ad

    return ad.read_h5ad(path)


MORE = [*REGIONS, *FILES, *WRITTEN]
"""The kinds of this file."""
