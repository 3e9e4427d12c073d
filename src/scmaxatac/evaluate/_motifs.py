"""Motifs of transcription factors, as users give them."""

from collections.abc import Iterable, Mapping
from os import PathLike
from typing import TypeAlias

import numpy as np

from scmaxatac._text import abbreviate, similar_names
from scmaxatac.io._motifs import Motif, as_counts, read_motifs

Motifs: TypeAlias = str | PathLike[str] | Mapping[str, np.ndarray]
"""A motif file, or ``{transcription factor: (width, 4) counts or probabilities}``."""


def read_any_motifs(motifs: Motifs) -> list[Motif]:
    """Read motifs from a file, or check those that were given."""
    if not isinstance(motifs, Mapping):
        return read_motifs(motifs)
    if not motifs:
        raise ValueError("motifs is empty; give a motif file or {tf: matrix}")
    return [Motif(str(tf), str(tf), as_counts(matrix, f"motif {tf}")) for tf, matrix in motifs.items()]


def select_motifs(motifs: list[Motif], tfs: str | Iterable[str] | None) -> list[Motif]:
    """Keep the motifs of some transcription factors, named as they were asked for.

    Raises
    ------
    KeyError
        If a factor has no motif.
    ValueError
        If no factor is asked for.
    """
    if tfs is None:
        return motifs
    wanted = {tf.upper(): tf for tf in ([tfs] if isinstance(tfs, str) else tfs)}
    if not wanted:
        raise ValueError("tfs is empty; name at least one transcription factor, or leave it out for all")
    kept = [motif._replace(tf=wanted[motif.tf.upper()]) for motif in motifs if motif.tf.upper() in wanted]
    if missing := [tf for tf in wanted.values() if tf not in {motif.tf for motif in kept}]:
        known = list(dict.fromkeys(motif.tf for motif in motifs))
        near = [other for tf in missing for other in similar_names(tf, known)]
        hint = f"did you mean {abbreviate(near)}?" if near else f"there are motifs of {abbreviate(known, 8)}"
        raise KeyError(f"no motif of {', '.join(missing)}; {hint}")
    return kept
