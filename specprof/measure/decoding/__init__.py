"""Decoding that really decodes: tokens from a growing cache, one by one or several behind a verify step."""
