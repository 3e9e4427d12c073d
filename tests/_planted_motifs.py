"""Contributions of random sequence with planted motifs, whose places are known."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from scmaxatac.datasets._motifs import MOTIFS
from scmaxatac.results._slots import merge_slots
from scmaxatac.sequence._contributions import Contributions

WIDTH = 129


class Planted(NamedTuple):
    """Contributions, and where the motifs are: tf, site, start, end, reverse."""

    contributions: Contributions
    truth: pd.DataFrame


def planted(
    n: int,
    tfs: tuple[str, ...] = ("CTCF", "SPI1", "GATA3"),
    *,
    sign: float = 1,
    noise: float = 0.02,
    width: int = WIDTH,
    seed: int = 0,
) -> Planted:
    """One motif a site, on either strand; each base contributes a tenth of its log odds there, and noise elsewhere."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 4, (n, width)).astype(np.uint8)
    tracks = rng.normal(0, noise, (n, width, 4))
    rows = []
    for site in range(n if tfs else 0):
        motif = MOTIFS[tfs[rng.integers(len(tfs))]]
        word, odds, reverse = motif.sample(1, rng)[0], motif.log_odds, bool(rng.random() < 0.5)
        if reverse:
            word, odds = 3 - word[::-1], odds[::-1, ::-1]
        start = int(rng.integers(12, width - motif.width - 12))
        codes[site, start : start + motif.width] = word
        tracks[site, start : start + motif.width] += sign * 0.1 * odds
        rows.append((motif.tf, site, start, start + motif.width, reverse))
    tracks -= tracks.mean(axis=2, keepdims=True)
    start = 1_000 * np.arange(1, n + 1)
    sites = pd.DataFrame({"chrom": pd.Categorical(["chr1"] * n), "start": start, "end": start + width, "score": 0.5})
    hypothetical = np.ascontiguousarray(tracks.transpose(0, 2, 1), dtype=np.float32)
    truth = pd.DataFrame(rows, columns=["tf", "site", "start", "end", "reverse"])
    return Planted(Contributions(sites, codes, hypothetical, "TF", "B"), truth)


def put_contributions(adata: object, parts: list[Contributions], key: str = "tfbs") -> None:
    """Write contributions into the slots of a prediction on chr22, as tl.contributions does."""
    tables = [
        part.sites.assign(
            chrom="chr22", site_start=part.sites["start"] + 40, site_end=part.sites["start"] + 72,
            bin=part.sites["start"] + 40, group=part.group, tf=part.tf,
        ) for part in parts
    ]  # fmt: skip
    names = ["chrom", "start", "end", "site_start", "site_end", "bin", "score", "group", "tf"]
    sites = pd.concat(tables, ignore_index=True)[names].astype(dict.fromkeys(["chrom", "group", "tf"], "category"))
    slots = {
        "contribution_sites": sites.astype({"score": "float32"}),
        "contribution_bases": np.concatenate([part.codes for part in parts]),
        "contributions": np.concatenate([part.hypothetical for part in parts]),
        "contribution_params": {
            "method": "mutagenesis", "tfs": list(dict.fromkeys(part.tf for part in parts)),
            "groups": list(dict.fromkeys(part.group for part in parts)), "width": parts[0].codes.shape[1],
            "strand": "forward", "regions": "sites", "rng": None, "left_out": {},
            "made_from": {}, "signal": "held",
        },
    }  # fmt: skip
    merge_slots(adata, slots, key)
