from pathlib import Path

import matplotlib
import pytest
from _slots import Truth, make_truth

matplotlib.use("Agg")

GROUPS = ["CD4/naive T | donor_1", "B", "Mono"]


@pytest.fixture
def truth(tmp_path: Path) -> Truth:
    """Three groups, two TFs, one group that was skipped."""
    return make_truth(tmp_path / "run", groups=GROUPS, tfs=["CTCF", "SPI1"], skipped="Platelets", seed=4)
