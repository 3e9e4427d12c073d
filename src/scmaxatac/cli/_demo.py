"""``scmaxatac demo``: a prediction of simulated data, and how well it agrees with the known sites."""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

import scmaxatac as sma
from scmaxatac._constants import CALIBRATION_BIN
from scmaxatac._keys import FILES, KEY_ADDED
from scmaxatac._logging import logger
from scmaxatac.cli._arguments import parse_path
from scmaxatac.cli._options import Commands
from scmaxatac.cli._result_files import SITES, write_sites
from scmaxatac.genome import Intervals
from scmaxatac.io._owned_folder import OwnedFolder, own_file
from scmaxatac.results._reader import find_results

if TYPE_CHECKING:
    from anndata import AnnData
    from mudata import MuData

    from scmaxatac.datasets import Toy

_DATA = "demo.h5mu"
_TABLE = "accuracy.tsv"
_PICTURE = "tracks.png"
_PICTURE_WIDTH = 12_000


def add_demo(commands: Commands, common: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Add ``scmaxatac demo``."""
    demo = commands.add_parser(
        "demo",
        parents=[common],
        help="run everything on simulated data and show what comes out",
        description=(
            "Simulate three clusters with known binding sites, predict them with the demo models that come with "
            "scmaxatac, and print how well that worked. Takes about a minute and works offline."
        ),
    )
    demo.add_argument(
        "--out", type=parse_path, default=Path("scmaxatac_demo"), metavar="DIR", help="default: %(default)s"
    )
    demo.set_defaults(run=lambda args: run_demo(args.out))
    return demo


def run_demo(out: Path) -> str:
    """Predict the simulated data's sites with the demo models, write everything to a folder and describe it.

    Parameters
    ----------
    out
        The folder; created when missing. It receives ``demo.h5mu``, ``sites.bed``, ``accuracy.tsv``, ``tracks.png`` and
        the files of :func:`scmaxatac.tl.predict_tfbs` with ``save_tracks=True``.

    Returns
    -------
    The table of :func:`accuracy` and the list of what was written, as text.
    """
    logger.info("simulating a genome, cells and binding sites (kept for later in %s)", sma.settings.cache_dir)
    with OwnedFolder(out, "demo", strict=True) as folder:
        folder.check_free([_DATA, SITES, _TABLE, _PICTURE])
        toy = sma.datasets.toy()
        mdata = toy.mdata
        sma.tl.predict_tfbs(
            mdata,
            "cell_type",
            genome=toy.genome,
            models="demo",
            chroms=toy.chroms_test,
            signal_chroms=toy.genome.chroms,
            out_dir=out,
            save_tracks=True,
        )
        with own_file(folder, SITES) as temporary:
            write_sites(mdata, temporary)
        with own_file(folder, _DATA) as temporary:
            mdata.write(temporary)
        table = accuracy(mdata, toy)
        with own_file(folder, _TABLE) as temporary:
            table.to_csv(temporary, sep="\t", index=False)
        region = showcase(toy)
        with own_file(folder, _PICTURE) as temporary:
            _draw(mdata, toy, region, temporary)
    text = table.to_string(index=False, na_rep="-", float_format=lambda value: f"{value:.3f}")
    return f"""
Binding sites on {", ".join(toy.chroms_test)}, which the demo models have not seen

{text}

known    sites that are bound in the simulation
called   sites that were predicted
correct  share of the called sites that are bound
found    share of the known sites that were called
AUPR     area under the precision-recall curve over bins of {CALIBRATION_BIN} bp
chance   what random predictions would reach

{out / _DATA}: the data with all results (mudata.read_h5mu)
{out / SITES}: sites of all clusters
{_folder_of_tracks(mdata)}: scores and signal of each cluster (bigWig), its sites (BED)
{out / _PICTURE}: {region}
{out / _TABLE}: the table above
"""


def _folder_of_tracks(data: "AnnData | MuData") -> Path:
    """Folder that the run's bigWig and BED files share."""
    folder = Path(sma.get.params(data)["out_dir"])
    files = find_results(data, KEY_ADDED, "atac").table(FILES)
    tracks = files.loc[files["kind"].isin(["bigwig", "bed"]), "path"]
    return Path(os.path.commonpath([folder / path for path in tracks]))


def accuracy(mdata: "MuData", toy: "Toy") -> pd.DataFrame:
    """Compare predictions with the known sites on the test chromosomes.

    Parameters
    ----------
    mdata
        The toy data after :func:`scmaxatac.tl.predict_tfbs` with ``save_tracks=True``.
    toy
        The toy data's known sites and genome.

    Returns
    -------
    A row a cluster and transcription factor: cluster, TF, known, called, correct, found, AUPR, chance. Known sites are
    the simulated ChIP-seq peaks of 200 bp; correct, found and AUPR are NaN where they are not defined.
    """
    sites = sma.get.sites(mdata)
    rows = []
    for group in toy.clusters:
        for tf in toy.tfs:
            known = _on_test(toy.chip_peaks, group, tf, toy)
            called = _on_test(sites, group, tf, toy)
            track = sma.get.track(mdata, tf, group)
            found = sma.tl.benchmark(track, known, genome=toy.genome, chroms=toy.chroms_test, n_bootstrap=0)
            rows.append(
                {
                    "cluster": group,
                    "TF": tf,
                    "known": len(known),
                    "called": len(called),
                    "correct": _share_overlapping(called, known),
                    "found": _share_overlapping(known, called),
                    "AUPR": found.loc["pooled", "aupr"],
                    "chance": found.loc["pooled", "random_precision"],
                }
            )
    return pd.DataFrame(rows)


def showcase(toy: "Toy") -> str:
    """Choose a region for the picture: on a test chromosome, with sites of many factors that differ between clusters.

    Parameters
    ----------
    toy
        The toy data's known sites.
    """
    sites = toy.chip_peaks[toy.chip_peaks["chrom"] == toy.chroms_test[0]]
    best, most = 0, (-1, -1)
    for start in range(0, toy.genome.sizes[toy.chroms_test[0]] - _PICTURE_WIDTH, 1_000):
        here = sites[(sites["start"] >= start + 500) & (sites["end"] <= start + _PICTURE_WIDTH - 500)]
        specific = here[~here.duplicated(["start", "tf"], keep=False)]
        kinds = (len(specific.drop_duplicates(["tf", "group"])), len(here.drop_duplicates(["tf", "group"])))
        if kinds > most:
            best, most = start, kinds
    return f"{toy.chroms_test[0]}:{best:,}-{best + _PICTURE_WIDTH:,}"


def _on_test(sites: pd.DataFrame, group: str, tf: str, toy: "Toy") -> pd.DataFrame:
    chosen = (sites["group"] == group) & (sites["tf"] == tf) & sites["chrom"].isin(toy.chroms_test)
    return sites[chosen].astype({"chrom": str})


def _share_overlapping(sites: pd.DataFrame, others: pd.DataFrame) -> float:
    if sites.empty:
        return float("nan")
    intervals = Intervals.from_frame(others)
    hits = [intervals.overlaps(chrom, of.start.to_numpy(), of.end.to_numpy()) for chrom, of in sites.groupby("chrom")]
    return float(np.concatenate(hits).mean())


def _draw(mdata: "MuData", toy: "Toy", region: str, path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")  # a file is drawn, no window
    sma.pl.tracks(mdata, region, tfs=toy.tfs, save=path)
