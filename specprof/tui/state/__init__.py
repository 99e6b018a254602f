"""What the screens show, worked out from a reduction: plain data, no widget."""
