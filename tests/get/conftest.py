from pathlib import Path

import pytest
from _slots import Truth, make_truth

GROUPS = ["CD4/naive T | donor_1", "B", "Mono"]


@pytest.fixture
def truth(tmp_path: Path) -> Truth:
    """Three groups, two TFs, one group that was skipped; the bins lie in the store."""
    return make_truth(tmp_path / "run", groups=GROUPS, tfs=["CTCF", "SPI1"], skipped="Platelets", seed=4)


@pytest.fixture
def truth_with_bigwigs(tmp_path: Path) -> Truth:
    return make_truth(tmp_path / "run", groups=GROUPS, tfs=["CTCF", "SPI1"], bigwigs=True, seed=4)
