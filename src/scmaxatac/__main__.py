"""``python -m scmaxatac``: the command line."""

import sys

from scmaxatac._cli import main

if __name__ == "__main__":
    sys.exit(main())
