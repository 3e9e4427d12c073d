"""Files that several commands are tried on."""

from pathlib import Path
from typing import NamedTuple

import anndata
import pandas as pd
import pytest
from _mini import GROUPS

import scmaxatac


class Predicted(NamedTuple):
    """A small prediction as files."""

    h5ad: Path
    fasta: Path
    peaks: Path
    adata: anndata.AnnData


@pytest.fixture
def predicted_files(analytic, mini, fragment_file, predict, tmp_path) -> Predicted:
    """A file with the predictions of an analytic network, its genome, and peaks."""
    fasta, peaks, h5ad = tmp_path / "g.fa", tmp_path / "peaks.bed", tmp_path / "a.h5ad"
    fasta.write_text("".join(f">{c}\n{''.join('ACGTN'[b] for b in codes)}\n" for c, codes in mini.codes.items()))
    pd.DataFrame({"c": ["chr1", "chr2"], "s": [1_700, 4_600], "e": [1_900, 4_700]}).to_csv(
        peaks, sep="\t", header=False, index=False
    )
    adata = mini.adata(fragment_file)
    predict(adata, genome=scmaxatac.Genome(fasta))
    assert set(scmaxatac.get.qc(adata).index) == set(GROUPS)
    adata.write_h5ad(h5ad)
    return Predicted(h5ad, fasta, peaks, adata)
