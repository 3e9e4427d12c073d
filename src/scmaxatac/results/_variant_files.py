"""Files of scored variants: VCF with a field of INFO for each quantity, factor and group, or a table."""

from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from scmaxatac.io._files import checksum, existing_file
from scmaxatac.io._vcf_info import InfoField, InfoType, file_lines, info_names, table_lines, with_info, write_lines
from scmaxatac.results._read_variants import read_variant_params, read_variants
from scmaxatac.results._reader import Results
from scmaxatac.results._schema import VARIANTS

_ENDINGS = {".vcf": "vcf", ".tsv": "tsv", ".txt": "tsv"}
_COMPRESSED = (".gz", ".bgz")

_QUANTITIES: dict[str, tuple[InfoType, str]] = {
    "reference": ("Float", "largest score within 250 bp with the reference allele"),
    "alternative": ("Float", "largest score within 250 bp with the alternative allele"),
    "effect": ("Float", "change in logit from the reference to the alternative allele"),
    "status": ("String", "site at the threshold: gained, lost, kept (with both alleles) or none"),
    "p": ("Float", "two-sided p-value of the effect against common variants"),
    "q": ("Float", "p-value adjusted over the variants (Benjamini and Hochberg)"),
    "n_null": ("Integer", "common variants that the effect was compared with"),
}


class FileFormat(NamedTuple):
    """What a file's name asks for."""

    is_vcf: bool
    compress: bool


def variant_format(path: Path) -> FileFormat:
    """Format of a file of variants, by the ending of its name.

    Raises
    ------
    ValueError
        If the ending is none of a VCF file or a table.
    """
    compress = path.suffix.lower() in _COMPRESSED
    ending = (path.with_suffix("") if compress else path).suffix.lower()
    if ending not in _ENDINGS:
        raise ValueError(
            f"{path.name} ends neither as a VCF file nor as a table; name it *.vcf, *.tsv or *.txt, with .gz behind "
            "to compress it as bgzip does"
        )
    return FileFormat(_ENDINGS[ending] == "vcf", compress)


def input_vcf(results: Results, vcf: str | PathLike[str] | None) -> Path | None:
    """VCF file that the variants were read from, unchanged; None if they came from a table.

    Raises
    ------
    FileNotFoundError
        If it is not there.
    KeyError
        If no variants were scored.
    ValueError
        If it is another file or was changed since, or one is given though they came from a table.
    """
    params = read_variant_params(results)
    if not params["sha256"]:
        if vcf is not None:
            raise ValueError(f"the variants were read from a table, not from {vcf}; leave it out")
        return None
    path = existing_file(params["source"] if vcf is None else vcf, "VCF file that was scored (name it: vcf=)")
    if (found := checksum(path)) != params["sha256"]:
        raise ValueError(
            f"{path} is not the file that was scored ({params['source']}), or was changed since: its sha256 begins "
            f"with {found[:12]}, and {params['sha256'][:12]} was noted. Give the scored file, or score this one"
        )
    return path


def write_variant_file(
    results: Results,
    path: Path,
    file: FileFormat,
    source: Path | None,
    *,
    tfs: object,
    groups: object,
    min_effect: float | None,
) -> None:
    """Write the scores of variants into a file.

    Parameters
    ----------
    results
        Results of a prediction whose variants were scored.
    path
        The file.
    file
        Its format.
    source
        VCF file that the variants are from; None if they are from a table.
    tfs, groups
        One or several; ``None`` stands for all that were scored.
    min_effect
        Smallest size of an effect; None takes all.
    """
    long = read_variants(results, tfs, groups, min_effect, numbered=file.is_vcf)
    if not file.is_vcf:
        text = variant_text(long).encode()
        write_lines(path, [text], compress=file.compress)
        return
    if source is None:
        table = results.table(VARIANTS.name).reset_index(drop=True)
        table["chrom"] = table["chrom"].astype(pd.CategoricalDtype(results.params["chroms"]))
        order = table.sort_values(["chrom", "pos"], kind="stable").index.to_numpy()
        rows = table.loc[order, ["chrom", "pos", "id", "ref", "alt"]].itertuples(index=False, name=None)
        place = pd.Series(np.arange(len(order)), index=pd.MultiIndex.from_frame(table.loc[order, ["record", "allele"]]))
        keys = pd.MultiIndex.from_frame(long[["record", "allele"]])
        long = long.assign(record=place[keys].to_numpy(), allele=1)
        lines = table_lines(results.params["chroms"], rows)
    else:
        lines = file_lines(source)
    fields = _fields(long)
    write_lines(path, with_info(lines, list(fields.values()), _info_of(long, fields)), compress=file.compress)


def variant_text(table: pd.DataFrame) -> str:
    """Tab-separated text of a table of :func:`scmaxatac.get.variants`."""
    text: str = table.to_csv(sep="\t", index=False, float_format="%.6g")
    return text


_Key = tuple[str, str, str]  # quantity, factor, group


def _fields(long: pd.DataFrame) -> dict[_Key, InfoField]:
    """Field of each quantity for each factor in each group."""
    quantities = [name for name in _QUANTITIES if name in long]
    keys = [
        (name, tf, group)
        for tf in long["tf"].cat.categories
        for group in long["group"].cat.categories
        for name in quantities
    ]
    names = info_names([f"SMA_{name.upper()}_{tf}_{group}" for name, tf, group in keys])
    return {
        (quantity, tf, group): InfoField(name, kind, f"scmaxatac: {text}; {tf} in {group}")
        for (quantity, tf, group), name in zip(keys, names, strict=True)
        for kind, text in [_QUANTITIES[quantity]]
    }


def _info_of(long: pd.DataFrame, fields: dict[_Key, InfoField]) -> Callable[[int, int], str]:
    """Function that gives INFO of a record, by its number and that of its alleles: a value for every allele."""
    long = long.iloc[np.argsort(long["record"].to_numpy(), kind="stable")]
    records, alleles = long["record"].to_numpy(), long["allele"].to_numpy()
    tfs, groups = (long[name].astype(str).to_numpy() for name in ("tf", "group"))
    columns = {name: long[name].to_numpy() for name in _QUANTITIES if name in long}

    def info(record: int, n_alleles: int) -> str:
        values: dict[str, list[str]] = {}
        for i in range(*np.searchsorted(records, [record, record + 1]).tolist()):
            for name, column in columns.items():
                if (text := _value(column[i])) != ".":
                    of_field = values.setdefault(fields[name, tfs[i], groups[i]].name, ["."] * n_alleles)
                    of_field[alleles[i] - 1] = text
        return ";".join(f"{name}={','.join(of_each)}" for name, of_each in values.items())

    return info


def _value(value: object) -> str:
    if isinstance(value, float | np.floating):
        return "." if np.isnan(value) else f"{value:.6g}"
    return str(value)
