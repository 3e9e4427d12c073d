"""Models: weights, calibration, where they lie, how they are fetched and converted."""

from scmaxatac.zoo._calibration import Calibration
from scmaxatac.zoo._tf_model import TFModel

__all__ = ["Calibration", "TFModel"]
