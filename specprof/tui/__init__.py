"""The terminal app: screens and widgets over one stream of events."""
