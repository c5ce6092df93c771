"""The least that Python can do for a room: one frame, built once, written to each transport."""
