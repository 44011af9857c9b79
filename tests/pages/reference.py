"""Makes the pages of docs/reference from the code: one function for each page.

python -m tests.pages.reference
"""

import inspect
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import click

import screentest
from screentest import stores, testing
from screentest_mockserver.behaviours.deviations import DEVIATIONS
from screentest_mockserver.behaviours.variations import VARIATIONS
from screentest_mockserver.tasks.scenarios import SCENARIOS
from screentest_suites import reporting
from screentest_suites.cli import main
from screentest_suites.cli.group import CONTEXT
from screentest_suites.pytest_plugin import plugin
from screentest_suites.pytest_plugin.options import OPTIONS, name_of
from tests.pages.providers import provider_pages
from tests.pages.tables import code, kind_of, made, members, table
from tests.vocabulary import page as vocabulary

HERE = Path(__file__).parent
FOLDER = HERE.parents[1] / "docs" / "reference"
SUITES = Path(reporting.__file__).parents[1]


def cli() -> str:
    """Every command with its arguments and options, from click."""
    about = "`screentest COMMAND --help` prints the same. A PROVIDER is a built-in name or the path of a document."
    parts = [made("Command line", about), "\n## screentest\n", _parameters(main)]
    for name, command in sorted(main.commands.items()):
        with click.Context(command, info_name=f"screentest {name}", **CONTEXT) as context:
            usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
            parts += [f"\n## {name}\n\n{_help(command)}\n\n```text\n{usage}\n```\n", _parameters(command)]
    return "".join(parts)


def _help(command: click.Command) -> str:
    """A command's own text; what click keeps as it is written becomes a block."""
    parts = []
    for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
        if paragraph.startswith("\b"):
            lines = inspect.cleandoc(paragraph.removeprefix("\b"))
            parts.append(f"```text\n{lines}\n```")
        else:
            parts.append(" ".join(paragraph.split()))
    return "\n\n".join(parts)


def _parameters(command: click.Command) -> str:
    with click.Context(command, **CONTEXT) as context:
        rows = [record for each in command.params if (record := each.get_help_record(context))]
    return table(("option", "does"), ((code(names), text) for names, text in rows)) if rows else ""


def pytest_page() -> str:
    """The plugin's options, fixtures and marker."""
    about = (
        "The plugin comes with the package. `pytest --provider NAME` runs one test for each requirement; your own\n"
        "tests use the fixtures. If your project has an option with one of these names, yours wins."
    )
    options = [
        (code(f"{name_of(each)} {each.pytest_metavar or each.metavar or ''}".strip()), each.pytest_help or "")
        for each in OPTIONS
    ]
    fixtures = [
        (code(name), inspect.cleandoc(value.__doc__ or ""))
        for name, value in vars(plugin).items()
        if name.startswith("screentest_") and value.__doc__
    ]
    lines: list[tuple[str, str]] = []

    class Config:
        def addinivalue_line(self, _: str, line: str) -> None:
            name, _, text = line.partition(": ")
            lines.append((code(name), text))

        def getoption(self, *_: object) -> None:
            return None

    plugin.pytest_configure(Config())  # type: ignore[arg-type]
    parts = ["\n## Options\n", table(("option", "does"), options), "\n## Fixtures\n"]
    parts += [table(("fixture", "gives"), fixtures), "\n## Marker\n", table(("marker", "does"), lines)]
    return made("pytest", about) + "".join(parts)


def python() -> str:
    """The public names with their signatures and docstrings."""
    about = "What the three public modules export. [Use Python](../python-api.md) goes by task."
    parts = [made("Python names", about)]
    for module in (screentest, stores, testing):
        parts.append(f"\n## {module.__name__}\n")
        for name in module.__all__:
            parts.append(f"\n### {name}\n\n{_described(module, name)}\n")
    return "".join(parts)


def _described(module: object, name: str) -> str:
    value = getattr(module, name)
    signature = ""
    if callable(value) and (inspect.isfunction(value) or inspect.isclass(value)):
        try:
            signature = f"```text\n{name}{_plain(inspect.signature(value))}\n```\n\n"
        except ValueError:
            signature = ""
    text = inspect.getdoc(value) if inspect.isfunction(value) or inspect.isclass(value) else None
    if not text:
        return f"```text\n{name}: {getattr(type(value), '__name__', '')}\n```"
    prose, mark, example = text.partition(">>> ")
    return signature + prose.strip() + (f"\n\n```python\n{mark}{example.rstrip()}\n```" if mark else "")


def _plain(signature: inspect.Signature) -> str:
    """A signature as every Python writes it, without addresses of memory."""
    shown = [
        each.replace(default=...) if " at 0x" in repr(each.default) else each for each in signature.parameters.values()
    ]
    return str(signature.replace(parameters=shown)).replace("pathlib._local.", "pathlib.").replace("Ellipsis", "...")


def scenarios() -> str:
    """The scenarios of the mock."""
    about = (
        "Legal behaviour of the mock that is hard for clients. `N` or `CODE` after a colon changes it: `slow:3`.\n"
        "[Make the mock misbehave](../failures.md) shows how to choose one.\n\n"
        "What waits (`slow-answers`, `silent-create`) needs a mock with a speed. Where the clock stands still, the\n"
        "answer comes at once, and the clock has moved on by as much."
    )
    return made("Scenarios", about) + table(
        ("name", "the task"), ((code(name), text) for name, text in SCENARIOS.items())
    )


def deviations() -> str:
    """The deviations of the mock, with the requirements that notice each."""
    about = (
        "Violations that you can tell the mock to commit: `screentest serve NAME --deviation DEVIATION`. The suites\n"
        "notice each of them by one of the requirements in the last column, where `*` stands for any text."
    )
    rows = ((code(each.name), each.about, ", ".join(map(code, each.breaks))) for each in DEVIATIONS.values())
    return made("Deviations", about) + table(("name", "the mock", "requirements"), sorted(rows))


def variations() -> str:
    """The legal variations of the mock."""
    about = "Legal differences between servers. The suites must not blame them: `screentest selfcheck` proves it."
    rows = ((code(each.name), each.about) for each in VARIATIONS.values())
    return made("Variations", about) + table(("name", "the mock"), sorted(rows))


def control_plane() -> str:
    """The control plane, from its OpenAPI document."""
    from screentest_mockserver.server.control import control_description

    about = (
        "Every mock answers under `/_screentest/`, on loopback only, or with the token of `--control-token`.\n"
        "`GET /_screentest/openapi.json` is the same as OpenAPI. A wrong order is answered 400, with what is wrong."
    )
    parts = [made("Control plane", about)]
    for path, methods in control_description()["paths"].items():
        for method, operation in methods.items():
            parts.append(f"\n## {method.upper()} {path}\n\n{operation['summary']}\n")
            told = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            rows = [*members(told)]
            rows += [
                (code(p["name"]), kind_of(p["schema"]), p.get("description", ""))
                for p in operation.get("parameters", ())
            ]
            answer = operation["responses"]["200"]["content"]["application/json"]["schema"]
            parts.append(_titled("It takes", rows) + _titled("It answers", members(answer)))
    return "".join(parts)


def _titled(title: str, rows: Iterable[tuple[str, str, str]]) -> str:
    rows = list(rows)
    return f"\n{title}:\n{table(('member', 'value', 'meaning'), rows)}" if rows else ""


def report() -> str:
    """The JSON report, from its schema."""
    about = "The canonical form of a report (`--report FILE.json`). All other forms are made from it."
    return made("Report", about) + _schema(SUITES / "reporting" / "report.schema.json")


def recording() -> str:
    """The files of a recording, from their schema."""
    about = "The folder that `--record` writes."
    return made("Recording", about) + _schema(SUITES / "recording" / "recording.schema.json")


def _schema(file: Path) -> str:
    schema = json.loads(file.read_text("utf-8"))
    parts = [
        f"\n{schema['description']}\n\nIts schema is `{schema['$id']}` in the file `{file.name}` of the package.\n"
    ]
    if rows := list(members(schema)):
        parts.append(table(("member", "value", "meaning"), rows))
    for name, inner in schema["$defs"].items():
        parts.append(f"\n## {name}\n\n{inner.get('description') or f'Value: {kind_of(inner)}.'}\n")
        rows = [row for part in (inner, *inner.get("oneOf", ())) for row in members(part)]
        parts.append(table(("member", "value", "meaning"), dict.fromkeys(rows)) if rows else "")
    return "".join(parts)


PAGES: Mapping[str, Callable[[], str]] = {
    "cli.md": cli,
    "pytest.md": pytest_page,
    "python.md": python,
    "scenarios.md": scenarios,
    "deviations.md": deviations,
    "variations.md": variations,
    "vocabulary.md": vocabulary.page,
    "control-plane.md": control_plane,
    "report.md": report,
    "recording.md": recording,
}


def pages() -> dict[str, str]:
    """Every page that is made, by its path below docs/reference."""
    return {name: make() for name, make in PAGES.items()} | provider_pages()


if __name__ == "__main__":
    for name, text in pages().items():
        file = FOLDER / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
