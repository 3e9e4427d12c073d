"""Scores of cells: the closed form against random backgrounds, as chromVAR draws them.

Simulated counts: 100,000 regions whose accessibility and GC content go together, 127 factors with weights in 2 to 15%
of the regions, 10,000 cells of about 4,000 fragments; the large matrix holds these cells ten times. Ours checks the
matrix, sums it up and scores it. The draws are 50 backgrounds from the same bins, each one a sparse product (scipy,
which uses one core), and mean and variance of what they give. Every case runs in a process of its own; memory is its
peak less the matrix, what simulating it needs included. Target: 100,000 cells in under 10 minutes on two cores, and
4 GB beside the matrix.

    python benchmarks/cell_scores.py [--quick]
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from _common import machine, options, table

N_REGIONS, N_TFS, DEPTH, DRAWS = 100_000, 127, 4_000, 50


def simulate(n_cells: int, copies: int):
    """Counts (CSR float32), weights (CSR) and GC content; the cells come `copies` times."""
    from scipy import sparse

    rng = np.random.default_rng(0)
    accessibility = rng.lognormal(0, 1.2, N_REGIONS)
    gc = np.clip(0.45 + 0.05 * np.log(accessibility) + rng.normal(0, 0.08, N_REGIONS), 0.2, 0.85)
    cumulative = np.cumsum(accessibility / accessibility.sum())
    rows = []
    for n in rng.poisson(rng.lognormal(np.log(DEPTH), 0.5, n_cells)):
        drawn = np.minimum(np.searchsorted(cumulative, rng.random(n)), N_REGIONS - 1)
        rows.append(np.unique(drawn.astype(np.int32), return_counts=True))
    lengths = np.tile([len(row[0]) for row in rows], copies)
    indices = np.tile(np.concatenate([row[0] for row in rows]), copies)
    data = np.tile(np.concatenate([row[1] for row in rows]).astype(np.float32), copies)
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    counts = sparse.csr_matrix((data, indices, indptr), shape=(n_cells * copies, N_REGIONS))
    member = rng.random((N_REGIONS, N_TFS)) < rng.uniform(0.02, 0.15, N_TFS)
    return counts, sparse.csr_matrix(member * rng.gamma(2, 1, member.shape)), gc


def closed_form(n_cells: int, copies: int, n_jobs: int, out: str) -> dict:
    """Seconds and memory of ours; z-scores go to a file."""
    from anndata import AnnData

    from scmaxatac.containers._counts import MatrixCounts
    from scmaxatac.stats._cell_scores import score_sources

    counts, weights, gc = simulate(n_cells, copies)
    adata = AnnData(counts)
    score_sources([MatrixCounts(adata[:10], "X")], weights, gc, block_size=512, n_jobs=1)  # compiles
    size = counts.data.nbytes + counts.indices.nbytes + counts.indptr.nbytes
    start = time.perf_counter()
    result = score_sources([MatrixCounts(adata, "X")], weights, gc, block_size=512, n_jobs=n_jobs)
    seconds = time.perf_counter() - start
    np.save(out, result.z[:n_cells])
    return {"seconds": seconds, "cells": n_cells * copies, "matrix": size, "beside": _peak() - size}


def random_draws(n_cells: int, draws: int, out: str) -> dict:
    """Seconds and memory of drawn backgrounds; z-scores go to a file."""
    from scipy import sparse

    from scmaxatac.stats._background import make_background

    counts, weights, gc = simulate(n_cells, 1)
    size = counts.data.nbytes + counts.indices.nbytes + counts.indptr.nbytes
    start = time.perf_counter()
    rng = np.random.default_rng(1)
    totals = np.asarray(counts.sum(axis=0)).ravel()
    share, total = totals / totals.sum(), np.asarray(counts.sum(axis=1)).ravel()[:, None]
    background = make_background(totals, gc)
    expected = total * (share @ weights)
    raw = ((counts @ weights).toarray() - expected) / expected
    sums, squares = np.zeros_like(raw), np.zeros_like(raw)
    kept = np.flatnonzero(background.kept)
    order = kept[np.argsort(background.bin_of[kept], kind="stable")]  # regions of bin 0, of bin 1, ...
    first, sizes = np.cumsum(background.sizes) - background.sizes, background.sizes
    cumulative = np.cumsum(background.kernel.toarray(), axis=1)
    for _ in range(draws):
        other = np.zeros(N_REGIONS, dtype=np.int64)
        for b in range(len(sizes)):
            into = np.minimum(np.searchsorted(cumulative[b], rng.random(sizes[b])), len(sizes) - 1)
            place = first[into] + (rng.random(sizes[b]) * sizes[into]).astype(np.int64)
            other[order[first[b] : first[b] + sizes[b]]] = order[place]
        moved = sparse.csr_matrix((np.ones(len(kept)), (other[kept], kept)), shape=(N_REGIONS,) * 2) @ weights
        expected = total * (share @ moved)
        deviation = ((counts @ moved).toarray() - expected) / expected
        sums += deviation
        squares += deviation**2
    mean = sums / draws
    z = (raw - mean) / np.sqrt((squares / draws - mean**2) * draws / (draws - 1))
    seconds = time.perf_counter() - start
    np.save(out, z.astype(np.float32))
    return {"seconds": seconds, "cells": n_cells, "matrix": size, "beside": _peak() - size}


def _peak() -> int:
    """Most bytes of this process that were in memory at once."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def in_process(name: str, *args: object) -> dict:
    """Run a case in a process of its own."""
    code = f"import json, cell_scores; print(json.dumps(cell_scores.{name}(*json.loads({json.dumps(args)!r}))))"
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, cwd=Path(__file__).parent, stdout=subprocess.PIPE, text=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Measure and print the table."""
    args = options(__doc__)
    n, draws, copies = (1_000, 5, 4) if args.quick else (10_000, DRAWS, 10)
    print(f"{machine()}\n")
    with tempfile.TemporaryDirectory() as place:
        ours, theirs, large = (f"{place}/{name}.npy" for name in ("ours", "theirs", "large"))
        cases = {
            f"{draws} random backgrounds": in_process("random_draws", n, draws, theirs),
            "closed form, 1 thread": in_process("closed_form", n, 1, 1, ours),
            "closed form, 2 threads": in_process("closed_form", n, 1, 2, ours),
            "closed form, 2 threads, large": in_process("closed_form", n, copies, 2, large),
        }
        z, drawn, again = (np.load(path) for path in (ours, theirs, large))
    rate = {name: case["cells"] / case["seconds"] for name, case in cases.items()}
    draws_rate = next(iter(rate.values()))
    memory = ("matrix", "beside")
    rows = [
        (name, case["cells"], case["seconds"], rate[name], rate[name] / draws_rate, *(case[n] / 1e9 for n in memory))
        for name, case in cases.items()
    ]
    columns = ["", "cells", "seconds", "cells/s", "times the draws", "matrix, GB", "beside it, GB"]
    print(table(columns, rows))
    both = np.isfinite(z) & np.isfinite(drawn)
    print(f"\nCorrelation of z between the closed form and the draws: {np.corrcoef(z[both], drawn[both])[0, 1]:.4f}.")
    print(f"The large matrix gives the same z for the same cells to within {np.nanmax(np.abs(again - z)):.1e}.")


if __name__ == "__main__":
    main()
