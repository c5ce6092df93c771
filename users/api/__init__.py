"""Accounts by the API: views, what they take and give, and their description."""
