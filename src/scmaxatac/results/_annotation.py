"""Genes for the results of a run: those that are given, or those of the annotation that the run's genome had."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from scmaxatac._logging import logger
from scmaxatac.genome import Genes, Genome
from scmaxatac.genome._chrom_styles import check_styles

Annotation: TypeAlias = Genes | Genome | str | os.PathLike[str]
"""Genes, a genome with annotation, or a GTF file."""


def genes_of_run(given: Annotation | None, params: Mapping[str, Any]) -> Genes:
    """Genes to relate the sites of a run to.

    Parameters
    ----------
    given
        What the user gave; without it the annotation of the run's genome is read.
    params
        Parameters of the run.

    Raises
    ------
    FileNotFoundError
        If there is no such file, or the run's annotation is gone.
    ValueError
        If there is no annotation, the file is no GTF file, or names chromosomes in another style than the run.
    """
    genes = as_genes(given) if given is not None else _of_run(params)
    check_styles(genes.chroms, params["chroms"], genes.source, "the run")
    return genes


def genes_if_any(given: Annotation | bool | None, params: Mapping[str, Any]) -> Genes | None:
    """Genes as :func:`genes_of_run` finds them: None where False is given, or nothing and the run has no annotation."""
    if given is False:
        return None
    if given is None:
        recorded = recorded_annotation(params)
        if recorded is None:
            return None
        if not recorded.is_file():
            logger.info("drawing no genes: the run's annotation, %s, is not there any more", recorded)
            return None
    return genes_of_run(None if given is None or given is True else given, params)


def as_genes(given: Annotation) -> Genes:
    """Genes, those of a genome, or those of a GTF file."""
    if isinstance(given, Genes):
        return given
    if isinstance(given, Genome):
        return given.genes
    if isinstance(given, str | os.PathLike):
        return Genes(given)
    raise TypeError(
        f"genes: found {type(given).__name__}; give a GTF file, scmaxatac.Genes or a Genome that has an annotation"
    )


def recorded_annotation(params: Mapping[str, Any]) -> Path | None:
    """GTF file of the genome that a run was made with."""
    genome = params.get("genome")
    path = genome.get("annotation") if isinstance(genome, Mapping) else None
    return Path(path) if path else None


def _of_run(params: Mapping[str, Any]) -> Genes:
    recorded = recorded_annotation(params)
    if recorded is None:
        raise ValueError(
            "the run's genome had no annotation; give genes= a GTF file, scmaxatac.Genes or a Genome that has one "
            "(Genome(..., annotation='genes.gtf.gz'))"
        )
    if not recorded.is_file():
        raise FileNotFoundError(f"the annotation of the run's genome is not there any more: {recorded}; give genes=")
    return Genes(recorded)
