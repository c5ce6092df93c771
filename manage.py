#!/usr/bin/env python
"""Django's command-line utility."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatproject.settings")
    if sys.argv[1:2] == ["dev"]:
        # Before the settings are read: development needs no SECRET_KEY.
        from chatproject.development.processes import BASE_DIR, load_env_file

        load_env_file(BASE_DIR / ".env")
        os.environ.setdefault("DEBUG", "1")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
