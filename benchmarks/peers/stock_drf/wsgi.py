"""WSGI entry point."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from ..collector import tune

# The benchmarks' environment names our own settings.
os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.peers.stock_drf.settings"
application = get_wsgi_application()
get_resolver().url_patterns  # noqa: B018
tune()
