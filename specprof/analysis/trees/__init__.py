"""Draft trees: grown from head accuracies, chosen against the measured latency of a verify step."""
