"""Every plot looks as it did when someone looked at it: ``pytest tests/pl/test_pictures.py --generate-pictures``."""

from collections.abc import Callable
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from _planted_motifs import planted, put_contributions
from _slots import Truth, make_truth
from matplotlib.figure import Figure

from scmaxatac import Genome, pl, tl
from scmaxatac.results._slots import merge_slots

from . import (
    test_calibration,
    test_contributions,
    test_downsampling_curve,
    test_footprint,
    test_learning_curve,
    test_motif_hits,
    test_variant_effects,
)
from ._haplotypes import make_haplotypes
from ._made_up import compared, ranked
from ._pictures import PICTURES, TOLERANCE, largest_difference, save_picture
from .conftest import GROUPS
from .test_differential import with_null

PAIR = {"target": "donor1", "reference": "donor2"}
MOST_BYTES = 1_500_000


def contributions(truth: Truth) -> Figure:
    test_contributions.put(truth.adata, ["B", "Mono"], ["CTCF"], 2, shared=True)
    return pl.contributions(truth.adata, width=40)


def heatmap(truth: Truth) -> Figure:
    kinds = dict(zip(GROUPS, ["T", "B", "myeloid"], strict=True))
    truth.adata.obs["lineage"] = truth.adata.obs["leiden"].astype(str).map(kinds)
    return pl.heatmap(truth.adata, standard_scale="tf", annotate=["lineage", "n_fragments"]).figure


def motif_hits(truth: Truth) -> Figure:
    test_motif_hits.put(truth.adata, ["B", "Mono"], ["CTCF_1", "FOS::JUN"])
    return pl.motif_hits(truth.adata)


def motifs(truth: Truth) -> Figure:
    put_contributions(truth.adata, [planted(60, ("CTCF",)).contributions._replace(tf="CTCF", group="B")])
    tl.find_motifs(truth.adata)
    return pl.motifs(truth.adata)


def precision_recall(_: Truth) -> Figure:
    starts = 200 * np.arange(400)
    scores = pd.DataFrame({"chrom": "chr1", "start": starts, "end": starts + 200, "score": (starts % 7_000) / 7_000})
    genome = Genome.from_sizes({"chr1": 100_000})
    named = {"a model": scores, "another": scores.assign(score=0.5 + scores["score"] % 0.5)}
    return pl.precision_recall(named, scores[scores["score"] > 0.8], genome=genome).figure


def qc(truth: Truth) -> Figure:
    truth.adata.uns["tfbs"]["qc"].loc["B", "n_fragments_used"] = 100_000
    return pl.qc(truth.adata)


def tracks(truth: Truth) -> Figure:
    variants = pd.DataFrame({"chrom": "chr22", "pos": [18_713_000, 18_717_000], "ref": "A", "alt": "G"})
    peaks = pd.DataFrame({"chrom": "chr22", "start": [18_715_000], "end": [18_716_000]})
    return pl.tracks(truth.adata, "chr22:18,712,000-18,720,000", intervals={"peaks": peaks}, variants=variants)


def variant_effects(truth: Truth) -> Figure:
    adata = test_variant_effects.with_variants(truth, 12)
    effect = np.abs(adata.uns["tfbs"]["variant_scores"][..., 2])
    q = np.exp(-3 * effect)
    merge_slots(adata, {"variant_tests": np.stack([q / 2, q, 0 * q + 99], -1).astype(np.float32)}, "tfbs")
    return pl.variant_effects(adata, n_variants=8).figure


DRAWN: dict[str, Callable[[Truth], Figure]] = {
    "calibration": lambda _: pl.calibration(test_calibration.made_up(0.4)).figure,
    "contributions": contributions,
    "differential": lambda _: pl.differential(with_null(compared(["Mono vs B"], 12), 12)),
    "downsampling_curve": lambda _: pl.downsampling_curve(test_downsampling_curve.made_up([10_000, 100_000])).figure,
    "footprint": lambda _: pl.footprint(test_footprint.footprints(["CTCF", "SPI1"], ["B", "T"])),
    "haplotype_differences": lambda _: pl.haplotype_differences(
        tl.compare_haplotypes(make_haplotypes([f"ZNF{i}" for i in range(5)], 300, 5), **PAIR)
    ),
    "haplotypes": lambda _: pl.haplotypes(make_haplotypes(["CTCF", "SPI1"], 60, 9), **PAIR),
    "heatmap": heatmap,
    "learning_curve": lambda _: pl.learning_curve(test_learning_curve.made_up(12, 7)),
    "motif_hits": motif_hits,
    "motifs": motifs,
    "precision_recall": precision_recall,
    "qc": qc,
    "rank_tfs": lambda _: pl.rank_tfs(ranked(["B", "Mono"], 6)),
    "score_distribution": lambda truth: pl.score_distribution(truth.adata),
    "sites_per_group": lambda truth: pl.sites_per_group(truth.adata).figure,
    "tracks": tracks,
    "variant_effects": variant_effects,
}


@pytest.fixture
def picture(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str, Figure], None]:
    """Compare a figure with the picture of its name, or replace that if ``--generate-pictures`` was given."""

    def compare(name: str, figure: Figure) -> None:
        kept = PICTURES / f"{name}.png"
        if request.config.getoption("generate_pictures"):
            save_picture(figure, kept)
            pytest.skip(f"{kept.name} is written; look at it")
        now = tmp_path / kept.name
        save_picture(figure, now)
        difference, place = largest_difference(kept, now)
        assert difference <= TOLERANCE, f"{now} differs from {kept} by {difference:.2f}, most at {place}"

    return compare


@pytest.mark.parametrize("name", DRAWN)
def test_the_plot_looks_as_in_its_picture(truth, picture, name):
    with plt.rc_context():
        plt.rcdefaults()
        picture(name, DRAWN[name](truth))


def test_every_plot_has_a_picture_and_all_are_small():
    paths = sorted(PICTURES.glob("*.png"))
    assert [path.stem for path in paths] == sorted(DRAWN) == sorted(set(pl.__all__) - {"igv"})  # draws in a notebook
    assert sum(path.stat().st_size for path in paths) < MOST_BYTES


MUTATIONS = {
    "another value": lambda figure: figure.axes[0].patches[0].set_width(3 * figure.axes[0].patches[0].get_width()),
    "another colour": lambda figure: figure.axes[2].patches[1].set_facecolor("#009E73"),
    "a panel less": lambda figure: figure.axes[-1].set_visible(False),
    "no legend": lambda figure: [text.set_visible(False) for text in figure.texts],
}


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_plot_that_was_changed_is_noticed(truth, tmp_path, mutation):
    plt.rcdefaults()
    figure = qc(truth)
    MUTATIONS[mutation](figure)
    save_picture(figure, tmp_path / "changed.png")
    assert largest_difference(PICTURES / "qc.png", tmp_path / "changed.png")[0] > TOLERANCE


def test_pictures_of_other_sizes_are_not_alike(truth, tmp_path):
    figure = pl.qc(make_truth(tmp_path / "one", groups=["B"], tfs=["CTCF"]).adata)
    save_picture(figure, tmp_path / "other.png")
    assert largest_difference(PICTURES / "qc.png", tmp_path / "other.png")[0] == float("inf")
