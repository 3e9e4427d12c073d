"""``python -m scmaxatac``: the command line."""

import sys

from scmaxatac.cli._main import main

if __name__ == "__main__":
    sys.exit(main())
