"""In-silico mutagenesis: every base around a site replaced by each other one."""

from collections.abc import Callable

import numpy as np

from scmaxatac._types import Float32s, Int64s
from scmaxatac.nn.engines._protocol import Engine
from scmaxatac.scores._log_odds import logit
from scmaxatac.sequence._site_windows import SiteWindows

_N_BASES = 4

_OTHERS = np.arange(1, _N_BASES, dtype=np.uint8)
"""What is added to a base's code, modulo 4, to make the three others."""

_WINDOWS_PER_BLOCK = 4_096
"""Windows that are held at once: 20 MB."""

_CLIP = 2.0**-24
"""Distance from 0 and 1 that scores are cut to before their logit is taken: the smallest that float32 has below 1."""

SOFTEN = 8.0
"""What logits should be divided by before they become scores of float32, whose differences are lost near 1: with this
logits of up to 40 are there to 1e-4."""


def mutate(
    engine: Engine,
    output: int,
    sites: SiteWindows,
    *,
    softened: float = 1.0,
    progress: Callable[[int], object] | None = None,
) -> Float32s:
    """Change in logit of each site's bin by each base, against the mean of the three others in its place.

    Each known base is replaced by the three others, one at a time, in one window with the signal as it is. This is what
    tangermeme's ``saturation_mutagenesis`` gives (difference to the mean of all four) times 4/3, so that it reads as a
    difference between bases.

    Parameters
    ----------
    engine
        Networks to score with.
    output
        Which of its outputs is explained.
    sites
        The windows.
    softened
        What the engine divides its logits by.
    progress
        Called with numbers of sites that are finished.

    Returns
    -------
    (n, 4, width) float32, A, C, G, T: logit with this base minus mean of the logits with each of the others. The four
    add up to 0. 0 where the base is unknown.

    References
    ----------
    Schreiber 2025, bioRxiv 2025.08.08.669296 (tangermeme).
    """
    out = np.zeros((len(sites.codes), _N_BASES, sites.width), dtype=np.float32)
    step = max(_WINDOWS_PER_BLOCK // (len(_OTHERS) * sites.width + 1), 1)
    for lo in range(0, len(out), step):
        block = slice(lo, lo + step)
        part = sites.of(block)
        out[block] = _mutate_block(engine, output, part) * np.float32(softened)
        if progress is not None:
            progress(len(part.codes))
    return out


def _mutate_block(engine: Engine, output: int, sites: SiteWindows) -> Float32s:
    bases = sites.bases
    known = bases < _N_BASES
    n_windows = 1 + len(_OTHERS) * known.sum(axis=1)
    plain = np.cumsum(n_windows) - n_windows
    of_site = np.repeat(np.arange(len(bases)), n_windows)
    codes, signal = sites.codes[of_site], sites.signal[of_site]
    site, place = np.nonzero(known)
    before: Int64s = (np.cumsum(known, axis=1) - known)[site, place]
    rows = (plain[site] + 1 + len(_OTHERS) * before)[:, None] + np.arange(len(_OTHERS))
    there = bases[site, place]
    others = (there[:, None] + _OTHERS) % _N_BASES
    codes[rows, sites.columns[site, place][:, None]] = others
    scores = engine.predict(codes, signal)[output]
    logits = logit(scores[np.arange(len(codes)), sites.bins[of_site]], clip=_CLIP)
    found = np.zeros((len(bases), _N_BASES, sites.width))
    found[site, there, place] = logits[plain[site]]
    found[site[:, None], others, place[:, None]] = logits[rows]
    found -= found.mean(axis=1, keepdims=True)
    return (found * (_N_BASES / len(_OTHERS))).astype(np.float32)
