"""The design that this project re-thinks: FastAPI, Beanie, and a connection manager in memory."""
