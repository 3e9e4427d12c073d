import warnings

import pandas as pd

import scmaxatac as sma


def test_the_toy_genes_have_promoters_that_are_open_where_they_are_expressed():
    toy = sma.datasets.toy()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = toy.genome.genes.table
    rna = toy.mdata["rna"]
    assert set(table["gene"]) == set(rna.var_names)
    peaks = toy.peaks
    mean = pd.DataFrame(rna.X.toarray(), columns=rna.var_names).groupby(rna.obs["cell_type"].to_numpy()).mean()
    for gene in table[table["gene"].isin(["CD19", "CD3D", "LYZ", "GATA3", "SPI1", "ACTB"])].itertuples():
        there = peaks[(peaks["chrom"] == gene.chrom) & (peaks["start"] <= gene.tss) & (peaks["end"] > gene.tss)]
        expressed = {cluster for cluster in toy.clusters if mean.loc[cluster, gene.gene] > 0.5}
        assert {cluster for cluster in toy.clusters if there[cluster].any()} >= expressed
