"""Requests by role: how they are built, and the bodies that are sampled or generated for them."""
