"""The speedup-vs-candidates curves: laid out on character cells, drawn by plotext, coloured by role."""
