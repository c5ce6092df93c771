"""What fetching may raise."""


class Unfetchable(Exception):
    """There is nothing to show of an address: it isn't public, fails, or is no page."""
