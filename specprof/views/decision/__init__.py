"""The decision as lines of text, for terminal and app: map of the best K, schedule, sensitivity."""
