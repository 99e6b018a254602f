"""What is drawn, shared by plain terminal and app: curves, tables, findings, progress."""
