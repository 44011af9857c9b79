"""Requirements on the status of a task as server-sent events."""

from screentest_contracts.contract import EVENT_STREAM, Role
from screentest_contracts.requirements import kinds
from screentest_contracts.requirements.model import CREATE, ENDED, QUERY, STATUS, Builder, there


def add_stream(builder: Builder) -> None:
    rule, add = builder.contract.stream, builder.add
    if rule is None:
        return
    needs = (CREATE, QUERY, *((there(Role.STREAM),) if rule.apart else ()))
    asked = f"{rule.operation.method} {rule.operation.path}"
    asked += "" if rule.apart else f" with `Accept: {EVENT_STREAM}`"
    text = f"{asked} is answered 200 with {EVENT_STREAM}."
    add("stream.answer", kinds.STREAM_ANSWER, "polling", rule.fact, text, depends=needs)
    needs = (*needs, "stream.answer")
    text = f"Each event of a task holds a query's body, and is called {rule.names}."
    add("stream.events", kinds.STREAM_EVENTS, "polling", rule.fact, text, depends=needs)
    text = "What events tell of a task is as what its queries tell: words, order, ids, bodies, and an end that stays."
    add("stream.life", kinds.STREAM_LIFE, "polling", rule.fact, text, depends=(*needs, "stream.events", STATUS))
    closing = "" if rule.closing is None else f", and one more with {rule.closing!r}"
    text = f"A stream ends after the event that shows the task's end{closing}."
    add("stream.end", kinds.STREAM_END, "polling", rule.fact, text, depends=(*needs, STATUS, ENDED))
