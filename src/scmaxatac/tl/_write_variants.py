"""Scores of variants in files."""

from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from typing import Any

from scmaxatac import _keys
from scmaxatac._arguments import checked_arguments
from scmaxatac._checks import check_number
from scmaxatac._docs import shared_docs
from scmaxatac.io._output import output_file
from scmaxatac.io._owned_file import owned_file
from scmaxatac.results._reader import read_results
from scmaxatac.results._variant_files import input_vcf, variant_format, write_variant_file


@shared_docs
@checked_arguments
def write_variants(
    data: Any,
    path: str | PathLike[str],
    *,
    vcf: str | PathLike[str] | None = None,
    tfs: str | Iterable[str] | None = None,
    groups: str | Iterable[str] | None = None,
    min_effect: float | None = None,
    key: str = _keys.KEY_ADDED,
    mod: str = "atac",
) -> Path:
    """Write the scores of variants into a VCF file, as fields of INFO, or into a table.

    A VCF file has every record of the one that was scored, line for line as it stands there, with its own REF and ALT:
    the scores of alleles that were moved or trimmed stand where they came from. Fields are named
    ``SMA_EFFECT_<TF>_<group>`` and the like, for the quantities that :func:`scmaxatac.get.variants` gives: reference,
    alternative, effect and status, and p, q and n_null where there are p-values. Each is declared in the header, which
    names factor and group as they are written (IDs have ``_`` in place of what VCF does not allow), and has a value for
    each alternative allele, ``.`` for one without. Records that were not scored have none.

    Parameters
    ----------
    data
        {results}
    path
        File to write: ``.vcf``, or ``.tsv`` or ``.txt`` for the table of :func:`scmaxatac.get.variants`,
        tab-separated; with ``.gz`` behind compressed as bgzip does. A file that scmaxatac did not write is not
        replaced; ``<path>.sha256`` beside it says which it did.
    vcf
        The VCF file that was scored, if it lies elsewhere now. Variants of a table are written in their normal form,
        sorted by position.
    tfs
        One TF or several; by default all that variants were scored for.
    groups
        One group or several; by default all that variants were scored in.
    min_effect
        Smallest size of the effect, in either direction; smaller ones are not written.
    key
        {key}
    mod
        {mod}

    Returns
    -------
    Path of the file.

    Raises
    ------
    FileNotFoundError
        If the VCF file that was scored is not there any more.
    KeyError
        If no variants were scored, or not for this factor or in this group.
    RuntimeError
        If another process is writing the file.
    ValueError
        If the name ends in something else, a file of that name was not written by scmaxatac, its folder can't be
        written to, or the VCF file was changed since it was scored.

    Examples
    --------
    >>> import scmaxatac as sma, tempfile, pathlib
    >>> toy = sma.datasets.toy()
    >>> sma.tl.score_variants(mdata, toy.variants.query("chrom == 'chr5'"), genome=toy.genome, tfs="SPI1")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = sma.tl.write_variants(mdata, pathlib.Path(folder) / "scored.vcf", groups=["B", "CD4/T"])
    ...     header = [line for line in path.read_text().splitlines() if line.startswith("##INFO")]
    >>> header[2][:60]
    '##INFO=<ID=SMA_EFFECT_SPI1_B,Number=A,Type=Float,Description'
    """
    check_number("min_effect", min_effect, optional=True)
    file = variant_format(Path(path))
    results = read_results(data, key, mod)
    source = input_vcf(results, vcf)
    target = output_file(path)
    with owned_file(target) as temporary:
        write_variant_file(results, temporary, file, source, tfs=tfs, groups=groups, min_effect=min_effect)
    return target
