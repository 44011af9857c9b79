"""Which operation a request is for."""

from collections.abc import Callable
from typing import Any

import pytest

from screentest_contracts import Contract
from screentest_mockserver.dispatch.routes import Routes

Load = Callable[[dict[str, Any]], Contract]


@pytest.fixture
def renamed(small_tree: Callable[[], dict[str, Any]], load_tree: Load) -> Callable[[dict[str, str]], Contract]:
    """The small document with other paths."""

    def rename(paths: dict[str, str]) -> Contract:
        tree = small_tree()
        tree["paths"] = {paths.get(path, path): item for path, item in tree["paths"].items()}
        return load_tree(tree)

    return rename


@pytest.mark.parametrize(
    ("method", "path", "found"),
    [
        ("GET", "/jobs/clip-1", ("look", "clip-1")),
        ("GET", "/jobs/clip-1:bytes", ("bytes", "clip-1")),
        ("GET", "/jobs/a:b:bytes", ("bytes", "a:b")),
        ("GET", "/jobs/clip-1:byte", ("look", "clip-1:byte")),
        ("GET", "/jobs/:bytes", ("look", ":bytes")),
        ("POST", "/jobs/clip-1:cancel", ("stop", "clip-1")),
        ("POST", "/jobs/clip-1", None),
    ],
)
def test_a_custom_method_comes_after_the_id(
    renamed: Callable[[dict[str, str]], Contract], method: str, path: str, found: tuple[str, str] | None
) -> None:
    contract = renamed(
        {"/jobs/{task_id}/content": "/jobs/{task_id}:bytes", "/jobs/{task_id}/cancel": "/jobs/{task_id}:cancel"}
    )
    route = Routes(contract).find(method, path)
    assert (None if route is None else (route[0].id, route[1])) == found
    operation = next(iter(contract.operations_at(path, method)), None)
    assert (None if operation is None else operation.id) == (None if found is None else found[0])


def test_a_prefix_before_the_id(renamed: Callable[[dict[str, str]], Contract]) -> None:
    routes = Routes(renamed({"/jobs/{task_id}": "/jobs/job-{task_id}"}))
    found = routes.find("GET", "/jobs/job-7")
    assert found is not None
    assert (found[0].id, found[1]) == ("look", "7")
    assert routes.find("GET", "/jobs/7") is None
