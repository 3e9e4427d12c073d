"""The network's geometry, the network in PyTorch, and the engines that run it."""

from scmaxatac.nn._spec import Block, NetworkSpec

__all__ = ["Block", "NetworkSpec"]
