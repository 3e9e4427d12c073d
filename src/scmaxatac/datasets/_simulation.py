"""The toy data's files, simulated once and kept in the cache folder."""

import hashlib
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd

from scmaxatac._logging import logger
from scmaxatac._settings import settings
from scmaxatac.datasets._bgzf import write_bgzf
from scmaxatac.datasets._cells import simulate_cells, simulate_rna
from scmaxatac.datasets._donors import assign_donors, lose_sites, lost_sites, simulate_donor_fragments
from scmaxatac.datasets._fragments import Fragments, simulate_fragments
from scmaxatac.datasets._genes import simulate_genes
from scmaxatac.datasets._regions import CLUSTERS, blacklist, open_in, simulate_regions
from scmaxatac.datasets._sequence import CHROM_SIZES, Sequence, add_gaps, simulate_sequence
from scmaxatac.datasets._sites import long_sites, plant_sites
from scmaxatac.datasets._variants import simulate_variants, vcf_text
from scmaxatac.io._files import atomic_folder, checksum, set_aside, sha256_of

_PEAK_HALF_WIDTH = 0.85  # of the width at half height: two standard deviations
LOST_SITES = "lost_sites.tsv"
"""File that data of several donors have besides."""

_SUMS = "sha256sums"
"""File of the checksums of all others, as sha256sum checks them."""

_LINE = 60  # bases a line of the FASTA file


def toy_folder(seed: int, n_fragments: int, n_donors: int = 1) -> Path:
    """The folder of the simulated files, simulating them on first sight.

    The folder's name is a hash of the parameters and of the simulation's source, so a changed simulation is never
    mixed with old files. The folder appears complete or not at all; one whose files are not as they were written is
    made anew.
    """
    root = Path(settings.cache_dir).expanduser() / "toy"
    folder = root / _key(seed, n_fragments, n_donors)
    if folder.is_dir():
        if not (problem := _damage(folder)):
            return folder
        logger.warning("%s; the toy data are simulated anew", problem)
        set_aside(folder)
    logger.info("simulating the toy data into %s", folder)
    with atomic_folder(folder) as working:
        _simulate(working, seed, n_fragments, n_donors)
        sums = {path.name: sha256_of(path) for path in sorted(working.iterdir())}
        (working / _SUMS).write_text("".join(f"{found}  {name}\n" for name, found in sums.items()))
    return folder


def _damage(folder: Path) -> str:
    """What is wrong with a folder, "" if nothing is; files are read once a process."""
    sums = folder / _SUMS
    lines = sums.read_text(errors="replace").splitlines() if sums.is_file() else []
    pairs = [line.partition("  ")[::2] for line in lines]
    if "genome.fa" not in {name for _, name in pairs}:
        return f"{sums} is missing or damaged"
    for expected, name in pairs:
        path = folder / name
        if not path.is_file() or checksum(path) != expected:
            return f"{path} is missing or damaged"
    return ""


def _key(seed: int, n_fragments: int, n_donors: int) -> str:
    digest = hashlib.sha256(f"{seed}:{n_fragments}:{n_donors}".encode())
    for source in sorted(files("scmaxatac.datasets").iterdir(), key=lambda entry: entry.name):
        if source.name.endswith(".py"):
            digest.update(source.read_bytes())
    return digest.hexdigest()[:20]


def _simulate(folder: Path, seed: int, n_fragments: int, n_donors: int = 1) -> None:
    """Draw everything and write it; each part has its own stream of random numbers."""
    of_sequence, of_regions, of_sites, of_cells, of_rna, of_fragments, of_donors, of_genes, of_variants = (
        np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(9)
    )
    genome = simulate_sequence(of_sequence)
    regions = simulate_regions(of_regions)
    sites = plant_sites(genome, regions, of_sites)
    add_gaps(genome)
    cells = simulate_cells(of_cells)
    if n_donors == 1:
        fragments = simulate_fragments(regions, sites, cells, n_fragments, of_fragments)
    else:
        cells, lost = assign_donors(cells, n_donors, of_donors), lose_sites(sites, of_donors)
        fragments = simulate_donor_fragments(regions, sites, cells, lost, n_fragments, of_fragments)
        lost_sites(sites, lost).to_csv(folder / LOST_SITES, sep="\t", index=False)
    variants = simulate_variants(genome, regions, sites, of_variants)
    variants.to_csv(folder / "variants.tsv", sep="\t", index=False)
    write_bgzf(folder / "variants.vcf.gz", vcf_text(variants))
    (folder / "genome.fa").write_bytes(fasta(genome))
    blacklist().to_csv(folder / "blacklist.bed", sep="\t", header=False, index=False)
    peaks(regions).to_csv(folder / "peaks.tsv", sep="\t", index=False)
    long_sites(sites).to_csv(folder / "sites.tsv", sep="\t", index=False)
    cells.to_csv(folder / "cells.tsv", sep="\t")
    (folder / "genes.gtf").write_text(simulate_genes(regions, of_genes))
    simulate_rna(cells, of_rna).to_csv(folder / "rna.tsv", sep="\t")
    np.savez(folder / "fragments.npz", **vars(fragments))
    write_bgzf(folder / "fragments.tsv.gz", fragment_lines(fragments, cells.index))


def fasta(genome: dict[str, Sequence]) -> bytes:
    """Write chromosomes as FASTA, repeats in lower case."""
    letters = np.frombuffer(b"ACGTN", dtype=np.uint8)
    parts = []
    for chrom, sequence in genome.items():
        text = letters[sequence.codes] + np.where(sequence.masked, 32, 0).astype(np.uint8)
        whole = len(text) // _LINE * _LINE
        lines = np.full((whole // _LINE, _LINE + 1), ord("\n"), np.uint8)
        lines[:, :_LINE] = text[:whole].reshape(-1, _LINE)
        parts.append(f">{chrom} simulated\n".encode() + lines.tobytes())
        if whole < len(text):
            parts.append(text[whole:].tobytes() + b"\n")
    return b"".join(parts)


def peaks(regions: pd.DataFrame) -> pd.DataFrame:
    """Merge the open regions of all clusters: chrom, start, end (0-based, half-open), a bool column a cluster."""
    is_open = open_in(regions)
    frame = regions[["chrom"]].copy()
    half = (regions["width"] * _PEAK_HALF_WIDTH).astype(int)
    frame["start"], frame["end"] = regions["center"] - half, regions["center"] + half
    for j, cluster in enumerate(CLUSTERS):
        frame[cluster] = is_open[:, j]
    frame = frame[is_open.any(axis=1)].sort_values(["chrom", "start"])
    furthest = frame.groupby("chrom")["end"].cummax().groupby(frame["chrom"]).shift(fill_value=-1)
    merged = frame.groupby((frame["start"] > furthest).cumsum(), sort=False)
    rule = {"chrom": "first", "start": "min", "end": "max"} | dict.fromkeys(CLUSTERS, "any")
    return merged.agg(rule).reset_index(drop=True)


def fragment_lines(fragments: Fragments, barcodes: pd.Index) -> bytes:
    """Write fragments as Cell Ranger does: comments, then chromosome, start, end, barcode, count."""
    import pyarrow as pa
    from pyarrow import csv

    header = ["# id=scmaxatac-toy", "# description=simulated", *(f"# primary_contig={chrom}" for chrom in CHROM_SIZES)]
    names = [pa.array(list(CHROM_SIZES)), pa.array(list(barcodes))]
    table = pa.table(
        {
            "chrom": names[0].take(pa.array(fragments.chrom)),
            "start": fragments.start,
            "end": fragments.end,
            "barcode": names[1].take(pa.array(fragments.barcode)),
            "count": fragments.count,
        }
    )
    sink = pa.BufferOutputStream()
    csv.write_csv(table, sink, csv.WriteOptions(include_header=False, delimiter="\t", quoting_style="none"))
    lines: bytes = sink.getvalue().to_pybytes()
    return ("\n".join(header) + "\n").encode() + lines
