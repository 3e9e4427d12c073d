"""Memory for large BED and GTF files: the peak of reading two sizes, and what its growth makes of a file of 3 GB.

Each file is read in a process of its own; peaks are the resident set as the system counts it. "Merged" is what peaks
and regions of a benchmark become, "positions" the table that blacklist and regions of a prediction are, and
"table" all columns, which are what scores and names of sites need. Intervals lie in places of a genome of hg38's
sizes; what is merged grows no more once they are covered, so that its extrapolation is an upper bound. Genes have ten
transcripts of ten exons each, on average, as in GENCODE.

    python benchmarks/large_files.py [--quick]
"""

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from _common import machine, options, table
from _synthetic import HG38
from memory import peak_gb

from scmaxatac.genome._intervals_on_genome import as_intervals
from scmaxatac.io._bed import read_bed
from scmaxatac.io._gtf import read_gtf

SIZES = (100, 300)
"""In MB."""

WHOLE = 3_000
ROWS = 100_000


def write_bed(path: Path, mb: float) -> None:
    """Write a BED file of six columns."""
    rng = np.random.default_rng(0)
    names = list(HG38)
    n = 0
    with open(path, "w") as out:
        while out.tell() < mb * 1e6:
            chrom = names[n // ROWS % len(names)]
            start = np.sort(rng.integers(0, HG38[chrom] - 1000, ROWS))
            end = start + rng.integers(50, 500, ROWS)
            rows = zip(start.tolist(), end.tolist(), range(n, n + ROWS), strict=True)
            out.writelines(f"{chrom}\t{s}\t{e}\tpeak_{i}\t{i % 1000}\t+\n" for s, e, i in rows)
            n += ROWS


def write_gtf(path: Path, mb: float) -> None:
    """Write a GTF file of genes, transcripts and exons."""
    rng = np.random.default_rng(0)
    names = list(HG38)
    with open(path, "w") as out:
        number = 0
        while out.tell() < mb * 1e6:
            number += 1
            chrom = names[number % len(names)]
            start = int(rng.integers(1, HG38[chrom] - 100_000))
            what = f'gene_id "ENSG{number:011d}.1"; gene_type "protein_coding"; gene_name "G{number}"; level 2;'
            out.write(f"{chrom}\tX\tgene\t{start}\t{start + 90_000}\t.\t+\t.\t{what}\n")
            for t in range(10):
                own = f'{what} transcript_id "ENST{number:09d}{t}.1"; transcript_type "protein_coding"; tag "basic";'
                out.write(f"{chrom}\tX\ttranscript\t{start}\t{start + 90_000}\t.\t+\t.\t{own}\n")
                at = (start + np.sort(rng.integers(0, 85_000, 10))).tolist()
                out.writelines(
                    f"{chrom}\tX\texon\t{a}\t{a + 150}\t.\t+\t.\t{own} exon_number {i};\n" for i, a in enumerate(at)
                )


CASES: dict[str, tuple[str, Callable[[Path, float], None], Callable[[Path], object]]] = {
    "merged": ("BED, merged", write_bed, lambda path: as_intervals(path, "peaks")),
    "positions": ("BED, positions", write_bed, lambda path: read_bed(path, columns=())),
    "table": ("BED, table", write_bed, read_bed),
    "gtf": ("GTF, genes", write_gtf, read_gtf),
}


def main() -> None:
    """Measure and print the table."""
    args = options(__doc__, case={"help": "read a file in this process"}, file={"type": Path})
    if args.case:
        CASES[args.case][2](args.file)
        print(peak_gb())
        return
    sizes = (10, 30) if args.quick else SIZES
    rows = []
    print(machine() + "\n")
    with tempfile.TemporaryDirectory() as place:
        for case, (name, write, _) in CASES.items():
            peaks = []
            for mb in sizes:
                path = Path(place) / f"{write.__name__}_{mb}"
                if not path.is_file():
                    write(path, mb)
                command = [sys.executable, __file__, "--case", case, "--file", str(path)]
                done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
                peaks.append(float(done.stdout))
            slope = (peaks[1] - peaks[0]) / (sizes[1] - sizes[0])
            rows.append((name, *peaks, slope * 1e3, peaks[1] + slope * (WHOLE - sizes[1])))
    titles = ["", *(f"peak of {mb} MB, GB" for mb in sizes), "GB a GB", "at 3 GB, extrapolated"]
    print(table(titles, rows))


if __name__ == "__main__":
    main()
