"""Inference engines: the protocol, the registry, and one module a backend."""
