"""What the mock's page and the report of the suites have in common: style sheet, template environment, policy."""

import base64
import hashlib
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined

from screentest_contracts.control_characters import escape_control_characters


def common_style() -> str:
    """The style sheet that stands before a page's own: colours, type, header, tables, labels."""
    return read_part(__package__, "look.css")


def read_part(package: str, name: str) -> str:
    """A file of a package's folder `templates`."""
    return files(package).joinpath("templates", name).read_text("utf-8").strip()


def make_environment(package: str) -> Environment:
    """Templates of a package. Every text is escaped, for HTML and against control characters."""
    return Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: escape_control_characters(value, keep="\n\t") if type(value) is str else value,
    )


def content_policy(style: str, script: str, *, forms: str = "'none'", more: str = "") -> str:
    """A Content-Security-Policy under which a page has this very style sheet and this very script, and loads nothing
    else. `forms` is where its forms may lead, `more` further directives."""

    def source(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    allowed = f"style-src {source(style)}; script-src {source(script)}; img-src data:"
    return f"default-src 'none'; base-uri 'none'; form-action {forms}; {allowed}{more}"
