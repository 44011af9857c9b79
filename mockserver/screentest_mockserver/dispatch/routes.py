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
        self._contract = contract
        operations = contract.operations_by_literals
        self._patterns = [(operation.method, operation.pattern, operation) for operation in operations]
        self._fixed = {
            (operation.method, operation.path): operation for operation in operations if "{" not in operation.path
        }
        self._by_prefix = {
            _prefix(operation): operation
            for operation in operations
            if operation.path.count("/{") == operation.path.count("{") == 1
            and operation.path.endswith("}")
            and not any(_hides(other, operation) for other in operations)
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
        return self._contract.operations_at(path)


def _prefix(operation: Operation) -> tuple[str, str]:
    """The method, and the path before its first parameter."""
    return operation.method, operation.path.partition("{")[0]


def _hides(other: Operation, operation: Operation) -> bool:
    """Whether a path that ends with an id may be one of `other`: `/jobs/{id}` and `/jobs/{id}:cancel`."""
    _, brace, end = other.path.rpartition("}")
    return bool(brace and end) and "/" not in end and _prefix(other) == _prefix(operation)


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
