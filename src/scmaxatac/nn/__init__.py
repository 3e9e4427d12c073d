"""The network, its inference engines and its training."""
