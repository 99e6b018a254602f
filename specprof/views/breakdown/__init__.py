"""Where the time of a verify step goes, as bars and words."""
