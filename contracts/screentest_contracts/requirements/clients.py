"""What a client of a provider can be held to, by the document and by HTTP itself (RFC 9110).

The level is that of the fact, as for servers; what is advice by nature (an interval, a way to survive) is a SHOULD at
most. What the contract with a command under test asks (docs/judge-your-client.md: one video, or a clear failure) is a
MUST.
"""

from collections.abc import Iterator
from typing import cast

from screentest_contracts.contract import Contract, ErrorRow, Role, StatusClass
from screentest_contracts.facts import Fact, Level, Mark
from screentest_contracts.requirements import client_kinds as kinds
from screentest_contracts.requirements.client_kinds import Situations
from screentest_contracts.requirements.client_situations import (
    ADVICE,
    ALL,
    COMMAND,
    HABIT,
    LAW,
    PLAIN,
    REFUSALS,
    SURVIVED,
    VARIATIONS,
    capped,
)
from screentest_contracts.requirements.kinds import Kind
from screentest_contracts.requirements.model import Builder, Requirement


def client_requirements(contract: Contract) -> tuple[Requirement[Situations], ...]:
    """What a client of a provider is held to, group by group."""
    builder = Builder(contract)
    for add in (_creating, _keys, _waiting, _ending, _surviving, _calling_back):
        add(builder)
    return tuple(cast("Requirement[Situations]", each) for each in builder.requirements.values())


def situations(contract: Contract) -> tuple[str, ...]:
    """Every situation by which something of a client is judged, each once, in a sensible order: names of scenarios or
    variations of the mock, of which a document may not fit some."""
    found = dict.fromkeys(PLAIN)
    for requirement in client_requirements(contract):
        found.update(dict.fromkeys(name for name in requirement.subject.names if name != "*"))
    ends = {end for profile in contract.profiles.values() for end in profile.outcomes}
    return tuple(name for name in found if name not in ("cancelled", "expired") or StatusClass(name) in ends)


# -- creating -----------------------------------------------------------------------------------------------------


def _creating(builder: Builder) -> None:
    contract, add, group = builder.contract, builder.add, "client.creating"
    fact = next(iter(contract.models.values())).fact
    text = "A create is valid by the document."
    add("client.create.valid", kinds.CREATE_VALID, group, fact, text, Situations(ALL))
    text = "A create keeps what the document does not say outright: its limits that are assumed or derived."
    add("client.create.valid.assumed", kinds.CREATE_VALID, group, HABIT, text, Situations(ALL, "assumed"))
    text = "A create has no member that the document does not have."
    add("client.create.members", kinds.CREATE_MEMBERS, group, HABIT, text, Situations(ALL))
    text = "A create says what its body is, in a media type that the document takes (RFC 9110, 8.3)."
    add("client.create.content-type", kinds.CREATE_MEDIA, group, ADVICE, text, Situations(ALL))
    text = "A create asks for the model and the prompt that the command was given."
    add("client.create.wish", kinds.CREATE_WISH, group, COMMAND, text, Situations(ALL), level=Level.SHOULD)
    once = "One wish is one task"
    add("client.create.once", kinds.CREATE_ONCE, group, COMMAND, f"{once}.", Situations(PLAIN))
    twice = contract.promises.get("create-not-idempotent")
    lost = ADVICE if twice is None or twice.fact.mark is not Mark.DOCUMENTED else twice.fact
    advice = "a method that is not idempotent is not repeated by itself (RFC 9110, 9.2.2)"
    for situation, text in (
        ("lost-answer", f"{once}, also where the answer to the create was lost: {advice}."),
        ("silent-create", f"{once}, also where the answer to the create does not come in time: {advice}."),
        ("server-error-create", f"{once}, also where the create was answered with a server error: {advice}."),
    ):
        known = lost if situation != "server-error-create" else ADVICE
        name = f"client.create.once.{situation}"
        add(name, kinds.CREATE_ONCE, group, known, text, Situations((situation,), situation))
    polls = ("rate-limited", "server-errors", "lost-polls", "unknown-status", "retry-after", "lost-task")
    text = f"{once}, whatever becomes of a poll."
    add("client.create.once.polls", kinds.CREATE_ONCE, group, COMMAND, text, Situations(polls, "polls"))
    files: tuple[str, ...] = ("late-bytes", "server-errors-content", "truncated-bytes", "truncated-bytes:1")
    files += ("ignored-range", "replaced-file", "lost-end")
    files += ("empty-bytes", "text-for-bytes", "no-result", "stale-link")
    files += ("redirected-result", "elsewhere-result", "signed-link")
    text = f"{once}, whatever becomes of the download."
    add("client.create.once.downloads", kinds.CREATE_ONCE, group, COMMAND, text, Situations(files, "downloads"))
    limited = ("rate-limited-create", "retry-after-create")
    text = f"{once}: a create that was refused for its rate is repeated until it is accepted, and not after that."
    add("client.create.once.rate-limited", kinds.CREATE_ONCE, group, COMMAND, text, Situations(limited, "limited"))
    names = tuple(f"refuse-create:{row.condition}" for row in _refusals(contract))
    if names:
        text = "A create that was refused for what it asks, or for who asks, is not repeated unchanged."
        add("client.create.refused", kinds.CREATE_REFUSED, group, ADVICE, text, Situations(names))
    text = "No create is repeated before the time that Retry-After tells (RFC 9110, 10.2.3)."
    add("client.create.retry-after", kinds.RETRY_AFTER, group, ADVICE, text, Situations(limited, "create"))
    rule = contract.idempotency
    if rule is not None:
        where = Situations((*PLAIN, "lost-answer", "server-error-create", "silent-create"))
        text = f"A create has an idempotency key in {rule.place}, and its repetition the same one."
        add("client.create.idempotency-key", kinds.CREATE_KEY, group, capped(rule.fact), text, where)


def _refusals(contract: Contract) -> Iterator[ErrorRow]:
    """The rows of refused creates that clients are tried with: those of `REFUSALS`, and any that HTTP calls a
    success; none whose status asks for a repetition."""
    known = {row.condition: row for row in contract.error_rows() if Role.CREATE in row.roles}
    for name, row in known.items():
        if row.made.status in (408, 425, 429) or row.made.status >= 500:
            continue
        if name in REFUSALS or (row.made.status < 300 and name != "unknown-task"):
            yield row


# -- keys ---------------------------------------------------------------------------------------------------------


def _keys(builder: Builder) -> None:
    contract, add, group = builder.contract, builder.add, "client.keys"
    secured = next((row.fact for row in contract.error_rows() if row.condition in ("missing-key", "wrong-key")), HABIT)
    place = f"the query's {contract.key_query}" if contract.key_query else f"the header {contract.key_header}"
    text = f"Calls that need the key have it in {place}."
    add("client.key.sent", kinds.KEY_SENT, group, secured, text, Situations(ALL))
    kept = "other than the one that the document has" if contract.key_query else "nor in a body"
    text = f"No key stands in an address, {kept}: addresses are logged (RFC 9110, 17.9)."
    add("client.key.address", kinds.KEY_ADDRESS, group, ADVICE, text, Situations(ALL))
    text = "The key is sent to the vendor's own origin only, never to the host of a result or across a redirect."
    add("client.key.elsewhere", kinds.KEY_ELSEWHERE, group, LAW, text, Situations(ALL))
    if contract.link.auth == "required":
        fact = contract.link.facts["auth"]
        text = "The result is asked for with the key."
        add("client.key.result", kinds.KEY_RESULT, group, fact, text, Situations(PLAIN))


# -- waiting ------------------------------------------------------------------------------------------------------


def _waiting(builder: Builder) -> None:
    contract, add, group = builder.contract, builder.add, "client.waiting"
    polling = contract.polling
    text = "A client calls operations that the document has."
    add("client.paths", kinds.KNOWN_PATHS, group, HABIT, text, Situations(ALL))
    text = "Polls ask for the task that the receipt names."
    add("client.poll.task", kinds.POLL_TASK, group, contract.id.fact, text, Situations(ALL))
    if polling.first > 0:
        text = f"The first poll comes {polling.first:g} s after the create, or later."
        add("client.poll.first", kinds.POLL_FIRST, group, capped(polling.fact), text, Situations(PLAIN))
    text = f"Two polls are {polling.floor:g} s apart, or more."
    add("client.poll.floor", kinds.POLL_FLOOR, group, polling.fact, text, Situations(PLAIN))
    text = f"Polls are {polling.interval[0]:g} s apart as a rule, or more."
    add("client.poll.interval", kinds.POLL_INTERVAL, group, capped(polling.fact), text, Situations(PLAIN))
    text = (
        f"An interval that does not follow the mock's pace is {polling.floor:g} s or more: the vendor will see it so."
    )
    add("client.poll.floor.fixed", kinds.POLL_FIXED, group, HABIT, text, Situations(("success", "slow")))
    if polling.per_minute is not None:
        text = f"No more than {polling.per_minute:g} requests are made in a minute."
        add("client.poll.rate", kinds.POLL_RATE, group, polling.fact, text, Situations(PLAIN))
    waits = ("rate-limited", "retry-after", "retry-after-date")
    text = "Nothing is asked about a task before the time that Retry-After tells (RFC 9110, 10.2.3)."
    add("client.poll.retry-after", kinds.RETRY_AFTER, group, ADVICE, text, Situations(waits, "poll"))
    text = "After a server error polls do not come faster than before it."
    add("client.poll.back-off", kinds.POLL_BACK_OFF, group, ADVICE, text, Situations(("server-errors",)))
    ends = {end for profile in contract.profiles.values() for end in profile.outcomes}
    for end in sorted(ends):
        facts = [status.class_fact for status in contract.lifecycle.statuses.values() if status.status_class is end]
        fact = min(facts, key=lambda each: each.mark.rank, default=HABIT)
        names = ("success", "immediate", "slow") if end is StatusClass.SUCCEEDED else (_scenario(end),)
        text = f"Polling ends with the task: one that is {end} stays so."
        add(f"client.poll.ends.{end}", kinds.POLL_ENDS, group, fact, text, Situations(names, _shown(contract, end)))
    fact = capped(polling.fact)
    longest, least = polling.longest_wait, polling.shortest_wait
    why = (
        f"tasks may take so long; the deadline is {polling.timeout:g} s"
        if longest > polling.timeout
        else "the deadline"
    )
    text = (
        f"A client stops waiting for a task that never ends, by the document after {longest:g} s of its life ({why})."
    )
    endless = Situations(("never-ending", "unknown-end"), "never-ending")
    add("client.poll.bounded", kinds.ENDS_ITSELF, group, fact, text, endless)
    why = "tasks may take as long" if least < polling.timeout else "the deadline"
    text = f"A client does not give up on a task before {least:g} s of its life ({why}): it may be paid for."
    add("client.poll.patient", kinds.ENDS_ITSELF, group, fact, text, Situations(("never-ending",), "patient"))
    text = "A client stops asking for a task that the vendor does not know."
    add("client.poll.lost-task", kinds.ENDS_ITSELF, group, ADVICE, text, Situations(("lost-task",), "lost-task"))


def _shown(contract: Contract, end: StatusClass) -> StatusClass:
    """The class of the status with which answers show an end: some vendors call a task failed that was cancelled."""
    outcomes = (profile.outcome(end) for profile in contract.profiles.values())
    return next((contract.lifecycle.statuses[each.status].status_class for each in outcomes if each is not None), end)


def _scenario(end: StatusClass) -> str:
    return "failure" if end is StatusClass.FAILED else end.value


# -- ending -------------------------------------------------------------------------------------------------------


def _ending(builder: Builder) -> None:
    contract, add, group = builder.contract, builder.add, "client.ending"
    text = "A task that succeeds ends in the video at the output path, and in exit status 0."
    add("client.end.video", kinds.HAS_VIDEO, group, COMMAND, text, Situations(("success",)))
    ends = {end for profile in contract.profiles.values() for end in profile.outcomes}
    none = "ends in an exit status other than 0 and leaves no file"
    for end in sorted(ends - {StatusClass.SUCCEEDED}):
        text = f"A task that is {end} {none}."
        add(f"client.end.{end}", kinds.HAS_NONE, group, COMMAND, text, Situations((_scenario(end),), end))
    for row in _refusals(contract):
        inside = " inside of HTTP 200" if row.made.status < 300 else ""
        text = f"A create that is refused ({row.condition}, {row.made.status}{inside}) {none}."
        name, known = f"client.end.refused.{row.condition}", Situations((f"refuse-create:{row.condition}",))
        add(name, kinds.HAS_NONE, group, row.fact, text, known)
    for situation, text, level in (
        ("truncated-bytes", f"A download that always breaks off {none} (RFC 9110, 8.6).", Level.MUST),
        ("empty-bytes", f"A result without a byte {none}.", Level.SHOULD),
        ("text-for-bytes", f"A page of text in the place of the video {none}.", Level.SHOULD),
        ("no-result", f"A success without a result {none}.", Level.SHOULD),
        ("lost-task", f"A task that the vendor does not know any more {none}.", Level.MUST),
        ("never-ending", f"A task that never ends {none}.", Level.MUST),
        ("unknown-end", f"A task that ends under a word which no page has {none}.", Level.MUST),
    ):
        fact = LAW if situation == "truncated-bytes" else COMMAND
        add(f"client.end.{situation}", kinds.HAS_NONE, group, fact, text, Situations((situation,)), level=level)
    honest: tuple[str, ...] = ("slow", "lost-answer", "silent-create", "server-error-create", "stale-link")
    for situation in (*honest, "ignored-range", "replaced-file", "lost-end"):
        text = f"In the situation {situation} a client has the whole video, or says that it has none."
        level = Level.SHOULD if situation == "replaced-file" else Level.MUST  # common tools join whatever comes
        name, shown = f"client.end.honest.{situation}", Situations((situation,))
        add(name, kinds.HONEST, group, COMMAND, text, shown, level=level)
    if contract.stopping(StatusClass.RUNNING) is not None:
        text = "A client that gives up on a task that runs cancels it: otherwise it runs on, and may be paid for."
        add("client.end.cancels", kinds.CANCELS, group, HABIT, text, Situations(("never-ending",)))
    if contract.failures:
        text = "A client tells why a task has failed, in the vendor's code or words."
        add("client.end.says-why", kinds.SAYS_WHY, group, HABIT, text, Situations(("failure",)))


# -- surviving ----------------------------------------------------------------------------------------------------


def _surviving(builder: Builder) -> None:
    contract, add = builder.contract, builder.add
    for situation, text in SURVIVED:
        name = f"client.survives.{situation.replace(':', '-')}"
        told = f"{text[0].upper()}{text[1:]}."
        add(name, kinds.HAS_VIDEO, "client.surviving", ADVICE, told, Situations((situation,)))
    if contract.link.at.pointers:
        fact = capped(contract.link.facts["renewed"]) if contract.link.renewed else HABIT
        text = "A result whose address has expired is fetched by the address that a new query shows."
        add("client.survives.stale-link", kinds.HAS_VIDEO, "client.surviving", fact, text, Situations(("stale-link",)))
    for name in VARIATIONS:
        text = f"A client understands answers that are legal and look otherwise: {name}."
        add(f"client.accepts.{name}", kinds.HAS_VIDEO, "client.surviving", ADVICE, text, Situations((name,)))


# -- callbacks ----------------------------------------------------------------------------------------------------


def _calling_back(builder: Builder) -> None:
    contract, add, group = builder.contract, builder.add, "client.callbacks"
    rule = contract.callback
    if rule is None:
        return
    everywhere = Situations((*PLAIN, "forged-callbacks", "repeated-callbacks"))
    text = f"Callbacks are acknowledged ({', '.join(rule.success)}) within {rule.timeout:g} s."
    add("client.callback.answered", kinds.CALLBACK_ANSWERED, group, rule.fact, text, everywhere)
    odd: tuple[tuple[str, Kind[Situations], Fact, str], ...] = (
        ("repeated", kinds.CALLBACK_SAFE, rule.fact, "A callback that comes twice does no harm."),
        (
            "forged",
            kinds.CALLBACK_SAFE,
            HABIT if rule.signature is None else rule.signature.fact,
            "A callback that the vendor has not made is not believed"
            + (": where none is signed, a query tells." if rule.signature is None else ": its signature is none."),
        ),
        ("no", kinds.CALLBACK_SAFE, ADVICE, "Where no callback comes, polling does instead."),
    )
    for name, kind, fact, text in odd:
        add(f"client.callback.{name}", kind, group, fact, text, Situations((f"{name}-callbacks",), name))
