"""One file for each change of the journal's tables, oldest first."""
