"""Made-up haplotypes as predict_haplotypes returns them."""

import json

import anndata as ad
import numpy as np
import pandas as pd

START = 37_100_000 // 32 * 32


def make_haplotypes(tfs, n_bins, n_alleles, *, groups=("B",), samples=("donor1", "donor2"), seed=0):
    """Two haplotypes a sample and group in neighbouring bins; sites that some of them lack."""
    rng = np.random.default_rng(seed)
    rows = [(sample, haplotype, group) for group in groups for sample in samples for haplotype in (1, 2)]
    obs = pd.DataFrame(rows, columns=["sample", "haplotype", "group"], index=["|".join(map(str, row)) for row in rows])
    start = START + np.arange(n_bins) * 32
    var = pd.DataFrame({"chrom": "chr21", "start": start, "end": start + 32}, index=start.astype(str))
    layers = {}
    for tf in tfs:
        logits = np.full((len(obs), n_bins), -6.0)
        for place in rng.integers(0, n_bins, n_bins // 40 + 2):
            height = rng.normal(8, 2) + rng.normal(0, 4) * rng.integers(0, 2, (len(obs), 1))
            logits += np.exp(-(((np.arange(n_bins) - place) / 2) ** 2)) * height
        layers[tf] = (1 / (1 + np.exp(-logits))).astype(np.float32)
    at = np.sort(rng.integers(start[0], start[-1], n_alleles))
    alleles = pd.DataFrame({"chrom": "chr21", "start": at, "end": at + 1, "ref": "A", "alt": "C"})
    params = {"thresholds": {tf: dict.fromkeys(groups, 0.3) for tf in tfs}}
    return ad.AnnData(
        X=np.zeros((len(obs), n_bins), np.float32), obs=obs, var=var, layers=layers,
        obsm={"alleles": rng.random((len(obs), n_alleles)) < 0.5},
        uns={"alleles": alleles, "haplotypes": json.dumps(params)},
    )  # fmt: skip
