"""What is observed, part by part: each part is a list of jobs, each job works at a desk of its own."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from misuses import MISUSES
from observing import Bench, Desk, ask

BUILT_IN = ("ark", "dashscope", "evolink", "newapi", "nexusflow", "openai", "tokenbay", "tokenhot")
PAIRED = ("evolink", "newapi", "nexusflow", "tokenbay", "tokenhot")
"""Of which each is compared with all the others."""
FORMS = ("json", "html", "md", "xml", "svg")
COMPARED = ("ark", "openai", "queue.yaml")
"""Documents that a client of the first built-in provider is compared with, beside all built-in pairs."""
MODEL = "happyhorse-1.1-text-to-video"

Job = Callable[[Desk], object]
Jobs = Iterator[tuple[str, Job]]


def subjects(bench: Bench) -> dict[str, str]:
    """Every document: its name in the snapshot, and what the command line calls it."""
    return {name: name for name in BUILT_IN} | {name: f"{name}.yaml" for name in bench.documents}


def helps(bench: Bench) -> Jobs:
    def all_of_it(desk: Desk) -> None:
        commands = desk.say("screentest", "--help").partition("Commands:")[2]
        desk.say("version", "--version")
        for command in re.findall(r"^  (\w[\w-]*)", commands, re.MULTILINE):
            desk.say(command, command, "--help")
        said = desk.run("pytest", "pytest", "--help", keep=False)
        ours = re.search(
            r"^conformance of .*?(?=^\S.*:$|^\[pytest\])", said.partition("\n")[2], re.MULTILINE | re.DOTALL
        )
        desk.write("pytest.txt", ours[0] if ours else "(nothing of ours)\n")

    yield "all", all_of_it


def lists(bench: Bench) -> Jobs:
    def plain(desk: Desk) -> None:
        for command in ("providers", "scenarios", "deviations", "variations"):
            desk.say(command, command)

    def of(desk: Desk, name: str, subject: str) -> None:
        for command in ("deviations", "variations"):
            desk.say(f"{name}.{command}", command, subject)

    yield "all", plain
    for name, subject in subjects(bench).items():
        yield name, partial(of, name=name, subject=subject)


def requirements(bench: Bench) -> Jobs:
    def of(desk: Desk, name: str, words: Sequence[str]) -> None:
        desk.say(f"{name}.table", "requirements", *words)
        desk.say(name, "requirements", *words, "--format", "json")  # 12 s of a core where models are many

    yield "all built-in", lambda desk: desk.say("default.table", "requirements")
    for name, subject in subjects(bench).items():
        yield name, partial(of, name=name, words=(subject,))


def lint(bench: Bench) -> Jobs:
    def of(desk: Desk, name: str, subject: str) -> None:
        for form in ("text", "json", "sarif"):
            desk.say(f"{name}.{form}", "lint", subject, "--format", form)

    def several(desk: Desk) -> None:
        desk.say("several.quiet", "lint", *BUILT_IN, "jobs.yaml", "--quiet")
        desk.say("several.file", "lint", *BUILT_IN, "--format", "sarif", "-o", "found.sarif")
        desk.write("several.written.json", json.loads((desk.folder / "found.sarif").read_text(encoding="utf-8")))

    for name, subject in subjects(bench).items():
        yield name, partial(of, name=name, subject=subject)
    for name in bench.descriptions:
        yield name, partial(of, name=name, subject=f"{name}.yaml")
    yield "several", several


def compare(bench: Bench) -> Jobs:
    def of(desk: Desk, name: str, words: Sequence[str]) -> None:
        for form in ("table", "json"):
            desk.say(f"{name}.{form}", "compare", *words, "--format", form)
        desk.say(f"{name}.html", "compare", *words, "--format", "html", "-o", "page.html")
        desk.keep_file(f"{name}.page", "page.html")

    for first in PAIRED:
        others = [name for name in PAIRED if name != first]
        yield first, partial(of, name=first, words=(first, *others, *(COMPARED if first == PAIRED[0] else ())))
    yield COMPARED[0], partial(of, name="ark", words=(COMPARED[0], PAIRED[0]))
    yield "matrix", partial(of, name="matrix", words=("--matrix", *subjects(bench).values()))
    yield "default", partial(of, name="default", words=())


def plan(bench: Bench) -> Jobs:
    def of(desk: Desk, name: str, subject: str) -> None:
        desk.say(f"{name}.json", "plan", subject, "--max-spend", "5", "--assume-price", "1", "--format", "json")
        if subject in BUILT_IN:
            desk.say(f"{name}.table", "plan", subject, "--max-spend", "5")

    for name, subject in subjects(bench).items():
        yield name, partial(of, name=name, subject=subject)
    yield "no budget", lambda desk: desk.say("no-budget", "plan", "tokenbay")


def init(bench: Bench) -> Jobs:
    def of(desk: Desk, name: str) -> None:
        desk.say(name, "init", f"{name}.yaml", "-o", "draft.yaml")
        desk.keep_file(f"{name}.draft", "draft.yaml")
        desk.say(f"{name}.printed", "init", f"{name}.yaml")
        desk.say(f"{name}.linted", "lint", "draft.yaml")
        desk.say(f"{name}.requirements", "requirements", "draft.yaml")

    for name in bench.descriptions:
        yield name, partial(of, name=name)


def misuse(bench: Bench) -> Jobs:
    def of(desk: Desk, name: str, words: Sequence[str], variables: dict[str, str]) -> None:
        (desk.folder / "bad.yaml").write_text("openapi: 3.1.0\nx-task: {version: 1, rolls: {}}\n", encoding="utf-8")
        (desk.folder / "text.yaml").write_text("just: [words\n", encoding="utf-8")
        (desk.folder / "no-report.json").write_text('{"header": 1}\n', encoding="utf-8")
        desk.say(name, *words, **variables)

    for name, words, variables in MISUSES:
        yield name, partial(of, name=name, words=words, variables=variables)


def check(bench: Bench) -> Jobs:
    def of(desk: Desk, name: str, words: Sequence[str]) -> None:
        reports = [word for form in FORMS for word in ("--report", f"run.{form}")]
        desk.say(name, "check", *words, "--seed", "0", "-v", *reports)
        for form in FORMS:
            desk.keep_file(f"{name}.report", f"run.{form}")

    for name, subject in subjects(bench).items():
        yield name, partial(of, name=name, words=(subject,))
    yield "two in one", partial(of, name="two", words=("tokenbay", "queue.yaml"))
    yield "default", _plain


def _plain(desk: Desk) -> None:
    desk.say("default", "check")
    desk.say("one-model", "check", "evolink", "--model", MODEL, "--examples", "10")
    desk.say("baseline.written", "check", "tokenbay", "--baseline", "known.txt", "--update-baseline")
    for file in sorted(desk.folder.glob("known.txt")):
        desk.write("baseline.file.txt", file.read_text(encoding="utf-8"))
    desk.say("baseline.used", "check", "tokenbay", "--baseline", "known.txt")


def tests(bench: Bench) -> Jobs:
    """The summary rows of pytest; what it says of the machine is no row."""

    def of(desk: Desk, name: str, words: Sequence[str]) -> None:
        said = desk.run(name, "pytest", *words, "-rA", "-p", "no:cacheprovider", "--report", "run.json", keep=False)
        rows = re.findall(r"^(?:screentest: |[A-Z]+ |=+ .* in ).*$", said, re.MULTILINE)
        desk.write(f"{name}.txt", "\n".join(rows) + "\n")
        desk.keep_file(f"{name}.report", "run.json")

    yield "evolink", partial(of, name="evolink", words=("--provider", "evolink", "-v"))
    yield "two", partial(of, name="two", words=("--provider", "tokenbay", "--provider", "ark", "-v"))


def recording(bench: Bench) -> Jobs:
    yield "a served mock that errs", partial(_recorded, name="errs", options=("--deviation", "accepts-above-maximum"))
    yield "a served mock", partial(_recorded, name="plain", options=())


def _recorded(desk: Desk, name: str, options: Sequence[str]) -> None:
    """Judged over the wire in real time: verdicts and evidence are the same each time, the rhythm of polls is not."""
    keys = {"EVOLINK_API_KEY": "sk-screentest", "EVOLINK_API_KEY_SECOND": "sk-screentest-other"}
    judged = ("--model", MODEL, "--poll-interval", "0.1", "--task-timeout", "60", "--seed", "0")
    with desk.serving("evolink", "--speed", "60", *options) as url:
        for run in ("first", "second"):
            words = ("check", "evolink", "--target", url, *judged, "--record", run, "--report", f"{run}.json")
            desk.say(f"{name}.{run}", *words, **keys)
    desk.keep_file(f"{name}.report", "first.json", _without_polls)
    files = sorted(
        re.sub(r"[0-9a-f]{64}", "<digest>", str(path.relative_to(desk.folder)))
        for path in (desk.folder / "first").rglob("*")
    )
    desk.write(f"{name}.files.txt", "\n".join(dict.fromkeys(files)) + "\n")
    desk.say(f"{name}.replay", "replay", "first", "--report", "again.json", "--report", "again.md")
    desk.keep_file(f"{name}.replayed", "again.json", _without_polls)
    desk.keep_file(f"{name}.replayed", "again.md")
    for form in ("table", "json"):
        desk.say(f"{name}.diff.{form}", "diff", "first", "second", "--format", form)
        desk.say(f"{name}.diff-reports.{form}", "diff", "first.json", "again.json", "--format", form)


def _without_polls(report: Any) -> Any:
    """Left out: how many polls there were, hence how often a requirement was judged, and which task began first."""
    tasks = sorted((task["model"], task["plan"], task["ended"]) for task in report["tasks"])
    rows = [{key: value for key, value in row.items() if key != "judged"} for row in report["requirements"]]
    return {**report, "requirements": rows, "tasks": tasks}


def serve(bench: Bench) -> Jobs:
    """A conversation with a mock whose clock stands still, and with its control plane."""

    def of(desk: Desk) -> None:
        key = {"Authorization": "Bearer sk-screentest"}
        with desk.serving("evolink", "--clock", "manual") as url:
            said = {"health": ask(f"{url}/_screentest/health")}
            said["scenario"] = ask(f"{url}/_screentest/scenario", {"name": "failure", "provider": "evolink"})
            made = said["create"] = ask(f"{url}/v1/videos/generations", {"model": MODEL, "prompt": "A boat."}, **key)
            said["first poll"] = ask(f"{url}/v1/tasks/{made['id']}", **key)
            said["advance"] = ask(f"{url}/_screentest/clock/advance", {"seconds": 300})
            said["last poll"] = ask(f"{url}/v1/tasks/{made['id']}", **key)
            said |= {name: ask(f"{url}/_screentest/{name}") for name in ("clock", "tasks", "journal", "callbacks")}
        desk.write("evolink.json", said)
        desk.write("evolink.txt", (desk.folder / "serve.out").read_text(encoding="utf-8"))

    def all_of_them(desk: Desk) -> None:
        with desk.serving("--scenario", "slow") as url:
            desk.write("all.json", {"health": ask(f"{url}/_screentest/health")})
        desk.write("all.txt", (desk.folder / "serve.out").read_text(encoding="utf-8"))

    def token(desk: Desk) -> None:
        desk.served = True
        key = f"sk-screentest:sk-screentest-{'0123456789abcdef' * 4}"
        for flaw in ("", "expired", "forged", "unsigned", "stranger"):
            words = ("token", "signed.yaml", *(("--flaw", flaw) if flaw else ()))
            desk.say(f"token.{flaw or 'good'}", *words, ACME_SIGNED_API_KEY=key)

    yield "evolink", of
    yield "all", all_of_them
    yield "token", token


def selfcheck(bench: Bench) -> Jobs:
    """Rows come as the processes end, of which there are always two."""
    yield "all", lambda desk: desk.say("all", "selfcheck", "-v", "--jobs", "2", unordered=True)
