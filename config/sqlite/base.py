"""Django's SQLite backend with the parameter limit of SQLite 3.32 (2020).

Django 5.2 assumes 999 parameters and splits statements there, so that a bulk decision on 100 registrations would take
more statements than one on 10. Remove this package with Django 6.0, which asks the library for its limit.
"""

from django.db.backends.sqlite3 import base, features


class DatabaseFeatures(features.DatabaseFeatures):
    max_query_params = 32_766


class DatabaseWrapper(base.DatabaseWrapper):
    features_class = DatabaseFeatures
