"""Tasks of the project: `nox` runs what a change must pass; `nox -s NAME` runs one, `nox -l` lists them all.

The sessions have the locked versions of `tests/requirements.txt`; `newest` and `lowest` have others, `clients` more.
"""

import shutil
from pathlib import Path

import nox

nox.options.sessions = ["tests", "typing", "lint", "conformance", "build"]
nox.options.default_venv_backend = "venv"

PROJECT = nox.project.load_toml("pyproject.toml")
DEV = nox.project.dependency_groups(PROJECT, "dev")
CLIENTS = nox.project.dependency_groups(PROJECT, "clients")
LOCK = "tests/requirements.txt"
CLIENTS_LOCK = "tests/clients/requirements.txt"
TESTS = "pytest", "-n", "4", "--dist", "worksteal", "-q"


def install(session: nox.Session, *more: str) -> None:
    """The locked versions, and Screentest itself, which is built with them, too."""
    session.install("-r", LOCK)
    session.install("--no-deps", "--no-build-isolation", "-e", ".")
    if more:
        session.install(*more)


@nox.session
def tests(session: nox.Session) -> None:
    """Our own tests."""
    install(session)
    session.run(*TESTS, *session.posargs)


@nox.session
def slow(session: nox.Session) -> None:
    """The rows of our large matrices that `tests` leaves out (`tests/turns.py`)."""
    install(session)
    session.run(*TESTS, "-m", "slow", *session.posargs)


@nox.session
def typing(session: nox.Session) -> None:
    """Types, strictly."""
    install(session)
    session.run("mypy")


@nox.session
def lint(session: nox.Session) -> None:
    """Style, and who may import whom."""
    install(session)
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("lint-imports")


@nox.session
def conformance(session: nox.Session) -> None:
    """The main job: every provider's mock judged by the suites."""
    install(session)
    session.run("screentest", "check")


@nox.session
def selfcheck(session: nox.Session) -> None:
    """The suites proven on the mock: every deviation by every model (the tests take fewer models)."""
    install(session)
    session.run("screentest", "selfcheck", *session.posargs)
    if not session.posargs:
        session.run("screentest", "selfcheck", "--clients")


@nox.session
def kinds(session: nox.Session) -> None:
    """docs/requirement-kinds.md, with new figures: every deviation in the smallest documents that show it."""
    install(session)
    session.run("python", "tests/kinds/page.py", *(session.posargs or ["--detect"]))


@nox.session
def docs(session: nox.Session) -> None:
    """The site in `site/`: reference pages anew, a strict build, the house style, and every command of the pages."""
    install(session)
    session.run("python", "-m", "tests.pages.reference")
    session.run("zensical", "build", "--strict", "--clean")
    session.run("python", "-m", "tests.pages.prose")
    session.run("pytest", "-q", "-m", "slow or not slow", "tests/pages", *session.posargs)


@nox.session
def build(session: nox.Session) -> None:
    """The wheel, and what it installs."""
    install(session)
    session.run("pytest", "-q", "tests/test_wheel.py", "-p", "no:cacheprovider")


@nox.session
def release(session: nox.Session) -> None:
    """What a release publishes, rehearsed: built twice, checked, and run by uvx, pipx and as a zipapp. Into `dist/`."""
    session.install(
        "build>=1.2", "check-wheel-contents>=0.6", "cyclonedx-bom>=7", "pipx>=1.7", "shiv>=1", "twine>=6", "uv>=0.9"
    )
    session.run("python", "tests/release/rehearse.py", *(session.posargs or ["dist"]))


@nox.session
def descriptions(session: nox.Session) -> None:
    """`screentest init` on the OpenAPI files of a folder: docs/real-descriptions.md."""
    install(session)
    session.run("python", "-m", "tests.descriptions.run", *session.posargs)


@nox.session
def hostile(session: nox.Session) -> None:
    """Servers that never end, with the options of a user who gives none: how long a run takes. Ten minutes."""
    install(session)
    session.run("python", "-m", "tests.hostile.defaults", *session.posargs)


@nox.session
def clients(session: nox.Session) -> None:
    """Real client libraries, in Python and JavaScript, against our mocks, and docs/clients.md anew. `-- newest`: with
    their newest versions, and the page left as it is."""
    newest = session.posargs[:1] == ["newest"]
    if newest:
        session.install("--upgrade", "pip")
        session.install("-e", ".", *DEV, *CLIENTS)
    else:
        session.install("-r", CLIENTS_LOCK)
        session.install("--no-deps", "--no-build-isolation", "-e", ".")
    environment = {} if newest else {"SCREENTEST_CLIENTS": "write"}
    if shutil.which("npm") is not None:
        folder = Path(session.create_tmp()).resolve()
        packages = ("openai@>=6", "@fal-ai/client@>=1")
        session.run("npm", "install", "--no-fund", "--no-audit", "--prefix", str(folder), *packages, external=True)
        environment["SCREENTEST_NODE_MODULES"] = f"{folder}/node_modules"
    session.run(
        *("pytest", "-n", "2", "--dist", "loadfile", "-q", "-p", "no:asyncio", "tests/clients"),
        *session.posargs[newest:],
        env=environment,
    )


@nox.session
def judged(session: nox.Session) -> None:
    """Real client libraries judged as users' clients are, and docs/client-libraries.md anew. Fifteen minutes; names of
    libraries: those alone, with the reports that are there already on the others."""
    session.install("-r", CLIENTS_LOCK)
    session.install("--no-deps", "--no-build-isolation", "-e", ".")
    session.run("python", "-m", "tests.clients.judged.run", f"{session.create_tmp()}/reports", *session.posargs)


@nox.session
def lock(session: nox.Session) -> None:
    """Brings the locked versions up to date: the newest that `pyproject.toml` allows, for every Python and system."""
    session.install("uv>=0.9")
    for file, *options in (
        (LOCK, "--group", "dev"),
        (CLIENTS_LOCK, "--group", "dev", "--group", "clients", "--constraint", LOCK),
    ):
        session.run(
            *("uv", "pip", "compile", "pyproject.toml", *options, "--output-file", file, "--upgrade", "--quiet"),
            *("--universal", "--python-version", "3.11", "--generate-hashes", "--no-emit-index-url"),
            *("--custom-compile-command", "nox -s lock"),
        )


@nox.session
def newest(session: nox.Session) -> None:
    """Our own tests with the newest versions of everything: what a user gets today."""
    session.install("--upgrade", "pip")
    session.install("-e", ".", *DEV)
    session.run(*TESTS, *session.posargs)


@nox.session(python="3.11")
def lowest(session: nox.Session) -> None:
    """Our own tests with the lowest versions that `pyproject.toml` promises to work with, on the lowest Python."""
    session.install("uv>=0.9")
    session.run("uv", "pip", "install", "--quiet", "--resolution", "lowest-direct", "-e", ".", "--group", "dev")
    session.run(*TESTS, *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Speed and size, as ratios within one run."""
    install(session)
    session.run("python", "tests/benchmarks/run.py", *session.posargs)
    if not session.posargs:
        session.run("python", "tests/benchmarks/stores.py")


@nox.session
def soak(session: nox.Session) -> None:
    """A mixed load on a mock whose store is bounded: memory stays flat. 75 seconds; `-- --seconds 3600`: an hour."""
    install(session)
    session.run("python", "tests/benchmarks/soak.py", *session.posargs)


@nox.session
def mutate(session: nox.Session) -> None:
    """How many small breakages of our code the tests notice (docs/mutation.md). An hour; less for named modules."""
    install(session, "cosmic-ray>=8.7")
    session.run("python", "tests/mutation/run.py", *session.posargs)


@nox.session
def gateway(session: nox.Session) -> None:
    """A real gateway, LiteLLM's proxy, in front of our mock, judged by the suites (docs/gateways.md)."""
    install(session)
    proxy = f"{session.create_tmp()}/proxy"  # an environment of its own: its versions are not ours
    session.run("python", "-m", "venv", proxy)
    session.run(f"{proxy}/bin/pip", "install", "--quiet", "litellm[proxy]>=1.108", "prisma>=0.15", external=True)
    session.run("python", "tests/gateways/litellm_proxy.py", f"{proxy}/bin/litellm", *session.posargs)


@nox.session
def explore(session: nox.Session) -> None:
    """Our property-based tests with many examples, other ones each time."""
    install(session)
    command = "pytest", "-n", "2", "-q", "--hypothesis-profile", "explore", "-m", "hypothesis"
    session.run(*command, *(session.posargs or ["tests/contracts", "tests/mockserver", "tests/suites"]))
