"""Conformance under load, through Locust. `lag`, `target`, `money`, `calling`, `run`, `locusts`, `users` and `process`
need Locust or gevent, which change the standard library of their process: no other room imports them."""
