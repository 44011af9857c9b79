"""Requirements on creates that wait for the end of their task."""

from screentest_contracts.requirements import kinds
from screentest_contracts.requirements.model import CREATE, ENDED, QUERY, Builder


def add_wait(builder: Builder) -> None:
    rule, add = builder.contract.wait, builder.add
    if rule is None:
        return
    needs = (CREATE, QUERY, ENDED)
    text = f"A create that asks to wait ({rule.place}) is answered as a query of its ended task, or with a receipt."
    add("create.wait.answer", kinds.WAIT_ANSWER, "receipt", rule.fact, text, depends=needs)
    limit = f"{rule.longest:g} s" if not rule.chosen else f"the seconds that it asks for, at most {rule.longest:g}"
    text = f"A create that asks to wait is answered when its task has ended, or after {limit}."
    add("create.wait.time", kinds.WAIT_TIME, "receipt", rule.fact, text, depends=needs)
