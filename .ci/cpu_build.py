"""Exit with 0 if the torch that pip would take comes without CUDA's libraries: ``cpu_build.py REPORT``.

The report is pip's, of ``pip install --dry-run --report REPORT torch``, for which nothing has to be downloaded.
"""

import json
import sys
from pathlib import Path


def main() -> None:
    """Look for CUDA's libraries among the requirements."""
    torch = json.loads(Path(sys.argv[1]).read_text())["install"][0]["metadata"]
    sys.exit(any(line.startswith(("cuda-", "nvidia-")) for line in torch.get("requires_dist", [])))


if __name__ == "__main__":
    main()
