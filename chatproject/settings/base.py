"""What other settings begin with."""

import os
from pathlib import Path

from chatproject.environment import env_bool

BASE_DIR = Path(__file__).resolve().parents[2]
VAR_DIR = Path(os.environ.get("CHAT_VAR_DIR", BASE_DIR / "var"))
DEBUG = env_bool("DEBUG")
