"""What was measured: events, the reducer, the run record, the journal, safe loading."""
