"""Users for Locust that make tasks and judge each: the extra `load`.

Importing this module imports Locust, which changes the standard library of its process for gevent; so it is for
locustfiles, and not part of `import screentest`.
"""

from screentest_suites.load.users import user_class

__all__ = ["user_class"]
