"""How a client ends: with the whole video, or with a clear failure and no file."""

from collections.abc import Callable, Mapping
from urllib.parse import unquote

from screentest_contracts.contract import Contract, Role
from screentest_contracts.requirements import Requirement, Situations, client_kinds
from screentest_mockserver.wire.journal import Entry
from screentest_suites.clients.registry import Broken, Said, Unseen, client_check
from screentest_suites.clients.seen import END_UNSEEN, FILES, ClientRun, Ended, is_end, operation_of
from screentest_suites.clients.situations import ENDLESS


def _asks_again(entry: Entry) -> bool:
    """Whether a request is a download after the first one, which broke off."""
    return entry.method != "HEAD" and (entry.said in (*FILES, "bad-range") or entry.status == 416)


_MET: Mapping[str, Callable[[Entry], bool]] = {
    **dict.fromkeys(("failure", "cancelled", "expired"), lambda entry: is_end(entry) and entry.said != "succeeded"),
    "rate-limited-create": lambda entry: entry.said == "rate-limited",
    "rate-limited": lambda entry: entry.said == "rate-limited",
    "retry-after-date": lambda entry: entry.said == "rate-limited",
    "server-errors": lambda entry: entry.status >= 500,
    "lost-polls": lambda entry: entry.status == 0,
    "late-bytes": lambda entry: entry.said == "not-ready",
    "server-errors-content": lambda entry: entry.said == "server-error",
    "truncated-bytes": lambda entry: entry.said == "truncated",
    "truncated-bytes:1": lambda entry: entry.said == "truncated",
    **dict.fromkeys(("ignored-range", "replaced-file", "lost-end"), _asks_again),
    "redirected-result": lambda entry: entry.said == "redirect",
    "stale-link": lambda entry: entry.said == "link-expired",
    **dict.fromkeys(("unknown-status", "unknown-end"), lambda entry: entry.said == "unknown-status"),
    "empty-bytes": lambda entry: entry.said == "empty",
    "text-for-bytes": lambda entry: entry.said == "other",
    "no-result": lambda entry: entry.said == "no-result",
    "lost-task": lambda entry: entry.said == "unknown-task",
}
"""By which request a situation has been met; one that is not here is met by any."""

_STILL_TRYING = ("truncated-bytes", "empty-bytes", "text-for-bytes", "no-result", "lost-task", *ENDLESS)
"""Situations in which a client that still runs at the time limit may still try."""


def met(contract: Contract, run: ClientRun) -> bool:
    """Whether the client has met what makes the situation what it is."""
    if run.situation.startswith("refuse-create:"):
        return any(entry.said == run.situation.partition(":")[2] for entry in run.of(contract, Role.CREATE))
    seen = _MET.get(run.situation)
    return bool(run.entries) and (seen is None or any(map(seen, run.entries)))


def _requests(run: ClientRun) -> tuple[Entry, ...]:
    """The last requests, the last one first: what a client did before it ended."""
    return tuple(reversed(run.entries[-3:]))


def _told(ended: Ended) -> str:
    """How a command ended, and the last lines that it printed."""
    printed = [line.strip()[:200] for line in ended.output.splitlines() if line.strip()][-2:]
    return ended.told + (f"; it printed: {' / '.join(printed)}" if printed else "")


@client_check(client_kinds.HAS_VIDEO)
def judge_video(contract: Contract, requirement: Requirement[Situations], run: ClientRun) -> Said:
    """The command ends with exit status 0 and the video, byte for byte."""
    expected = "the whole video at the output path, and exit status 0"
    if not run.entries and run.situation == "success" and run.ended is not None:
        return Broken(
            f"nothing was asked of the mock: {_told(run.ended)}",
            f"calls to the address in SCREENTEST_BASE_URL; {expected}",
        )
    if not met(contract, run):
        return Unseen("the client did not meet the situation" if run.entries else "nothing was asked")
    if run.ended is None:
        return 1 if any(entry.said in FILES for entry in run.downloads) else Unseen(END_UNSEEN)
    if run.ended.status == 0 and run.ended.file is not None and run.ended.file.is_video:
        return 1
    return Broken(_told(run.ended), expected, _requests(run))


@client_check(client_kinds.HAS_NONE)
def judge_none(contract: Contract, requirement: Requirement[Situations], run: ClientRun) -> Said:
    """The command ends with another exit status than 0, and there is no file."""
    if not met(contract, run):
        return Unseen("the client did not meet the situation" if run.entries else "nothing was asked")
    if run.ended is None:
        return Unseen(END_UNSEEN)
    if run.ended.status is None:
        if run.situation in _STILL_TRYING:
            return Unseen(f"{run.ended.told}: it may still try")
        return Broken(run.ended.told, "an exit status other than 0", _requests(run))
    if run.ended.status == 0 or run.ended.file is not None:
        return Broken(run.ended.told, "an exit status other than 0, and no file", _requests(run))
    return 1


@client_check(client_kinds.HONEST)
def judge_honest(contract: Contract, requirement: Requirement[Situations], run: ClientRun) -> Said:
    """The command has the video and says so, or has none and says so."""
    if not met(contract, run):
        return Unseen("nothing was asked")
    if run.ended is None or run.ended.status is None:
        return Unseen("the client had not ended" if run.ended is not None else END_UNSEEN)
    file = run.ended.file
    if run.ended.status == 0 and file is not None and file.is_video:
        return 1
    if run.ended.status != 0 and file is None:
        return 1
    return Broken(run.ended.told, "the whole video with exit status 0, or no file with another one", _requests(run))


@client_check(client_kinds.CANCELS)
def judge_cancels(contract: Contract, requirement: Requirement[Situations], run: ClientRun) -> Said:
    """A task that still runs is cancelled before the command ends."""
    polls = run.polls(contract)
    if run.ended is None or run.ended.status is None or not polls:
        return Unseen(END_UNSEEN if run.ended is None else "the client has not given up on a task")
    if any(200 <= entry.status < 300 for entry in (*run.of(contract, Role.CANCEL), *run.of(contract, Role.DELETE))):
        return 1
    return Broken(f"{run.ended.told}, and the task runs on", "a cancel of the task", (polls[-1],))


@client_check(client_kinds.SAYS_WHY)
def judge_why(contract: Contract, requirement: Requirement[Situations], run: ClientRun) -> Said:
    """What the command prints has the code or the words of the failure."""
    if run.ended is None or run.ended.status is None or not met(contract, run):
        return Unseen(END_UNSEEN if run.ended is None else "the client has not told how it ended")
    failure = contract.failures[0]
    words = [" ".join(text.split()) for text in (failure.code, failure.message) if text]
    printed = " ".join(run.ended.output.split()).lower()
    if any(word.lower() in printed for word in words):
        return 1
    shown = tuple(entry for entry in run.entries if is_end(entry))[:1]
    return Broken("what the command printed has neither code nor message of the failure", " or ".join(words), shown)


def calls_back(contract: Contract, run: ClientRun) -> bool:
    """Whether a create of this run asked to be called back."""
    rule = contract.callback
    if rule is None or not run.callback_url:
        return False
    where = run.callback_url.encode()
    for entry in run.of(contract, Role.CREATE):
        operation = operation_of(contract, entry)
        if operation is not None and (where in entry.body or run.callback_url in unquote(entry.query)):
            return True
    return False
