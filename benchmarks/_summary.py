"""The table at the top of the page: what an atlas takes, from the rates that `forward.py` measured."""

import re
import textwrap

from _common import table

CLUSTERS, FACTORS = 20, 100
REGIONS = 250_000
"""Open regions of a genome of hg38's size."""

REGION = 500
"""Length of a region in bp."""

WINDOWS_PER_REGION = -(-(1_024 + REGION - 1) // 256)
"""Windows of 1,024 bp, every 256 bp, that overlap a region."""

MORE_CORES = 16

ENGINES = {
    "maxATAC's Keras, float32": ("Keras float32",),
    "scmaxatac, float32": ("torch float32", "openvino float32"),
    "scmaxatac, bfloat16": ("torch bfloat16", "openvino bfloat16"),
}
"""Rows, and the engines in the table of `forward.py` of which the fastest is taken."""

NO_BFLOAT16 = "does not multiply bfloat16"
"""What `forward.py` prints where the processor computes in float32 instead."""


def summary(forward: str) -> str:
    """Table of rates and hours, with what it assumes.

    Parameters
    ----------
    forward
        What `forward.py` printed.
    """
    named = re.search(r"(?m)^\d{4}-\d\d-\d\d, (.*), (\d+) cores(?:, (\d+) used)?; ", forward)
    if named is None:
        raise ValueError("the section of forward.py doesn't name the machine")
    cores = int(named[3] or named[2])
    windows = CLUSTERS * FACTORS * REGIONS * WINDOWS_PER_REGION
    rows = []
    for name, engines in ENGINES.items():
        rates = [rate for engine in engines for rate in _rates(forward, engine)]
        if rates and not (NO_BFLOAT16 in forward and "bfloat16" in name):
            hours = windows / max(rates) / 3_600
            rows.append((name, max(rates), hours, hours * cores / MORE_CORES, "not measured"))
    here = f"{cores} core{'s' if cores > 1 else ''}"
    text = (
        f"{CLUSTERS} clusters x {FACTORS} factors x the open regions of hg38: {REGIONS:,} regions of {REGION} bp, "
        f"which {WINDOWS_PER_REGION} windows each overlap, are {windows / 1e9:.2g} billion windows of one network. "
        f"Rates were measured on {here} ({named[1]}), each engine at its best batch size, as "
        '"The network against Keras" says; hours are these windows at that rate. '
        f"{MORE_CORES} cores are calculated, as {MORE_CORES // cores} times the rate. There was no GPU to measure. "
        "Every window counts as scored by itself: neighbouring windows share work, and so do groups where they are "
        'without signal, which the sections "Windows that share pieces" and "Groups together" measure.'
    )
    columns = ["", f"windows/s, {here}", f"hours, {here}", f"hours, {MORE_CORES} cores, calculated", "hours, H100"]
    return f"## Hours for an atlas\n\n{textwrap.fill(text, 120)}\n\n{table(columns, rows)}\n"


def _rates(forward: str, engine: str) -> list[float]:
    """Windows a second at each batch size."""
    found = re.findall(rf"(?m)^\| {re.escape(engine)} \| [\d,]+ \| ([\d.,e+]+) \| [\d.]+ \| ", forward)
    return [float(rate.replace(",", "")) for rate in found]
