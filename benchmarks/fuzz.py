"""Many odd files for every reader: the tests of tests/io/test_fuzz.py with more examples and another seed.

python benchmarks/fuzz.py [--examples 2000]
"""

import os
import subprocess
import sys
import time
from pathlib import Path

from _common import options

TESTS = Path(__file__).resolve().parents[1] / "tests" / "io" / "test_fuzz.py"


def main() -> None:
    """Run the tests, and say how long it took."""
    arguments = options(__doc__, examples={"type": int, "default": 2000, "help": "examples for each reader"})
    n = 100 if arguments.quick else arguments.examples
    begin = time.perf_counter()
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(TESTS)]
    ended = subprocess.run(command, env={**os.environ, "SCMAXATAC_FUZZ_EXAMPLES": str(n)}, check=False)
    print(f"{n:,} examples for each reader in {time.perf_counter() - begin:.0f} s")
    raise SystemExit(ended.returncode)


if __name__ == "__main__":
    main()
