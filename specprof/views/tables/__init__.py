"""The results as tables: columns that know their width, footnotes, one table per batch size."""
