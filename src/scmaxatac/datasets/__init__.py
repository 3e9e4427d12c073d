"""Simulated data."""

from scmaxatac.datasets._toy import Toy, toy

__all__ = ["Toy", "toy"]
