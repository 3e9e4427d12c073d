"""Inference engines: the protocol, and one module a backend."""
