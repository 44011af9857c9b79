"""What a client does with callbacks."""

from screentest_contracts.contract import Contract
from screentest_contracts.requirements import Requirement, Situations, client_kinds
from screentest_suites.clients.checks.ending import calls_back
from screentest_suites.clients.registry import Broken, Said, Unseen, client_check
from screentest_suites.clients.seen import END_UNSEEN, ClientRun

_GOING = 0.3
"""Seconds before its end in which a client may have stopped to listen."""


@client_check(client_kinds.CALLBACK_ANSWERED)
def judge_answered(contract: Contract, requirement: Requirement[Situations], run: ClientRun) -> Said:
    """Deliveries are acknowledged in time, while the client runs."""
    rule = contract.callback
    if rule is None or not calls_back(contract, run):
        return Unseen("the client asked for no callback")
    end = run.ended.at - _GOING if run.ended is not None and run.ended.at else None
    true = [each for each in run.deliveries if each.kind != "forged" and (end is None or each.at < end or each.status)]
    for each in true:
        acknowledged = str(each.status) in rule.success or f"{each.status // 100}XX" in rule.success
        if not acknowledged or each.seconds > rule.timeout:
            told = f"status {each.status}" if each.status else "no answer"
            expected = f"{' or '.join(rule.success)} within {rule.timeout:g} s"
            return Broken(f"attempt {each.attempt} got {told} after {each.seconds:.1f} s", expected)
    return len(true) or Unseen("no callback came while the client ran")


@client_check(client_kinds.CALLBACK_SAFE)
def judge_safe(contract: Contract, requirement: Requirement[Situations], run: ClientRun) -> Said:
    """The video is there all the same, and what is forged is not taken."""
    rule, word = contract.callback, requirement.subject.word
    if rule is None or not calls_back(contract, run):
        return Unseen("the client asked for no callback")
    answered = [each for each in run.deliveries if each.status]
    if word != "no" and not answered:
        return Unseen("no callback came while the client ran")
    if word == "forged":
        forged = [each for each in answered if each.kind == "forged"]
        if not forged:
            return Unseen("no forged callback came while the client ran")
        if rule.signature is not None and any(200 <= each.status < 300 for each in forged):
            return Broken(f"a callback with a wrong signature got {forged[0].status}", "a refusal (4xx)")
    if run.ended is None:
        return Unseen(END_UNSEEN)
    if run.ended.status == 0 and run.ended.file is not None and run.ended.file.is_video:
        return 1
    return Broken(run.ended.told, "the video, whatever callbacks say", tuple(reversed(run.entries[-3:])))
