"""The garbage collector of every Python peer, tuned as ours (chatproject/preload.py)."""

import gc
import os


def tune() -> None:
    """To be called once everything is imported. `PEER_COLLECTOR` leaves it as it comes."""
    if "PEER_COLLECTOR" not in os.environ:
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000)
