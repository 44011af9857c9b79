"""Which operation a request is for."""

from screentest_contracts.contract import Contract, Operation, Role, group_name
from screentest_mockserver.state.hooks import Call
from screentest_mockserver.state.refusal import Refusal
from screentest_mockserver.state.refusals import refuse
from screentest_mockserver.wire.answer import Answer


class Routes:
    """The paths of a contract. The commonest shapes, a fixed path and a prefix with an id, need no regular
    expression."""

    def __init__(self, contract: Contract) -> None:
        self._patterns = [
            (operation.method, operation.pattern, operation)
            for operations in contract.roles.values()
            for operation in operations
        ]
        self._fixed = {
            (operation.method, operation.path): operation
            for operation in contract.operations.values()
            if "{" not in operation.path
        }
        self._by_prefix = {
            (operation.method, operation.path[: operation.path.index("{")]): operation
            for operation in contract.operations.values()
            if operation.path.count("{") == 1 and operation.path.endswith("}")
        }

    def find(self, method: str, path: str) -> tuple[Operation, str] | None:
        """The operation and the id in its path, as the path has it; None where no operation is there."""
        operation = self._fixed.get((method, path))
        if operation is not None:
            return operation, ""
        cut = path.rfind("/") + 1
        operation = self._by_prefix.get((method, path[:cut]))
        if operation is not None and cut < len(path):
            return operation, path[cut:]
        for wanted, pattern, operation in self._patterns:
            if wanted == method:
                match = pattern.fullmatch(path)
                if match is not None:
                    return operation, match.groupdict().get(group_name(operation.carrier)) or ""
        return None

    def at(self, path: str) -> list[Operation]:
        """The operations of this path, whatever their methods."""
        return [operation for _, pattern, operation in self._patterns if pattern.fullmatch(path)]


def unrouted(call: Call, others: list[Operation]) -> Answer:
    """The answer to a path that no operation has, or that only `others` have, by other methods."""
    request = call.request
    if not others:
        return refuse(call, Refusal(Role.QUERY, "unknown-path", detail=f"{request.method} {request.path[:200]}"))
    answer = refuse(call, Refusal(others[0].role, "wrong-method", detail=request.method))
    if answer.status == 405:
        allowed = sorted({operation.method for operation in others})
        answer.headers.append((b"allow", ", ".join(allowed).encode()))
    return answer
