"""p-values of variants against common ones: who is compared with whom, and what comes out without any effect."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import scmaxatac as sma
from scmaxatac.genome._genome import Genome
from scmaxatac.genome._intervals import Intervals
from scmaxatac.predict._run_variants import RunVariants
from scmaxatac.predict._variant_null import variant_tests
from scmaxatac.sequence._alleles import Allele
from scmaxatac.sequence._variant_table import Variants

LENGTH = 100_000
GTF = """chr1\tx\tgene\t20001\t40000\t.\t+\t.\tgene_id "g"; gene_name "g";
chr1\tx\ttranscript\t20001\t40000\t.\t+\t.\tgene_id "g"; transcript_id "t";
chr1\tx\texon\t20001\t40000\t.\t+\t.\tgene_id "g"; transcript_id "t";
"""


@pytest.fixture(scope="module")
def genome(tmp_path_factory):
    path = tmp_path_factory.mktemp("gtf") / "a.gtf"
    path.write_text(GTF)
    return Genome.from_codes({"chr1": np.zeros(LENGTH, np.uint8)}, annotation=path)


def alleles(places, frequency=None):
    table = pd.DataFrame({"chrom": "chr1", "pos": np.asarray(places) + 1, "ref": "A", "alt": "C"})
    shares = np.full(len(places), np.nan) if frequency is None else np.asarray(frequency, dtype=float)
    made = Variants(table, tuple(Allele(int(at), "A", "C") for at in places), shares)
    return RunVariants(made, {}, "table", "")


def run(regions=None):
    frame = pd.DataFrame(regions or [], columns=["chrom", "start", "end"])
    return SimpleNamespace(regions=None if regions is None else Intervals.from_frame(frame))


def scored(reference, effect):
    values = np.stack([reference, reference, effect], axis=-1).astype(np.float32)
    return values[:, None, None]


def sizes(tests):
    return tests[:, 0, 0, 2].astype(int).tolist()


@pytest.mark.filterwarnings("ignore:.*are compared with fewer than 39")
@pytest.mark.parametrize("regions", [None, [("chr1", 0, 30_000)]])
@pytest.mark.parametrize("annotated", [False, True])
def test_variants_are_compared_within_their_class_of_region(genome, annotated, regions):
    places = np.arange(10_000, 50_000, 100)
    null = alleles(places)
    found = alleles([20_050, 19_050, 25_050, 35_050, 45_050])
    reference, effect = np.full(400, 0.5), np.random.default_rng(0).normal(size=400)
    here = genome if annotated else Genome.from_codes({"chr1": np.zeros(LENGTH, np.uint8)})
    tests = variant_tests(run(regions), here, found, scored(reference[:5], effect[:5]), null, scored(reference, effect))
    near = np.abs(places - 20_000) <= 1_000
    inside = (places >= 20_000) & (places < 40_000) & ~near
    classes = np.select([near, inside], [1, 2], 0) if annotated else np.zeros(400, int)
    classes = classes * 2 + ((places < 30_000) if regions else 0)
    theirs = [classes[np.argmin(np.abs(places - at))] for at in (20_050, 19_050, 25_050, 35_050, 45_050)]
    assert sizes(tests) == [int((classes == one).sum()) for one in theirs]


def test_variants_are_compared_within_thirds_of_score_and_frequency(genome):
    rng = np.random.default_rng(1)
    n = 900
    reference, share, effect = rng.random(n), rng.permutation(n) / n, rng.normal(size=n)
    share[:100] = np.nan
    null = alleles(np.arange(n) * 10 + 50_000, share)
    found = alleles([60_001, 60_002, 60_003], [0.01, 0.99, np.nan])
    mine = np.array([0.01, 0.5, 0.99])
    tests = variant_tests(run(), genome, found, scored(mine, np.zeros(3)), null, scored(reference, effect))
    cuts, share_cuts = np.quantile(reference.astype(np.float32), [1 / 3, 2 / 3]), np.nanquantile(share, [1 / 3, 2 / 3])
    low, high = reference < cuts[0], reference >= cuts[1]
    expected = [(low & (share < share_cuts[0])).sum(), (~low & ~high & (share >= share_cuts[1])).sum(), high.sum()]
    assert sizes(tests) == expected
    for i, members in enumerate((low & (share < share_cuts[0]), ~low & ~high & (share >= share_cuts[1]), high)):
        others = effect[members]
        p = 2 * (min((others >= 0).sum(), (others <= 0).sum()) + 1) / (len(others) + 1)
        assert tests[i, 0, 0, 0] == pytest.approx(min(p, 1))


@pytest.mark.filterwarnings("ignore:.*are compared with fewer than 39")
def test_p_values_of_variants_that_are_like_the_common_ones_are_uniform(genome):
    """Effects grow with the reference score and differ between classes, so unmatched p-values would not be."""
    rng = np.random.default_rng(2)
    p = []
    for _ in range(60):
        n, m = 60, 1_500
        places = rng.permutation(LENGTH)[: n + m]
        reference = rng.random(n + m)
        effect = rng.standard_t(3, n + m) * (0.1 + 4 * np.floor(3 * reference)) * np.where(places < 19_000, 5, 1)
        both = scored(reference, effect)
        tests = variant_tests(run(), genome, alleles(places[:n]), both[:n], alleles(places[n:]), both[n:])
        p.append(tests[:, 0, 0, 0])
    p = np.concatenate(p)
    for level in (0.02, 0.05, 0.2, 0.5, 0.8):
        assert abs((p <= level).mean() - level) < 4 * np.sqrt(level * (1 - level) / len(p)) + 0.005


def test_adjusted_p_values_are_those_of_the_factor_in_the_group(genome):
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(3)
    null, found = alleles(np.arange(200) * 10 + 50_000), alleles(np.arange(30) * 10 + 50_005)
    values = [rng.normal(size=(n, 2, 3, 3)).astype(np.float32) for n in (30, 200)]
    values[0][..., 2] *= 3
    values[0][0, 0, 0, 2] = np.nan
    with pytest.warns(UserWarning, match=r"of 180 effects are compared with fewer than 39 common alleles"):
        sparse = variant_tests(run([("chr1", 50_000, 50_020)]), genome, found, values[0], null, values[1])
    assert (sparse[..., 2] < 39).any()
    tests = variant_tests(run(), genome, found, values[0], null, values[1])
    assert np.isnan(tests[0, 0, 0, :2]).all()
    for g in range(2):
        for t in range(3):
            p = tests[:, g, t, 0]
            known = np.isfinite(p)
            expected = stats.false_discovery_control(p[known].astype(float))
            np.testing.assert_allclose(tests[known, g, t, 1], expected, rtol=1e-5)


@pytest.mark.usefixtures("analytic")
def test_of_a_prediction_they_are_in_the_table_and_go_with_the_next_variants(mini, fragment_file, predict, tmp_path):
    adata = mini.adata(fragment_file)
    predict(adata, regions="genome")

    def snvs(places):
        codes = [mini.codes["chr1"][at] for at in places]
        rows = {"chrom": "chr1", "pos": np.asarray(places) + 1, "ref": ["ACGT"[code] for code in codes]}
        return pd.DataFrame(rows | {"alt": ["ACGT"[(code + 1) % 4] for code in codes], "AF": 0.2})

    common = snvs(range(1_000, 5_000, 25))
    doubled = pd.concat([common, common.iloc[:2]])
    with pytest.warns(UserWarning, match="2 of 162 alleles of the common variants are there already"):
        sma.tl.score_variants(adata, common.iloc[:6], genome=mini.genome, null=doubled, tfs="AAA")
    table = sma.get.variants(adata)
    sma.tl.score_variants(adata, common, genome=mini.genome, tfs="AAA")
    effects = sma.get.variants(adata)
    assert "p" not in effects
    for row in table.itertuples():
        here = effects[(effects["group"] == row.group)]
        cuts = np.quantile(here["reference"], [1 / 3, 2 / 3])
        thirds = np.searchsorted(cuts, here["reference"], side="right")
        mine = here["pos"] == row.pos
        others = here.loc[(thirds == thirds[mine.to_numpy()][0]) & ~mine, "effect"]
        assert row.n_null == len(others)
        r = min((others >= row.effect).sum(), (others <= row.effect).sum())
        assert row.p == pytest.approx(min(1, 2 * (r + 1) / (len(others) + 1)))
    sma.tl.score_variants(adata, common.iloc[:6], genome=mini.genome, null=common, tfs="AAA")
    params = json.loads(adata.uns["tfbs"]["variant_params"])
    assert params["null"] == {"source": "table", "n": 160, "n_with_frequency": 160, "left_out": {}}
    with pytest.raises(ValueError, match="there are no common variants: the table is empty"):
        sma.tl.score_variants(adata, common, genome=mini.genome, null=common.iloc[:0])
    with pytest.raises(ValueError, match=r"none of the 1 alleles of the common variants can be scored"):
        sma.tl.score_variants(adata, common, genome=mini.genome, null=common.iloc[:1].assign(alt="*"))
    with pytest.raises(ValueError, match=r"variants: row 1 of \d+: AF is 3\.0; expected a number from 0 to 1"):
        sma.tl.score_variants(adata, common, genome=mini.genome, null=common.assign(AF=3.0))
    with pytest.raises(ValueError, match=r"no variant and no common variant .* frequency='MAFF' \(table\); name"):
        sma.tl.score_variants(adata, common, genome=mini.genome, null=common, frequency="MAFF")
    missing = common.iloc[:2].assign(alt=np.nan)
    with pytest.warns(UserWarning, match="2 of 162 alleles of the common variants are left out: 2 symbolic"):
        sma.tl.score_variants(adata, common[:6], genome=mini.genome, null=pd.concat([missing, common]), tfs="AAA")
    adata.write_h5ad(tmp_path / "a.h5ad")
