"""Inference engines: settings out to them, what they measured of acceptance in from them."""
