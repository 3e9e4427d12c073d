"""What the kinds of bad input are made from: a small part of the toy data, and calls of public functions on it."""

import gzip
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anndata as ad
import pandas as pd

import scmaxatac as sma

N_LINES = 60_000
"""Fragments that are kept; they lie on the first chromosome."""


@dataclass
class World:
    """A folder, the toy data, and its first fragments.

    Attributes
    ----------
    folder
        Where files are written.
    toy
        The toy data.
    lines
        Lines of its fragment file without the comments at the top.
    n_fragments
        Fragments that pseudobulks of them have.
    predicted
        The toy's ATAC data with predictions of CTCF on the regions of the first chromosome.
    """

    folder: Path
    toy: sma.datasets.Toy = field(init=False)
    lines: list[str] = field(init=False)
    n_fragments: int = field(init=False)
    predicted: ad.AnnData = field(init=False)

    def __post_init__(self) -> None:
        self.toy = sma.datasets.toy()
        with gzip.open(self.toy.mdata["atac"].uns["files"]["fragments"], "rt") as handle:
            self.lines = [line.rstrip("\n") for line in handle if not line.startswith("#")][:N_LINES]
        self.n_fragments = int(self.bulk(fragments=self.file()).qc["n_fragments"].sum())
        self.predicted = self.adata()
        self.predict(self.predicted, fragments=self.file())

    def adata(self, names: Callable[[str], str] | None = None, **obs: Any) -> ad.AnnData:
        """Cells with the toy's regions and cell types, without fragments; names changed, columns added."""
        adata = self.toy.mdata["atac"].copy()
        del adata.uns["files"]
        if names is not None:
            adata.obs_names = list(map(names, adata.obs_names))
        return adata if not obs else _with(adata, obs)

    def text(self, name: str, text: str | bytes) -> str:
        """Write a file."""
        path = self.folder / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return str(path)

    def file(self, change: Callable[[list[str]], Any] | None = None, lines: Sequence[str] | None = None) -> str:
        """Write a fragment file; every line's columns may be changed, in place or by what is returned."""
        rows = list(self.lines if lines is None else lines)
        if change is not None:
            columns = [row.split("\t") for row in rows]
            rows = ["\t".join(change(row) or row) for row in columns]
        return self.text("fragments.tsv", "\n".join(rows) + "\n")

    def bam(self, place: str) -> str:
        """Write reads of the first fragments as a BAM file, the barcode in a tag, in the ``name``, or nowhere."""
        import pysam

        sizes = self.toy.genome.sizes
        header = pysam.AlignmentHeader.from_dict({"SQ": [{"SN": chrom, "LN": size} for chrom, size in sizes.items()]})
        path = str(self.folder / "reads.bam")
        with pysam.AlignmentFile(path, "wb", header=header) as handle:
            for i, line in enumerate(self.lines[:20_000]):
                _, start, _, barcode, *_ = line.split("\t")
                read = pysam.AlignedSegment(header)
                read.query_name = f"{barcode}:{i}" if place == "name" else f"read{i}"
                read.reference_id, read.reference_start, read.mapping_quality = 0, int(start), 60
                read.cigarstring, read.query_sequence = "50M", "A" * 50
                if len(place) == 2:
                    read.set_tag(place, barcode)
                handle.write(read)
        return path

    def with_setting(self, name: str, value: Any, call: Callable[[], Any]) -> Any:
        """What a call gives under another setting."""
        before = getattr(sma.settings, name)
        setattr(sma.settings, name, value)
        try:
            return call()
        finally:
            setattr(sma.settings, name, before)

    def bulk(self, data: Any = None, groupby: Any = "cell_type", **options: Any) -> sma.pp.Pseudobulks:
        """Make pseudobulks on the first chromosome."""
        usual = {"genome": self.toy.genome, "chroms": "chr1", "min_fragments": 10}
        if data is None:
            data = self.adata()
        return sma.pp.pseudobulk(data, groupby, **usual | options)

    def predict(self, data: Any = None, groupby: Any = "cell_type", **options: Any) -> Any:
        """Predict CTCF on the regions of the first chromosome."""
        usual = {"genome": self.toy.genome, "chroms": "chr1", "min_fragments": 10, "tfs": "CTCF", "models": "demo"}
        if data is None:
            data = self.adata()
            options.setdefault("fragments", self.file())
        return sma.tl.predict_tfbs(data, groupby, **usual | options)

    def variants(
        self, rows: Sequence[str], header: str = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"
    ) -> pd.DataFrame:
        """Score the variants of a VCF file."""
        path = self.text("x.vcf", "##fileformat=VCFv4.2\n" + header + "\n" + "\n".join(rows) + "\n")
        return sma.tl.score_variants(self.predicted.copy(), path, genome=self.toy.genome, copy=True)

    def base(self, position: int) -> str:
        """Base of the first chromosome at a 1-based position."""
        return "ACGTN"[int(self.toy.genome.codes("chr1")[position - 1])]


def _with(adata: ad.AnnData, obs: dict[str, Any]) -> ad.AnnData:
    for name, values in obs.items():
        adata.obs[name] = values(adata) if callable(values) else values
    return adata


@dataclass(frozen=True)
class Case:
    """A kind of bad input.

    Attributes
    ----------
    what
        What it is.
    thread
        Public thread where users met it, ``owner/repository#number``; empty for those that we thought of.
    ending
        What should happen: ``"refused"`` (an error of ours before or instead of a result), ``"told"`` (a result and a
        warning), or ``"understood"`` (the meaning is plain: a result, and pseudobulks have the usual fragments).
    says
        Words that the message must have.
    call
        Brings it about.
    """

    what: str
    thread: str
    ending: str
    says: tuple[str, ...]
    call: Callable[[World], Any]


@dataclass(frozen=True)
class Outcome:
    """What happened."""

    ending: str
    message: str
    as_expected: bool


_MOST = 0.95
"""Share of the usual fragments that a result has that is no other one; a few cells may have no group."""

OURS = (ValueError, KeyError, FileNotFoundError, TypeError, ImportError, RuntimeError)


def attempt(case: Case, world: World) -> Outcome:
    """Try a case, and compare what happens with what should."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("ignore")
        warnings.filterwarnings("always", category=UserWarning)
        try:
            result = case.call(world)
        except OURS as error:
            place = error.__traceback__
            while place.tb_next is not None:
                place = place.tb_next
            is_ours = Path(place.tb_frame.f_code.co_filename).is_relative_to(Path(sma.__file__).parent)
            message = str(error.args[0] if isinstance(error, KeyError) and error.args else error)
            ending = "refused" if is_ours else f"{type(error).__name__} from inside"
        except Exception as error:  # noqa: BLE001 - whatever it is, it is to be reported
            ending, message = f"{type(error).__name__} from inside", str(error)
        else:
            said = [str(each.message) for each in told if case.says and case.says[0] in str(each.message)]
            ending = "told" if said or (told and case.ending == "told") else "understood"
            message = said[0] if said else str(told[0].message) if told and case.ending == "told" else ""
            if ending == "understood" and isinstance(result, sma.pp.Pseudobulks):
                n_found = int(result.qc["n_fragments"].sum())
                if n_found < _MOST * world.n_fragments:
                    ending, message = "silently wrong", f"{n_found:,} of {world.n_fragments:,} fragments"
    fits = ending == case.ending and all(words in message for words in case.says)
    return Outcome(ending, _without_places(message, world), fits)


def _without_places(message: str, world: World) -> str:
    """A message without the folders of this machine, on one line."""
    for folder in (str(world.folder), str(Path(world.toy.genome.source).parent), str(sma.settings.cache_dir)):
        message = message.replace(folder + "/", "").replace(folder, "folder")
    return " ".join(message.split())
