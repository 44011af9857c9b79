"""Tasks of the project: `nox` runs all but selfcheck, bench, mutate and explore; `nox -s NAME` runs one."""

import nox

nox.options.sessions = ["tests", "typing", "lint", "conformance", "build"]
nox.options.default_venv_backend = "venv"

DEV = nox.project.dependency_groups(nox.project.load_toml("pyproject.toml"), "dev")


@nox.session
def tests(session: nox.Session) -> None:
    """Our own tests."""
    session.install("-e", ".", *DEV)
    session.run("pytest", "-n", "3", "--dist", "worksteal", "-q", *session.posargs)


@nox.session
def typing(session: nox.Session) -> None:
    """Types, strictly."""
    session.install("-e", ".", *DEV)
    session.run("mypy")


@nox.session
def lint(session: nox.Session) -> None:
    """Style, and who may import whom."""
    session.install("-e", ".", *DEV)
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("lint-imports")


@nox.session
def conformance(session: nox.Session) -> None:
    """The main job: every provider's mock judged by the suites."""
    session.install("-e", ".")
    session.run("screentest", "check")


@nox.session
def selfcheck(session: nox.Session) -> None:
    """The suites proven on the mock: every deviation by every model (the tests take fewer models)."""
    session.install("-e", ".")
    session.run("screentest", "selfcheck", *session.posargs)


@nox.session
def build(session: nox.Session) -> None:
    """The wheel, and what it installs."""
    session.install("-e", ".", "build", *DEV)
    session.run("pytest", "-q", "tests/test_wheel.py", "-p", "no:cacheprovider")


@nox.session
def bench(session: nox.Session) -> None:
    """Speed and size, as ratios within one run."""
    session.install("-e", ".", *DEV)
    session.run("python", "tests/benchmarks/run.py", *session.posargs)


@nox.session
def mutate(session: nox.Session) -> None:
    """How many small breakages of our code the tests notice (docs/mutation.md). An hour; less for named modules."""
    session.install("-e", ".", *DEV, "cosmic-ray>=8.7")
    session.run("python", "tests/mutation/run.py", *session.posargs)


@nox.session
def explore(session: nox.Session) -> None:
    """Our property-based tests with many examples, other ones each time."""
    session.install("-e", ".", *DEV)
    command = "pytest", "-n", "2", "-q", "--hypothesis-profile", "explore", "-m", "hypothesis"
    session.run(*command, *(session.posargs or ["tests/contracts", "tests/mockserver", "tests/suites"]))
