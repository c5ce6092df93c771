"""The hot queries, recorded as real code sends them, and what MongoDB does for each."""
