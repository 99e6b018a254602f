"""Where the candidates of a decoding step come from."""
