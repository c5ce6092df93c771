#!/usr/bin/env python
"""Django's command-line utility, and `manage.py dev`, which doesn't load Django."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatproject.settings")
    if sys.argv[1:2] == ["dev"]:
        from chatproject.development import dev

        sys.exit(dev.main(sys.argv[2:]))
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
