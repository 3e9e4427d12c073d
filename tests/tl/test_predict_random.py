"""Any regions, steps and chromosomes follow the plain model."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pytest
from _analytic import AnalyticEngine
from _compare import assert_follows
from _mini import GROUPS, SIZES
from _oracle import make_oracle
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import scmaxatac as sma


@st.composite
def region_tables(draw) -> pd.DataFrame:
    """One to seven regions anywhere, of one base to a few windows, overlapping or not, in any order."""
    rows = []
    for _ in range(draw(st.integers(1, 7))):
        chrom = draw(st.sampled_from(list(SIZES)))
        start = draw(st.integers(0, SIZES[chrom] - 1))
        rows.append((chrom, start, min(SIZES[chrom], start + draw(st.sampled_from([1, 31, 32, 33, 200, 1024, 2500])))))
    return pd.DataFrame(rows, columns=["chrom", "start", "end"])


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    regions=region_tables(),
    step=st.sampled_from([64, 256, 256, 480, 1024]),
    include_flanks=st.booleans(),
    threshold=st.sampled_from([0.01, 0.2, 0.6]),
    chroms=st.permutations(list(SIZES)).flatmap(lambda names: st.integers(1, 4).map(lambda n: names[:n])),
)
def test_any_regions(mini, fragment_file, mini_models, regions, step, include_flanks, threshold, chroms):
    oracle = make_oracle(mini, regions, step=step, chroms=chroms, signal_chroms=["chr1", "chr2"])
    adata = mini.adata(fragment_file)
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr("scmaxatac.predict._run.make_engine", AnalyticEngine)

        def predict() -> None:
            sma.tl.predict_tfbs(
                adata, "leiden", genome=mini.genome, models=mini_models, regions=regions, chroms=chroms, step=step,
                include_flanks=include_flanks, threshold=threshold, signal_chroms=["chr1", "chr2"], min_fragments=100,
                out_dir=Path(folder),
            )  # fmt: skip

        if not regions["chrom"].isin(chroms).any():
            with pytest.raises(ValueError, match="regions from the table given lies on"):
                predict()
        elif not any(oracle.windows(chrom) for chrom in chroms):
            with pytest.raises(ValueError, match="no window to predict"):
                predict()
        else:
            predict()
            assert_follows(
                adata.uns["tfbs"],
                oracle,
                GROUPS,
                dict.fromkeys(oracle.scores, threshold),
                include_flanks=include_flanks,
            )
