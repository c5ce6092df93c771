"""The official MongoDB engine, with sorts that indexes can serve (docs/decisions/0003)."""
