"""The packaged suites: one pytest item per requirement. `pytest --provider NAME` selects them."""
