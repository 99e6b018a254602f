"""What to measure: model shapes, the grid, the stopping rule. Checked once, immutable from then on."""
