"""Kinds of bad input: what each is, where users met it, what should happen, and how it is brought about."""

from zlib import crc32

import anndata as ad
import numpy as np
import pandas as pd
from _bad_input_more import MORE
from _bad_input_world import Case, World

import scmaxatac as sma

SNAP, SIGNAC, ARCHR = "scverse/SnapATAC2", "stuart-lab/signac", "GreenleafLab/ArchR"
CISTOPIC, SCENIC, MUON = "aertslab/pycisTopic", "aertslab/scenicplus", "scverse/muon"
ANNDATA, SCANPY = "scverse/anndata", "scverse/scanpy"


def _rename(w: World, names, of_file, **options):
    """Pseudobulks of cells and of barcodes in a file under other names."""

    def change(row: list[str]) -> None:
        row[3] = of_file(row[3])

    return w.bulk(w.adata(names), fragments=w.file(change), **options)


def _columns(w: World, change, **options):
    return w.bulk(fragments=w.file(change), **options)


def _chrom(new):
    def change(row: list[str]) -> None:
        row[0] = new(row[0])

    return change


def _code(name: str) -> int:
    """A number for a name, always the same."""
    return crc32(name.encode())


def _same(name: str) -> str:
    return name


def _two_samples(w: World) -> ad.AnnData:
    return w.adata(sample=lambda adata: np.where(np.arange(adata.n_obs) % 2, "s1", "s2"))


FRAGMENTS = [
    Case("Fragments of a paired BED file (BEDPE): the fourth column is a chromosome", f"{SNAP}#215", "refused",
         ("0 of the object's 594 cells", "the file's barcodes 'chr1'"),
         lambda w: _columns(w, lambda row: [*row[:3], *row])),
    Case("Fragments on 1, 2, 3, a genome with chr1, chr2, chr3", f"{SNAP}#330", "refused",
         ("contigs (1) do not match", "chr1"),
         lambda w: _columns(w, _chrom(lambda name: name[3:]))),
    Case("Fragments on chr1, a genome with 1", f"{ARCHR}#93", "refused", ("chr1",),
         lambda w: w.bulk(fragments=w.file(), chroms=None, genome=sma.Genome.from_sizes({"1": 700_000, "2": 700_000}))),
    Case("Chromosomes written as Python's bytes, b'chr1'", "r3fang/SnapATAC#26", "refused", ("b'chr1'",),
         lambda w: _columns(w, _chrom(lambda name: f"b'{name}'"))),
    Case("Chromosomes with the assembly before them, GRCh38-chr1", f"{SIGNAC}#204", "refused", ("GRCh38-chr1",),
         lambda w: _columns(w, _chrom(lambda name: f"GRCh38-{name}"))),
    Case("A file that was cut within its last line", f"{SNAP}#269", "refused", ("line", "expected"),
         lambda w: w.bulk(fragments=w.text("cut.tsv", "\n".join(w.lines)[:-25]))),
    Case("A list of fragment files", f"{SNAP}#314", "refused", ("2 files", "sample_key="),
         lambda w: w.bulk(fragments=[w.file(), w.file()])),
    Case("Four files of one sample, as a list in a dict", "swaruplabUCI/ArchRtoSignac#29", "refused",
         ("fragments is or holds", "sample_key="),
         lambda w: w.bulk(fragments={"s1": [w.file(), w.file()]}, sample_key="cell_type")),
    Case("Six columns, the last of dots (Taiji)", f"{SNAP}#55", "understood", (),
         lambda w: _columns(w, lambda row: [*row, "."])),
    Case("No column of counts (ArchR's export)", f"{SIGNAC}#1139", "understood", (),
         lambda w: _columns(w, lambda row: row[:4])),
    Case("Blanks instead of tabs, as an editor saves it", f"{ARCHR}#294", "refused", ("separated by tabs",),
         lambda w: w.bulk(fragments=w.text("blanks.tsv", "\n".join(w.lines).replace("\t", " ")))),
    Case("Commas instead of tabs", f"{ARCHR}#294", "refused", ("separated by tabs",),
         lambda w: w.bulk(fragments=w.text("commas.tsv", "\n".join(w.lines).replace("\t", ",")))),
    Case("A line of column names at the top", f"{ARCHR}#1009", "refused", ("line 1", "whole numbers"),
         lambda w: w.bulk(fragments=w.file(lines=["chrom\tstart\tend\tbarcode\tcount", *w.lines]))),
    Case("Windows line ends", f"{ARCHR}#294", "understood", (),
         lambda w: w.bulk(fragments=w.text("crlf.tsv", "\r\n".join(w.lines) + "\r\n"))),
    Case("One fragment of 0 bp among many", "", "told", ("start where they end and are left out",),
         lambda w: w.bulk(fragments=w.file(lines=["chr1\t500\t500\tA-1\t1", *w.lines]))),
    Case("One fragment whose end is before its start", "VCCRI/Sierra#3", "refused", ("line 1", "0 <= start < end"),
         lambda w: w.bulk(fragments=w.file(lines=["chr1\t500\t400\tA-1\t1", *w.lines]))),
    Case("Positions as numbers with a fraction, 9995.0", f"{ARCHR}#294", "refused", ("whole numbers",),
         lambda w: _columns(w, lambda row: [row[0], row[1] + ".0", *row[2:]])),
    Case("Fragments beyond the end of the chromosome (another assembly)", f"{SIGNAC}#1050", "refused",
         ("different assemblies",),
         lambda w: _columns(w, lambda row: [row[0], str(int(row[1]) + 10**6), str(int(row[2]) + 10**6), *row[3:]])),
    Case("Some fragments on contigs that the genome lacks", f"{SIGNAC}#1624", "told", ("KI270728.1",),
         lambda w: w.bulk(fragments=w.file(lines=[w.lines[0].replace("chr1", "KI270728.1"), *w.lines]))),
    Case("The index in place of the file", f"{MUON}#71", "refused", ("is an index",),
         lambda w: w.bulk(fragments=w.text("fragments.tsv.gz.tbi", b"TBI\1" + bytes(100)))),
    Case("A file without its index", f"{MUON}#71", "understood", (), lambda w: w.bulk(fragments=w.file())),
    Case("A relative path that leads nowhere", f"{SIGNAC}#757", "refused", ("fragment file not found",),
         lambda w: w.bulk(fragments="data/fragments.tsv.gz")),
    Case("An empty file", f"{SIGNAC}#1714", "refused", ("empty",),
         lambda w: w.bulk(fragments=w.text("empty.tsv", ""))),
    Case("Comments alone", "", "refused", ("empty",),
         lambda w: w.bulk(fragments=w.text("comments.tsv", "# id=x\n# description=y\n"))),
    Case("No fragments named anywhere", f"{MUON}#37", "refused", ("fragments=", "uns['files']['fragments']"),
         lambda w: w.bulk()),
    Case("A path in uns that led somewhere on another machine", f"{SCENIC}#360", "refused",
         ("uns['files']['fragments'] names", "give fragments="),
         lambda w: (lambda adata: (adata.uns.update(files={"fragments": "/elsewhere/f.tsv.gz"}),
                                   w.bulk(adata)))(w.adata())),
    Case("The address of a file instead of its path", "", "refused", ("is no path", "download"),
         lambda w: w.bulk(fragments="https://example.org/fragments.tsv.gz")),
    Case("A BED file of peaks in place of fragments", f"{ARCHR}#628", "refused", ("expected",),
         lambda w: w.bulk(fragments=w.text("peaks.bed", "chr1\t10\t200\nchr1\t400\t600\n"))),
    Case("A table (h5ad) in place of fragments", "", "refused", ("expected chromosome",),
         lambda w: w.bulk(fragments=w.text("x.h5ad", b"\x89HDF\r\n\x1a\n" + bytes(1000)))),
    Case("A fragment file in a folder's place", f"{CISTOPIC}#180", "refused", ("is a folder",),
         lambda w: w.bulk(fragments=str(w.folder))),
]  # fmt: skip

BARCODES = [
    Case("Cells without the -1 of the file", f"{SIGNAC}#848", "understood", (),
         lambda w: _rename(w, lambda name: name[:-2], _same)),
    Case("Cells numbered -2, the file -1", f"{SIGNAC}#848", "understood", (),
         lambda w: _rename(w, lambda name: name[:-1] + "2", _same)),
    Case("Cells named after their sample, sample#barcode", f"{ARCHR}#1105", "understood", (),
         lambda w: _rename(w, lambda name: f"PBMC#{name}", _same)),
    Case("Cells with _16 behind, barcodes without", f"{SCENIC}#314", "understood", (),
         lambda w: _rename(w, lambda name: f"{name}_16", _same)),
    Case("Barcodes with _16 behind, cells without", f"{SCENIC}#314", "understood", (),
         lambda w: _rename(w, _same, lambda name: f"{name}_16")),
    Case("Cells of a loom file, possorted_genome_bam_X:barcode", "theislab/scvelo#197", "understood", (),
         lambda w: _rename(w, lambda name: f"possorted_genome_bam_T851Q:{name}", _same)),
    Case("Barcodes that are no DNA, the sample before them with _", f"{SIGNAC}#518", "understood", (),
         lambda w: _rename(w, lambda name: f"s1_c{_code(name) % 10**9}", lambda name: f"c{_code(name) % 10**9}")),
    Case("Barcodes of SHARE-seq, commas in one place and dots in the other", f"{SIGNAC}#748", "refused",
         ("0 of the object's 594 cells", "barcode_key="),
         lambda w: _rename(w, lambda name: f"R1.{_code(name)},R2.5",
                           lambda name: f"R1.{_code(name)}.R2.5")),
    Case("Hyphens in cells where the file has underscores", f"{CISTOPIC}#41", "understood", (),
         lambda w: _rename(w, _same, lambda name: name.replace("-", "_"))),
    Case("Cells of another data set", f"{SIGNAC}#1161", "refused", ("0 of the object's 594 cells", "Is it this"),
         lambda w: _rename(w, lambda name: name[:-2].translate(str.maketrans("ACGT", "TGCA")) + "-1", _same)),
    Case("Numbers as names of cells", "", "refused", ("0 of the object's 594 cells",),
         lambda w: (lambda adata: (setattr(adata, "obs_names", list(map(str, range(adata.n_obs)))),
                                   w.bulk(adata, fragments=w.file())))(w.adata())),
    Case("Half of the cells are not in the file", f"{SNAP}#159", "told", ("of the object's 594 cells",),
         lambda w: w.bulk(fragments=w.file(lines=[x for x in w.lines if x.split("\t")[3][0] in "AC"]))),
    Case("The same cell twice, after concat", "scverse/scirpy#362", "refused", ("occurs 2 times", "obs_names unique"),
         lambda w: (lambda adata: (setattr(adata, "obs_names", [adata.obs_names[0]] * 2 + list(adata.obs_names[2:])),
                                   w.bulk(adata, fragments=w.file())))(w.adata())),
    Case("An object without cells", f"{SIGNAC}#803", "refused", ("no cell",),
         lambda w: w.bulk(w.adata()[:0].copy(), fragments=w.file())),
    Case("Cells after concat with index_unique='-', barcode-1-0", f"{ANNDATA}#550", "understood", (),
         lambda w: _rename(w, lambda name: f"{name}-0", _same)),
    Case("Cells of a merged object, 500_barcode", f"{SIGNAC}#848", "understood", (),
         lambda w: _rename(w, lambda name: f"500_{name}", _same)),
    Case("Cells of pycisTopic, barcode___sample", f"{CISTOPIC}#103", "understood", (),
         lambda w: _rename(w, lambda name: f"{name}___CLC03313", _same)),
    Case("A BAM file without barcodes", f"{ARCHR}#989", "refused", ("has the tag CB", "settings.bam_barcode"),
         lambda w: w.bulk(fragments=w.bam("none"))),
    Case("A BAM file with its barcodes in RG", f"{ARCHR}#1320", "refused", ("has the tag CB", "settings.bam_barcode"),
         lambda w: w.bulk(fragments=w.bam("RG"))),
    Case("The same, with settings.bam_barcode = 'RG'", f"{ARCHR}#1320", "told", ("no read is marked as a duplicate",),
         lambda w: w.with_setting("bam_barcode", "RG", lambda: w.bulk(fragments=w.bam("RG")))),
    Case("A BAM file with its barcodes in the names of reads, and a setting that says so", f"{ARCHR}#292", "told",
         ("no read is marked as a duplicate",),
         lambda w: w.with_setting("bam_barcode", "^[^:]+", lambda: w.bulk(fragments=w.bam("name")))),
    Case("Several files, and no word on which cell is in which", f"{SNAP}#314", "refused", ("sample_key=",),
         lambda w: w.bulk(fragments={"s1": w.file(), "s2": w.file()})),
    Case("A sample without a file", f"{CISTOPIC}#117", "refused", ("no file for sample 's2'",),
         lambda w: w.bulk(_two_samples(w), fragments={"s1": w.file()}, sample_key="sample")),
    Case("Samples spelled otherwise than the keys of the files", f"{CISTOPIC}#117", "refused",
         ("no file for sample", "did you mean 'S2'"),
         lambda w: w.bulk(_two_samples(w), fragments={"S2": w.file(), "S1": w.file()}, sample_key="sample")),
    Case("A column of samples that is not there", f"{CISTOPIC}#103", "refused", ("did you mean 'sample'",),
         lambda w: w.bulk(_two_samples(w), fragments={"s1": w.file(), "s2": w.file()}, sample_key="samples")),
    Case("A column of barcodes that is not there, with one file", f"{CISTOPIC}#59", "refused", ("obs has no column",),
         lambda w: w.bulk(fragments=w.file(), barcode_key="barcode")),
    Case("A column of barcodes with gaps", f"{CISTOPIC}#59", "refused", ("cells have no barcode",),
         lambda w: w.bulk(w.adata(barcode=lambda adata: pd.Series(adata.obs_names, adata.obs_names).where(
             np.arange(adata.n_obs) > 3)), fragments=w.file(), barcode_key="barcode")),
]  # fmt: skip

GROUPS = [
    Case("A misspelled column", f"{SNAP}#297", "refused", ("did you mean 'cell_type'",),
         lambda w: w.bulk(groupby="celltype", fragments=w.file())),
    Case("No column", f"{SNAP}#184", "refused", ("groupby is missing",), lambda w: w.bulk(groupby=None)),
    Case("The column itself instead of its name", f"{SCANPY}#365", "refused", ("groupby is a Series",),
         lambda w: w.bulk(groupby=w.adata().obs["cell_type"], fragments=w.file())),
    Case("Labels that are lists", f"{SCANPY}#365", "refused", ("holds a list as a value", "text or a number"),
         lambda w: w.bulk(w.adata(cell_type=lambda adata: pd.Series([["B", "x"]] * adata.n_obs, adata.obs_names,
                                                                    dtype=object)), fragments=w.file())),
    Case("Clusters that are integers", f"{SCANPY}#94", "understood", (),
         lambda w: w.bulk(w.adata(cluster=lambda adata: np.arange(adata.n_obs) % 3), "cluster", fragments=w.file())),
    Case("One cluster of integers, asked for as a number", f"{SCANPY}#94", "understood", (),
         lambda w: (lambda adata: (w.predict(adata, "cluster", fragments=w.file()),
                                   sma.get.signal(adata, group=1, region="chr1:1,000-2,000")))(
             w.adata(cluster=lambda adata: np.arange(adata.n_obs) % 3))),
    Case("Clusters as floats, since some cells have none", f"{SCANPY}#1971", "understood", (),
         lambda w: w.bulk(w.adata(cluster=lambda adata: np.where(np.arange(adata.n_obs) < 9, np.nan,
                                                                 np.arange(adata.n_obs) % 3)), "cluster",
                          fragments=w.file())),
    Case("A category without cells", f"{SCANPY}#1490", "understood", (),
         lambda w: w.bulk(w.adata(cell_type=lambda adata: adata.obs["cell_type"].cat.add_categories(["none"])),
                          fragments=w.file())),
    Case("A group of one cell", f"{SCANPY}#2821", "told", ("1 cells, min_cells is 10",),
         lambda w: w.bulk(w.adata(cell_type=lambda adata: np.where(np.arange(adata.n_obs) == 0, "one", "B")),
                          fragments=w.file())),
    Case("All cells without a group", "rajewsky-lab/planarian_lineages#4", "refused", ("no cell has a value",),
         lambda w: w.bulk(w.adata(cell_type=lambda adata: pd.Series([None] * adata.n_obs, adata.obs_names,
                                                                    dtype=object)), fragments=w.file())),
    Case("A continuous column", "", "refused", ("is it continuous",),
         lambda w: w.bulk(w.adata(depth=lambda adata: np.linspace(0, 1, adata.n_obs)), "depth", fragments=w.file())),
    Case("A column of barcodes", "", "refused", ("a column of barcodes",),
         lambda w: w.bulk(w.adata(name=lambda adata: list(adata.obs_names)), "name", fragments=w.file())),
    Case("Two columns of obs with one name", f"{ANNDATA}#884", "refused", ("several columns 'cell_type'",),
         lambda w: (lambda adata: (setattr(adata, "obs", pd.concat([adata.obs, adata.obs], axis=1)),
                                   w.bulk(adata, fragments=w.file())))(w.adata())),
    Case("Groups with / in their names", f"{ANNDATA}#2450", "understood", (),
         lambda w: w.predict(w.adata(cell_type=lambda adata: np.where(np.arange(adata.n_obs) % 2, "CD4/T", "B/x")),
                             fragments=w.file())),
    Case("A reference that is not a group", f"{SCANPY}#1971", "refused", ("no group 'mono'", "did you mean 'Mono'"),
         lambda w: sma.tl.differential_tfbs(w.adata(), "cell_type", group="B", reference="mono", genome=w.toy.genome,
                                            fragments=w.file(), models="demo", tfs="CTCF", chroms="chr1",
                                            min_fragments=10)),
    Case("Groups whose order was changed after the run", f"{SCANPY}#273", "understood", (),
         lambda w: (lambda adata: (adata.obs.__setitem__("cell_type", adata.obs["cell_type"].cat.reorder_categories(
             ["Mono", "CD4/T", "B"])), sma.get.activity(adata)))(w.predicted.copy())),
    Case("Groups that were given other cells after the run", "theislab/scvelo#197", "told", ("cells",),
         lambda w: sma.get.activity(w.predicted[50:].copy())),
]  # fmt: skip

CASES = [*FRAGMENTS, *BARCODES, *GROUPS, *MORE]
"""All kinds, in the order of the table."""
