"""The command line: one thin file per command. Importing it imports nothing heavy."""
