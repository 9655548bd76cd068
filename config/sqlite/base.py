"""Django's SQLite backend with SQLite's present limits.

Django 5.2 still splits statements at the 999 parameters of SQLite before 3.32 (2020), so that a bulk decision of 100
registrations would take more statements than one of 10. Django 6.0 asks the library itself; then this module can go.
"""

from django.db.backends.sqlite3 import base, features


class DatabaseFeatures(features.DatabaseFeatures):
    max_query_params = 32_766


class DatabaseWrapper(base.DatabaseWrapper):
    features_class = DatabaseFeatures
