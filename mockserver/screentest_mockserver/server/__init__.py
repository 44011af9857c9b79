"""The ASGI application, its control plane, and running it."""
