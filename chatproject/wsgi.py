"""WSGI entry point: pages and API in production."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatproject.settings")
application = get_wsgi_application()

# What is loaded now stays: a full collection, which stops every request, needn't look at it again.
gc.collect()
gc.freeze()
