"""The package's logger: silent unless the user configures logging, as libraries should be."""

import logging

logger = logging.getLogger("scmaxatac")
logger.addHandler(logging.NullHandler())
