"""WSGI entry point: pages and API in production."""

import os

from django.core.wsgi import get_wsgi_application

from chatproject.loading import load_and_freeze
from chatproject.requests import WSGIRequest

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatproject.settings")
application = get_wsgi_application()
application.request_class = WSGIRequest
load_and_freeze()
