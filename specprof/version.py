"""The version, in a module of its own: every room may know it, and nothing comes with it."""

__version__ = "0.1.0"
