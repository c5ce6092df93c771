"""The hot queries, recorded as the real code sends them, with MongoDB's plan for each."""
