"""Inputs of all faults: a tiny genome, cells of two groups, peaks, signals and two made-up published models."""

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

import anndata as ad
import h5py
import numpy as np
import pandas as pd
from scipy import sparse

SIZES = {"chr1": 120_000, "chr2": 60_000, "chr3": 20_000}
GROUPS = ("B", "CD4/T")
_CELLS, _FRAGMENTS = 14, 150  # of a group, of a cell
_LINE = 60


@dataclass(frozen=True)
class World:
    """Folder of the inputs; :func:`make_world` writes them."""

    folder: Path

    @property
    def fasta(self) -> Path:
        """Genome."""
        return self.folder / "genome.fa"

    @property
    def blacklist(self) -> Path:
        """Regions to leave out."""
        return self.folder / "blacklist.bed"

    @property
    def regions(self) -> Path:
        """Peaks of all cells."""
        return self.folder / "regions.bed"

    @property
    def table(self) -> Path:
        """Table of a training."""
        return self.folder / "training.tsv"

    @property
    def served(self) -> Path:
        """Folder that the server of models serves."""
        return self.folder / "served"

    def fragments(self, name: str = "fragments") -> Path:
        """Fragment file; ``"fewer"`` has two thirds of the fragments."""
        return self.folder / f"{name}.tsv.gz"

    def h5ad(self, folder: str = "s1") -> Path:
        """File of cells; those of ``"s2"`` are others under the same name."""
        return self.folder / folder / "x.h5ad"

    def signal(self, group: str) -> Path:
        """Signal of a group, a bigWig scaled to 20 million insertions."""
        return self.folder / "signals" / f"{GROUPS.index(group)}.bw"

    def adata(self) -> ad.AnnData:
        """Cells, read anew."""
        return ad.read_h5ad(self.h5ad())


def make_world(folder: Path) -> World:
    """Write the inputs unless they are there."""
    world = World(folder)
    if not (folder / "complete").is_file():
        rng = np.random.default_rng(0)
        folder.mkdir(parents=True, exist_ok=True)
        _write_genome(world, rng)
        _write_cells(world, rng)
        _write_signals(world)
        _write_published(world.served, rng)
        (folder / "complete").touch()
    return world


def _write_genome(world: World, rng: np.random.Generator) -> None:
    with open(world.fasta, "w") as handle:
        for chrom, size in SIZES.items():
            letters = np.frombuffer(b"ACGT", dtype=np.uint8)[rng.integers(0, 4, size)].tobytes().decode()
            handle.write(f">{chrom}\n")
            handle.writelines(letters[i : i + _LINE] + "\n" for i in range(0, size, _LINE))
    world.blacklist.write_text("chr1\t0\t500\nchr2\t30000\t30500\n")
    starts = {chrom: range(4_000, size - 4_000, 9_000) for chrom, size in SIZES.items() if chrom != "chr3"}
    rows = [f"{chrom}\t{start}\t{start + 600}\n" for chrom, begins in starts.items() for start in begins]
    world.regions.write_text("".join(rows))
    (world.folder / "chip.bed").write_text("".join(rows[::2]))


def _write_cells(world: World, rng: np.random.Generator) -> None:
    names = ["".join(rng.choice(list("ACGT"), 16)) + "-1" for _ in range(_CELLS * len(GROUPS))]
    obs = pd.DataFrame({"cell_type": pd.Categorical(np.repeat(GROUPS, _CELLS), categories=GROUPS)}, index=names)
    chroms = np.array(list(SIZES))
    rows = []
    for name in names:
        for chrom in rng.choice(chroms, _FRAGMENTS, p=[0.6, 0.3, 0.1]):
            start = int(rng.integers(1_000, SIZES[str(chrom)] - 1_500))
            rows.append((str(chrom), start, start + int(rng.integers(40, 400)), name))
    frame = pd.DataFrame(rows).sort_values([0, 1, 2, 3])
    for name, part in (("fragments", frame), ("fewer", frame[np.arange(len(frame)) % 3 > 0])):
        text = part.to_csv(sep="\t", header=False, index=False)
        world.fragments(name).write_bytes(gzip.compress(text.encode(), mtime=0))
    peaks = [line.split() for line in world.regions.read_text().splitlines()]
    var = pd.DataFrame(index=[f"{chrom}:{start}-{end}" for chrom, start, end in peaks])
    for folder, cells in (("s1", obs), ("s2", obs[::2])):
        adata = ad.AnnData(sparse.csr_matrix((len(cells), len(var)), dtype=np.float32), obs=cells.copy(), var=var)
        world.h5ad(folder).parent.mkdir(exist_ok=True)
        adata.write(world.h5ad(folder))


def _write_signals(world: World) -> None:
    """Write signals and the table of a training; what makes them is a part of what is tested, and runs undisturbed."""
    import scmaxatac as sma

    sma.settings.cache_dir = world.folder / "cache"
    genome = sma.Genome(world.fasta, blacklist=world.blacklist)
    common = {"genome": genome, "fragments": world.fragments(), "min_fragments": 100}
    for normalize in ("minmax", "rp20m"):
        out = world.folder / f"made_{normalize}"
        made = sma.pp.tn5_tracks(world.adata(), "cell_type", out_dir=out, normalize=normalize, **common)
        for group, path in zip(made.files["group"], made.files["path"], strict=True):
            target = world.signal(group) if normalize == "rp20m" else world.folder / f"{GROUPS.index(group)}.bw"
            target.parent.mkdir(exist_ok=True)
            target.write_bytes((out / path).read_bytes())
    rows = [("name", "signal", "atac_peaks", "chip_peaks", "role")]
    rows += [(g, f"{i}.bw", "regions.bed", "chip.bed", "train") for i, g in enumerate(GROUPS)]
    world.table.write_text("".join("\t".join(row) + "\n" for row in rows))


def _write_published(folder: Path, rng: np.random.Generator) -> None:
    """Write two models as their authors publish them: Keras files, and tables with the original's columns."""
    from scmaxatac.nn._spec import PUBLISHED

    norm = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}
    table = "Standard_Thresh\tMonotonic_Avg_Precision\tMonotonic_Avg_Recall\tMonotonic_Avg_log2FC\tAvg_F1\n"
    table += "0\t0.01\t1\t0\t0.02\n0.5\t0.6\t0.6\t5\t0.6\n1\t1\t0\t6.5\t0\n"
    for tf in ("TOYA", "TOYB"):
        (folder / "models" / tf).mkdir(parents=True)
        with h5py.File(folder / "models" / tf / f"{tf}_binary_1.h5", "w") as handle:
            for name, shape in PUBLISHED.shapes.items():
                array = rng.normal(0.5, 0.1, shape).astype(np.float32)
                kind, *rest = name.split(".")
                if kind == "norms":
                    k, weight = int(rest[0]), norm[rest[1]]
                    layer = f"batch_normalization_{k}" if k else "batch_normalization"
                else:
                    k, weight = (10 if kind == "head" else int(rest[0])), rest[-1].replace("weight", "kernel")
                    layer = f"conv1d_{k}" if k else "conv1d"
                    array = array.transpose() if weight == "kernel" else array
                handle[f"model_weights/{layer}/{layer}/{weight}:0"] = array
        (folder / "models" / tf / f"{tf}_thresholdCalibration.tsv").write_text(table)


def sha256(data: bytes | str) -> str:
    """Start of the sha256 of bytes or text."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()[:16]
