"""WSGI entry point: pages and API, when they are served apart from the sockets."""

import os

from django.core.wsgi import get_wsgi_application

from .encoding import WSGIRequest
from .preload import load_and_freeze

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatproject.settings")
application = get_wsgi_application()
application.request_class = WSGIRequest
load_and_freeze()
