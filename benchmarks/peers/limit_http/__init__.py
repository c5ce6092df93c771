"""The limit: PyMongo and orjson on a bare WSGI server."""
