"""The doctor: what of a device would spoil a measurement, and what to do about it. Sets and reads nothing."""
