"""The word `x-acme-largest-answer` of a document: its requirement, and the check that judges it."""

from dataclasses import dataclass

import screentest

WORD = "x-acme-largest-answer"


@dataclass(frozen=True)
class Largest:
    """How many bytes the body of an answer about a task may have."""

    bytes: int


LARGEST_ANSWER = screentest.Kind(
    "acme-largest-answer", Largest, "that no answer about a task is longer than documented"
)


@screentest.add_derivation
def add_largest_answer(builder: screentest.Builder) -> None:
    """The requirement of a document that has the word."""
    word = builder.contract.extensions.get(WORD)
    if word is None:
        return
    largest = Largest(word["bytes"])
    fact = screentest.Fact(screentest.Mark(word["mark"]), tuple(word.get("source", ())))
    statement = f"No answer about a task is longer than {largest.bytes} bytes."
    builder.add("acme.largest-answer", LARGEST_ANSWER, "polling", fact, statement, largest, ("create.accepted",))


@screentest.trace_check(LARGEST_ANSWER)
def judge_largest_answer(
    contract: screentest.Contract, requirement: screentest.Requirement[Largest], trace: screentest.Trace
) -> screentest.Violation | int:
    """Every answer to a poll is short enough."""
    most = requirement.subject.bytes
    for poll in trace.polls:
        if poll.exchange.size > most:
            return screentest.Violation(
                f"an answer has {poll.exchange.size} bytes", f"at most {most}", (poll.exchange,)
            )
    return len(trace.polls)
