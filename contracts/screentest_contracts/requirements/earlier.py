"""Requirements on creates that go on from an earlier task."""

from screentest_contracts.contract import Role
from screentest_contracts.requirements import kinds
from screentest_contracts.requirements.model import CREATE, QUERY, Builder
from screentest_contracts.requirements.subjects import ModelNames

GOING_ON = {
    "unknown-task": "that goes on from a task that does not exist",
    "foreign-task": "that goes on from another account's task",
    "expired-task": "that goes on from an expired task",
    "malformed-id": "that goes on from an id that no task could have",
    "not-ready": "that goes on from a task which has not ended",
    "failed-task": "that goes on from a task that failed",
}
"""What a refusal of a create says that speaks of an earlier task, by its condition."""


def add_earlier(builder: Builder) -> None:
    """That the earlier task stays what it was. That such a create is accepted is said of its model as of any other."""
    models = [(model, model.earlier) for model in builder.contract.models.values() if model.earlier is not None]
    if models:
        names = tuple(model.name for model, _ in models)
        fact = min((rule.fact for _, rule in models), key=lambda fact: fact.mark.rank)
        text = "What goes on from an earlier task is a task of its own, and leaves that as it ended."
        needs = (CREATE, QUERY)
        subject = ModelNames(names)
        builder.add("create.earlier.kept", kinds.EARLIER_KEPT, "polling", fact, text, subject, needs, models=names)


def refused_to_go_on(role: Role, condition: str) -> str | None:
    """How the refusal of a create that names an earlier task is told; None for every other refusal."""
    return f"A {role} {GOING_ON[condition]}" if role is Role.CREATE and condition in GOING_ON else None
