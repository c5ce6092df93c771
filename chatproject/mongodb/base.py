"""The database engine `chatproject.mongodb`."""

from django_mongodb_backend import base, operations


class DatabaseOperations(operations.DatabaseOperations):
    compiler_module = "chatproject.mongodb.compiler"


class DatabaseWrapper(base.DatabaseWrapper):
    """django_mongodb_backend whose SELECTs sort before they compute."""

    ops_class = DatabaseOperations
