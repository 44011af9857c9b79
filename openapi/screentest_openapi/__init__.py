"""The built-in provider documents and the JSON Schema of their `x-task` extension. Data only."""

from importlib.resources import files
from pathlib import Path

HERE = Path(str(files(__name__)))
"""The folder that holds one `<provider>.yaml` per built-in provider and `x-task.schema.json`."""
