import numpy as np
import pytest
from _planted_motifs import planted, put_contributions

from scmaxatac import get, pl, tl
from scmaxatac.datasets._motifs import MOTIFS
from scmaxatac.pl._motifs import _match_text
from scmaxatac.results._entries import write_entry
from scmaxatac.results._entry import MOTIFS as ENTRY

from ._overlaps import texts_in_trouble

pytestmark = pytest.mark.filterwarnings("ignore:there are 3 known motifs:UserWarning")


@pytest.fixture
def adata(truth):
    parts = [
        planted(60, (tf,), sign=sign).contributions._replace(tf=tf, group="B")
        for tf, sign in (("CTCF", 1), ("SPI1", -1))
    ]
    put_contributions(truth.adata, parts)
    pytest.importorskip("memelite")
    tl.find_motifs(truth.adata, {tf: motif.probabilities for tf, motif in MOTIFS.items()})
    return truth.adata


def crowd(adata, n):
    """The same motif many times, under long names."""
    tables = {level: get.motifs(adata, level) for level in ENTRY.tables}
    first = tables["motifs"].head(1)
    names = [f"a rather long name of a factor {i}_1" for i in range(n)]
    tables["motifs"] = (
        first.loc[[0] * n].reset_index(drop=True).assign(motif=names, match_tf="ZNF::" + first["match"][0] * 5)
    )
    tables["motifs"]["q"] = np.geomspace(1e-310, 1, n)
    rows = tables["matrices"].query("motif == 'CTCF_1'")
    tables["matrices"] = rows.loc[rows.index.tolist() * n].assign(motif=np.repeat(names, len(rows)))
    write_entry([adata], ENTRY, "tfbs_motifs", tables, {"tfs": ["CTCF", "SPI1"]})


def ends(panel):
    boxes = [patch.get_path().get_extents() for patch in panel.patches]
    return min(box.y0 for box in boxes), max(box.y1 for box in boxes)


def test_letters_are_as_high_as_contributions_and_bits(adata):
    figure = pl.motifs(adata)
    assert [panel.get_label() for panel in figure.axes] == ["CTCF_1", "CTCF_1", "SPI1_negative_1", "SPI1_negative_1"]
    matrices = get.motifs(adata, "matrices")
    for panel, name in zip(figure.axes[::2], ["CTCF_1", "SPI1_negative_1"], strict=True):
        heights = matrices[matrices["motif"] == name][[f"contribution_{base}" for base in "ACGT"]].to_numpy()
        low, high = ends(panel)
        assert high == pytest.approx(max(np.maximum(heights, 0).sum(axis=1).max(), 0), rel=1e-5, abs=1e-9) or high <= 0
        assert low == pytest.approx(np.minimum(heights, 0).sum(axis=1).min(), rel=1e-5, abs=1e-9)
        assert panel.get_ylim()[0] <= low
        assert panel.get_ylim()[1] >= high
    for panel in figure.axes[1::2]:
        assert panel.get_ylim() == (0, 2)
        assert 1 < ends(panel)[1] <= 2


def test_names_seqlets_matches_and_q_values_stand_above(adata):
    texts = [text.get_text() for text in pl.motifs(adata).texts]
    motifs = get.motifs(adata).set_index("motif")
    assert f"CTCF_1: {motifs.loc['CTCF_1', 'n_seqlets']} seqlets" in texts
    assert f"SPI1_negative_1: {motifs.loc['SPI1_negative_1', 'n_seqlets']} seqlets (lowers the score)" in texts
    assert f"CTCF, q = {motifs.loc['CTCF_1', 'q']:.0e}" in texts


@pytest.mark.parametrize(
    ("match", "tf", "q", "text"),
    [
        ("MA1.1", "FOS::JUN", 3.2e-9, "FOS::JUN (MA1.1), q = 3e-09"),
        ("X", "X", 0.234, "X, q = 0.23"),
        ("X", "X", 0.0, "X, q < 1e-300"),
        ("", "", float("nan"), ""),
    ],
)
def test_a_match_is_named_with_its_q_value(match, tf, q, text):
    assert _match_text(match, tf, q) == text


@pytest.mark.parametrize("n", [1, 12])
def test_texts_are_neither_clipped_nor_on_each_other(adata, n):
    assert not texts_in_trouble(pl.motifs(adata))
    crowd(adata, n)
    figure = pl.motifs(adata, n_motifs=None)
    assert len(figure.axes) == 2 * n
    assert not texts_in_trouble(figure)


def test_the_number_of_motifs_is_limited_for_each_factor(adata):
    crowd(adata, 12)
    assert len(pl.motifs(adata).axes) == 20
    assert len(pl.motifs(adata, n_motifs=3).axes) == 6
    with pytest.raises(ValueError, match="n_motifs is 0"):
        pl.motifs(adata, n_motifs=0)


def test_panels_go_into_given_axes_and_sizes(adata):
    import matplotlib.pyplot as plt

    _, (_, ax) = plt.subplots(1, 2, figsize=(14, 4))
    assert pl.motifs(adata, ax=ax) is None
    assert len(ax.child_axes) == 4
    assert pl.motifs(adata, figsize=(5, 3)).get_size_inches().tolist() == pytest.approx([5, 3])


def test_without_a_motif_the_remark_is_told(truth):
    put_contributions(truth.adata, [planted(40, ()).contributions._replace(tf="CTCF")])
    with pytest.warns(UserWarning, match="no pattern found"):
        tl.find_motifs(truth.adata)
    with pytest.raises(ValueError, match=r"there is no motif to draw: CTCF: no pattern found from .* 40 sites"):
        pl.motifs(truth.adata)
