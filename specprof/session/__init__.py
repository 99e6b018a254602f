"""One ordered stream of events: live from a measuring child and telemetry, or from a file."""
