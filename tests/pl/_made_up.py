"""Rankings and comparisons of many factors and groups, as the tools leave them."""

import numpy as np
import pandas as pd
from anndata import AnnData

from scmaxatac.results._entries import write_entry
from scmaxatac.results._entry import DIFFERENTIAL, RANKS


def tfs_named(n: int) -> list[str]:
    """Names of factors, some of them long."""
    return [*(f"TF{i}" for i in range(n - 2)), "NFIC-like/long-name", "ZNF143"]


def ranked(groups: list[str], n_tfs: int, *, tested: bool = True, seed: int = 0) -> AnnData:
    rng = np.random.default_rng(seed)
    parts = []
    for group in groups:
        effect = rng.normal(0, 0.2, n_tfs)
        order = np.argsort(-effect)
        part = pd.DataFrame({"group": group, "rank": np.arange(1, n_tfs + 1), "tf": np.array(tfs_named(n_tfs))[order]})
        part["effect"] = effect[order]
        part["low"], part["high"] = part["effect"] - 0.1, part["effect"] + 0.1
        part["score"] = part["effect"] / 0.05
        if tested:
            part["p"] = part["q"] = np.where(part["effect"] > 0.25, 0.01, 0.5)
        parts.append(part)
    adata = AnnData(np.zeros((2, 2), dtype=np.float32))
    write_entry([adata], RANKS, RANKS.name, {"ranks": pd.concat(parts, ignore_index=True)}, {})
    return adata


def compared(names: list[str], n_tfs: int, *, tested: bool = True, seed: int = 0) -> AnnData:
    rng = np.random.default_rng(seed)
    parts = []
    for name in names:
        effect = np.sort(rng.normal(0, 1, n_tfs))[::-1]
        part = pd.DataFrame({"comparison": name, "tf": tfs_named(n_tfs), "effect": effect})
        part["gained"] = rng.poisson(np.exp(effect + 2))
        part["lost"] = rng.poisson(np.exp(2 - effect))
        part["shared"] = rng.poisson(50, n_tfs)
        if tested:
            part["p"] = np.exp(-4 * np.abs(effect))
            part["q"] = np.minimum(2 * part["p"], 1)
        parts.append(part)
    tables = dict.fromkeys(DIFFERENTIAL.tables, pd.DataFrame({"comparison": [], "tf": []}))
    tables["factors"] = pd.concat(parts, ignore_index=True)
    adata = AnnData(np.zeros((2, 2), dtype=np.float32))
    params = {"comparisons": {name: {"missing": "" if tested else "replicates"} for name in names}}
    write_entry([adata], DIFFERENTIAL, DIFFERENTIAL.name, tables, params)
    return adata
