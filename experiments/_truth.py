"""The truth board of the experiments: 54 stretches of hg38 with DNase-seq tracks and ChIP-seq peaks of GM12878."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyBigWig

import scmaxatac as sma
from scmaxatac.genome._windows import PUBLISHED_GRID
from scmaxatac.models import TFModel
from scmaxatac.nn._spec import PlainNetwork, softened
from scmaxatac.nn.engines._registry import make_engine
from scmaxatac.sequence._contributions import Contributions
from scmaxatac.sequence._mutagenesis import SOFTEN, mutate
from scmaxatac.sequence._site_windows import SiteWindows

WINDOW, BIN = PUBLISHED_GRID.window, PUBLISHED_GRID.bin

TRACK = "GM12865.dnase.bw"
"""A lymphoblastoid line like GM12878; DNase-seq stands in for ATAC-seq."""


def contributions_at_peaks(data: Path, model: TFModel, width: int) -> Contributions:
    """Contributions of the bases around the bin in the middle of every ChIP-seq peak, whatever its score."""
    folder, tf = data / "truth", model.tfs[0]
    genome = sma.Genome(folder / "board.fa.gz")
    peaks = pd.read_csv(folder / "chip" / f"{tf}.GM12878.bed", sep="\t", names=["chrom", "start", "end", "signal"])
    middle = (peaks["start"] + peaks["end"]) // 2
    size = peaks["chrom"].map(genome.sizes)
    inside = (middle >= WINDOW // 2 + BIN) & (middle < size - WINDOW // 2 - BIN)
    peaks, middle = peaks[inside], middle[inside]
    bins = (middle // BIN * BIN).to_numpy()
    starts = bins - WINDOW // 2
    first = bins + BIN // 2 - width // 2
    tracks = scaled(folder / TRACK, genome)
    places = list(zip(peaks["chrom"], starts, strict=True))
    windows = SiteWindows(
        np.stack([genome.codes(chrom)[start : start + WINDOW] for chrom, start in places]),
        np.stack([tracks[chrom][start : start + WINDOW] for chrom, start in places]),
        np.full(len(peaks), WINDOW // 2 // BIN),
        first - starts,
        width,
    )
    engine = make_engine([softened(PlainNetwork(model.spec, model.weights), SOFTEN)])
    sites = pd.DataFrame({"chrom": peaks["chrom"].to_numpy(), "start": first, "end": first + width})
    return Contributions(sites, windows.bases, mutate(engine, 0, windows, softened=SOFTEN), tf, "GM12865")


def scaled(path: Path, genome: sma.Genome) -> dict[str, np.ndarray]:
    """The track of each stretch, over the 99th percentile of what is above 0, at most 1."""
    with pyBigWig.open(str(path)) as track:
        values = {
            chrom: np.nan_to_num(track.values(chrom, 0, size, numpy=True)) for chrom, size in genome.sizes.items()
        }
    every = np.concatenate(list(values.values()))
    top = np.percentile(every[every > 0], 99)
    return {chrom: np.minimum(one / top, 1).astype(np.float32) for chrom, one in values.items()}
