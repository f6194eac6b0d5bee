"""The pure decision: facts in, findings out; no file, clock, database or network."""
