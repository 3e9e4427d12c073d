"""How long ``import scmaxatac`` takes, beside ``import anndata``, which it rests on.

Each import runs in a fresh process, the two taking turns so that a busy machine hits both; the time is the process'
whole wall time less that of an interpreter that imports nothing.

    python benchmarks/import_time.py [runs]
"""

import statistics
import subprocess
import sys
import time

STATEMENTS = {"nothing": "pass", "anndata": "import anndata", "scmaxatac": "import scmaxatac"}


def seconds(statement: str) -> float:
    """Wall time of a new interpreter that runs the statement."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return time.perf_counter() - start


def main() -> None:
    """Measure and print the table."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    times: dict[str, list[float]] = {name: [] for name in STATEMENTS}
    for statement in STATEMENTS.values():
        seconds(statement)  # fills the file cache and writes bytecode
    for _ in range(runs):
        for name, statement in STATEMENTS.items():
            times[name].append(seconds(statement))
    nothing = statistics.median(times["nothing"])
    print(f"{'import':<12}{'median (s)':>12}{'fastest (s)':>13}")
    for name in ("anndata", "scmaxatac"):
        print(f"{name:<12}{statistics.median(times[name]) - nothing:>12.3f}{min(times[name]) - nothing:>13.3f}")
    added = statistics.median(times["scmaxatac"]) - statistics.median(times["anndata"])
    print(f"scmaxatac adds {added:.3f} s to anndata (median of {runs} runs each)")


if __name__ == "__main__":
    main()
