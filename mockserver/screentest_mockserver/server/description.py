"""The control plane's description as an OpenAPI 3.1 document, and what its answers look like."""

from collections.abc import Iterable
from typing import Any

from screentest_mockserver.server.orders import Limit, Nothing, Page, parameters_of, schema_of

Schema = dict[str, Any]


def _object(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _table(values: Schema) -> Schema:
    return {"type": "object", "additionalProperties": values}


TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
WHOLE: Schema = {"type": "integer"}
NAMES = _list(TEXT)
TASK = _object(
    id=TEXT,
    provider=TEXT,
    account=TEXT,
    model=TEXT,
    created={**NUMBER, "description": "Epoch seconds."},
    status=TEXT,
    progress={**NUMBER, "description": "Percent."},
)
TASK["properties"]["class"] = TEXT
ENTRY = _object(
    at={**NUMBER, "description": "Epoch seconds."},
    provider=TEXT,
    method=TEXT,
    path=TEXT,
    status={**WHOLE, "description": "0: the connection was dropped on purpose."},
    task=TEXT,
    body={**TEXT, "description": "The first 4096 bytes of the request's body."},
    number={**WHOLE, "description": "Counts the requests to this server from 1."},
    scheme=TEXT,
    host={**TEXT, "description": "The host and port that were asked, as the client wrote them."},
    query={**TEXT, "description": "What follows the `?`, without what is secret."},
    headers={**_list(_list(TEXT)), "description": "Names in lower case, and values without what is secret."},
    keys={**_list(_list(TEXT)), "description": "Where the request had a key, and whose."},
    operation={**TEXT, "description": "The id of the vendor's operation, `media` behind a link, or empty."},
    said={**TEXT, "description": "What the answer says: a condition, the class of a task, what there is of a file."},
    waits={"type": ["number", "null"], "description": "Seconds that the answer tells to wait."},
    delay={**NUMBER, "description": "Seconds that the client waits for the answer."},
)
DELIVERY = _object(
    at={**NUMBER, "description": "Epoch seconds."},
    provider=TEXT,
    task=TEXT,
    attempt={**WHOLE, "minimum": 1},
    status={**WHOLE, "description": "0: no answer came."},
    kind={**TEXT, "description": "`forged`, `repeated`, or empty."},
    seconds={**NUMBER, "description": "How long the answer took."},
    reason={**TEXT, "description": "Why no answer came; empty where one came."},
)

HEALTH = _object(status={"const": "ok"}, providers=NAMES)
CLOCK = _object(now={**NUMBER, "description": "Epoch seconds."}, speed=NUMBER, manual={"type": "boolean"})
TIME = _object(now={**NUMBER, "description": "Epoch seconds."})
SCENARIOS = _object(scenarios=_table(TEXT), default=_table(TEXT))
SCENARIO = _object(scenario=TEXT, providers=NAMES)
SCENARIO["properties"]["notes"] = {**NAMES, "description": "What it answers that a document does not speak of."}
DEVIATIONS = _table(_table(_object(about=TEXT, breaks=NAMES)))
DEVIATION = _object(deviation={"type": ["string", "null"]}, providers=NAMES)
TASKS = _object(count=WHOLE, tasks=_list(TASK))
MORE: Schema = {"type": "boolean", "description": "Whether there are newer ones than those that are listed."}
JOURNAL = _object(count=WHOLE, more=MORE, entries=_list(ENTRY))
DELIVERIES = _object(deliveries=_list(DELIVERY))
RESET = _object(reset={"const": True})
ERROR: Schema = {"type": "object", "properties": {"error": TEXT, "hint": TEXT}, "required": ["error"]}

Row = tuple[str, str, str, type[Any], Schema]
"""Path under the control plane, method, what it does, what it is told and what it answers."""


def describe(rows: Iterable[Row]) -> dict[str, Any]:
    """The document, with paths as the server has them."""
    paths: dict[str, Any] = {}
    for path, method, about, order, answer in rows:
        paths.setdefault(f"/_screentest{path}", {})[method.lower()] = _operation(path, method, about, order, answer)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Screentest control plane", "version": "1"},
        "paths": paths,
        "components": {
            "schemas": {"Error": ERROR},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "The token of --control-token."}
            },
        },
        "security": [{}, {"token": []}],
    }


def _operation(path: str, method: str, about: str, order: type[Any], answer: Schema) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": f"{method.lower()}{path.replace('/', '-').replace('.', '-')}",
        "summary": about,
        "responses": {
            "200": {"description": about, "content": {"application/json": {"schema": answer}}},
            "403": _error("The control plane answers on loopback, or to its token."),
        },
    }
    if order is Nothing and method == "GET":
        return described
    described["responses"]["400"] = _error("The order is wrong; the error says how.")
    if order in (Limit, Page):
        described["parameters"] = parameters_of(order)
    else:
        schema = schema_of(order)
        content = {"application/json": {"schema": schema}}
        described["requestBody"] = {"required": bool(schema["required"]), "content": content}
    return described


def _error(about: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {"description": about, "content": content}
