"""Turns a document into a Contract. Every problem of a document is collected and named with its JSON pointer."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import jsonschema_rs

from screentest_contracts.contract import (
    Bodies,
    Body,
    Callback,
    CancelRule,
    Conditions,
    Contract,
    Copy,
    ErrorReading,
    ErrorRow,
    Failure,
    Header,
    IdForm,
    IdRule,
    Lifecycle,
    Link,
    ListRule,
    Model,
    Operation,
    Outcome,
    Polling,
    Presence,
    Price,
    Profile,
    Promise,
    RequestMap,
    Response,
    Retention,
    Role,
    Setting,
    Source,
    Stage,
    Status,
    StatusClass,
    Success,
    Unobservable,
)
from screentest_contracts.document import Document, built_in, find_document, read_document
from screentest_contracts.errors import DocumentError, Problem, UsageError
from screentest_contracts.facts import Fact, Mark
from screentest_contracts.location import MISSING, Location, is_empty
from screentest_contracts.parameters import constraints_of
from screentest_contracts.rules import KEYWORDS
from screentest_contracts.template import Template

T = TypeVar("T")

METHODS = ("get", "post", "put", "delete", "patch", "head", "options")


def validator(schema: Any) -> jsonschema_rs.Draft202012Validator:
    """A compiled validator that knows formats and the named rules."""
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True, keywords=KEYWORDS, offline=True)


def load_contract(provider: str | Path, settings: Mapping[str, str] | None = None) -> Contract:
    """The contract of a built-in provider or of a document's path, with these settings chosen.

    Raises UsageError (unknown provider, unreadable file, unknown setting) or DocumentError (every problem found).
    """
    file = find_document(str(provider))
    document = _read(str(provider)) if str(provider) in built_in() else read_document(file)
    return _Compiler(document, dict(settings or {})).compile()


def lint(provider: str) -> Contract:
    """As `load_contract`, but a built-in document is checked as thoroughly as any other, in every reading."""
    document = read_document(find_document(provider), thorough=True)
    contract = _Compiler(document, {}).compile()
    for setting in contract.settings.values():
        for reading in setting.readings:
            _Compiler(document, {setting.name: reading}).compile()
    return contract


@cache
def _read(name: str) -> Document:
    return read_document(find_document(name), thorough=False)


class _Compiler:
    def __init__(self, document: Document, chosen: dict[str, str]) -> None:
        self.document = document
        self.task = document.task
        self.base = Fact(Mark.DOCUMENTED).over(self.task)
        self.api = Fact(self.base.mark, self.base.source).over(document.raw, "x-")
        self.problems: list[Problem] = []
        self.chosen = chosen

    def compile(self) -> Contract:
        task = self.task
        self.settings = self._settings()
        self.operations = self._operations()
        roles = self._roles()
        if self.problems:
            raise DocumentError(self.document.file, self.problems)
        lifecycle = self._lifecycle(task["lifecycle"])
        profiles = {name: self._profile(name, node) for name, node in task["profiles"].items()}
        model_at = _maybe_location(task["request"].get("model"))
        models = {name: self._model(name, node, roles, profiles) for name, node in task["models"].items()}
        servers = [str(server.get("url", "")) for server in self.document.raw.get("servers", [])]
        if not servers:
            self._problem("/servers", "no server", "servers[0].url is the vendor's real address")
        header, prefix, key_query = self._key()
        contract = Contract(
            name=task["provider"]["name"],
            title=task["provider"]["title"],
            key_variable=task["provider"]["key"],
            base_url=(servers or [""])[0].rstrip("/"),
            hosts=tuple(host for url in servers if (host := urlsplit(url).hostname)),
            file=self.document.file,
            digest=self.document.digest,
            document=self.document.raw,
            key_header=header,
            key_prefix=prefix,
            key_query=key_query,
            sources={
                key: Source(key, node["title"], node.get("url", ""), node.get("read", ""))
                for key, node in task.get("sources", {}).items()
            },
            settings=self.settings,
            operations={operation.id: operation for operations in roles.values() for operation in operations},
            roles=roles,
            success={
                role: self._success(task["success"].get(role, {"status": [200]}), f"/x-task/success/{role}")
                for role in roles
            },
            error_at={name: Location(pointers) for name, pointers in task.get("error", {}).items()},
            models=models,
            model_at=model_at,
            id=self._id(task["id"]),
            values=task.get("values", {}),
            lifecycle=lifecycle,
            profiles=profiles,
            presence=tuple(self._presence(index, node) for index, node in enumerate(task.get("presence", []))),
            failures=tuple(
                Failure(node.get("code", ""), node["message"], self.base.over(node))
                for node in task.get("failures", [])
            ),
            errors=self._errors(task["errors"], roles),
            link=self._link(task["link"], roles),
            retention=self._retention(task.get("retention")),
            polling=self._polling(task.get("polling", {}), profiles),
            callback=self._callback(task.get("callback")),
            prices=tuple(self._price(node) for node in task.get("prices", [])),
            headers=tuple(
                Header(
                    name,
                    self._template(node["make"], f"/x-task/headers/{name}/make"),
                    tuple(Role(role) for role in node.get("on", roles)),
                    self.base.over(node),
                )
                for name, node in task.get("headers", {}).items()
            ),
            listing=self._listing(task.get("list"), profiles, lifecycle),
            cancel=self._cancel(task.get("cancel")),
            promises={
                node["name"]: Promise(node["name"], node.get("statement"), self.base.over(node))
                for node in task.get("promises", [])
            },
            unobservable=tuple(
                Unobservable(node["statement"], node["reason"], self.base.over(node))
                for node in task.get("unobservable", [])
            ),
        )
        self._cross_check(contract)
        if self.problems:
            raise DocumentError(self.document.file, self.problems)
        return contract

    # -- helpers ------------------------------------------------------------------------------------------------

    def _problem(self, pointer: str, what: str, mend: str = "") -> None:
        self.problems.append(Problem(pointer, what, mend))

    def _template(self, tree: Any, pointer: str) -> Template:
        try:
            template = Template(tree)
        except ValueError as error:
            self._problem(pointer, str(error), "see Templates in openapi/README.md")
            return Template(None)
        for slot in template.slots_named("value"):
            if slot.hole.argument not in self.task.get("values", {}):
                self._problem(pointer, f"no value {slot.hole.argument!r}", "name it under x-task.values")
        return template

    def _validator(self, schema: Any, pointer: str) -> jsonschema_rs.Draft202012Validator:
        try:
            return validator(schema)
        except ValueError as error:
            self._problem(pointer, f"not a usable schema: {error}", "mend the schema")
            return validator({})

    def _over(self, fact: Fact, node: Any, pointer: str) -> Fact:
        """As `Fact.over`, where the schema of x-task cannot vouch for the node: a body may look like anything."""
        try:
            return fact.over(node)
        except (ValueError, TypeError) as error:
            self._problem(pointer, f"mark or source: {error}", f"marks: {', '.join(Mark)}")
            return fact

    def _selected(self, node: Mapping[str, Any]) -> bool | None:
        """Whether a reading's `when` holds; None when it has none."""
        when = node.get("when")
        if when is None:
            return None
        if not isinstance(when, Mapping):
            self._problem("/x-task/settings", f"`when` is {when!r}", "write `when: {setting: reading}`")
            return False
        for name, reading in when.items():
            setting = self.settings.get(name)
            if setting is None or reading not in tuple(setting.readings):
                self._problem("/x-task/settings", f"`when` names {name}: {reading}, which is not a reading", "")
                return False
            if setting.chosen != reading:
                return False
        return True

    def _readings(self, node: Any, build: Callable[[Any, bool], T], pointer: str) -> tuple[T, ...]:
        """Builds each reading; exactly one is selected: the first whose `when` holds, else the first without one."""
        nodes = node if isinstance(node, list) else [node]
        holds = [self._selected(each) if isinstance(each, Mapping) else None for each in nodes]
        index = next((i for i, hold in enumerate(holds) if hold), None)
        if index is None:
            plain = [i for i, hold in enumerate(holds) if hold is None]
            index = next((i for i in plain if not nodes[i].get("tolerated")), plain[0] if plain else None)
        if index is None:
            self._problem(pointer, "no reading holds under these settings", "add one without `when`")
            index = 0
        return tuple(build(each, i == index) for i, each in enumerate(nodes))

    def _bodies(self, node: Any, fact: Fact, pointer: str) -> tuple[Body, ...]:
        is_reading = isinstance(node, list) and node and all(isinstance(each, dict) and "body" in each for each in node)
        single = isinstance(node, dict) and "body" in node and set(node) <= _READING_WORDS
        nodes = node if is_reading else [node] if single else [{"body": node}]
        return self._readings(
            nodes,
            lambda each, selected: Body(
                self._template(each["body"], pointer),
                selected,
                bool(each.get("tolerated")),
                self._over(fact, each, pointer),
            ),
            pointer,
        )

    def _body_map(self, node: Mapping[str, Any], fact: Fact, pointer: str) -> Bodies:
        statuses = self.task["lifecycle"]["statuses"]
        for name in node:
            if name not in statuses:
                self._problem(f"{pointer}/{name}", f"{name!r} is no status", f"known: {', '.join(statuses)}")
        return {name: self._bodies(each, fact, f"{pointer}/{name}") for name, each in node.items()}

    # -- parts --------------------------------------------------------------------------------------------------

    def _settings(self) -> dict[str, Setting]:
        declared = self.task.get("settings", {})
        for name in self.chosen:
            if name not in declared:
                raise UsageError(
                    f"{self.task['provider']['name']} has no setting {name!r}",
                    f"settings: {', '.join(declared) or 'none'}",
                )
        settings = {}
        for name, node in declared.items():
            readings = node["readings"]
            choice = self.chosen.get(name, node["default"])
            if choice not in readings:
                if name in self.chosen:
                    raise UsageError(f"setting {name} has no reading {choice!r}", f"readings: {', '.join(readings)}")
                self._problem(f"/x-task/settings/{name}/default", f"{choice!r} is no reading", ", ".join(readings))
            settings[name] = Setting(name, node["statement"], readings, choice, self.base.over(node))
        return settings

    def _operations(self) -> dict[str, tuple[str, str, Mapping[str, Any]]]:
        found: dict[str, tuple[str, str, Mapping[str, Any]]] = {}
        for path, item in self.document.resolved.get("paths", {}).items():
            for method in METHODS:
                if method in item:
                    node = item[method]
                    parameters = [*item.get("parameters", []), *node.get("parameters", [])]
                    found[node.get("operationId", f"{method} {path}")] = (
                        path,
                        method.upper(),
                        {**node, "parameters": parameters},
                    )
        return found

    def _roles(self) -> dict[Role, tuple[Operation, ...]]:
        roles: dict[Role, tuple[Operation, ...]] = {}
        for role, ids in self.task["roles"].items():
            operations = []
            for index, name in enumerate(ids):
                if name not in self.operations:
                    known = ", ".join(self.operations)
                    self._problem(f"/x-task/roles/{role}/{index}", f"no operationId {name!r}", f"known: {known}")
                    continue
                operations.append(self._operation(name, Role(role)))
            roles[Role(role)] = tuple(operations)
        return roles

    def _operation(self, name: str, role: Role) -> Operation:
        path, method, node = self.operations[name]
        fact = self.api.over(node, "x-")
        content = node.get("requestBody", {}).get("content", {})
        schema = next((media.get("schema") for media in content.values() if media.get("schema") is not None), None)
        carrier = self.task["id"].get("parameter", "task_id")
        security = node.get("security", self.document.raw.get("security", []))
        parameters = tuple(
            {**parameter, "x-task-id": parameter.get("name") == carrier} for parameter in node["parameters"]
        )
        if role in (Role.QUERY, Role.RESULT, Role.CONTENT, Role.CANCEL):
            in_body = carrier in (schema or {}).get("properties", {})
            if not in_body and not any(parameter["x-task-id"] for parameter in parameters):
                self._problem(
                    f"/paths/{path}/{method.lower()}", f"no parameter {carrier!r} carries the task's id", "id.parameter"
                )
        responses = {
            str(status): Response(
                str(status),
                {
                    media: self._validator(each["schema"], f"/paths/{path}/{method.lower()}/responses/{status}")
                    for media, each in _content(response)
                    if "schema" in each
                },
                {media: each["schema"] for media, each in _content(response) if "schema" in each},
                fact.over(response, "x-"),
            )
            for status, response in node.get("responses", {}).items()
        }
        return Operation(
            id=name,
            role=role,
            method=method,
            path=path,
            parameters=parameters,
            body_schema=schema,
            body_media=tuple(content),
            body_required=bool(node.get("requestBody", {}).get("required")),
            responses=responses,
            secured=any(security) if isinstance(security, list) else False,
            fact=fact,
        )

    def _success(self, node: Any, pointer: str) -> Success:
        return Success(self._readings(node, self._conditions, pointer))

    def _conditions(self, node: Mapping[str, Any], selected: bool) -> Conditions:
        return Conditions(
            selected=selected,
            statuses=tuple(node["status"]),
            equals=tuple((Location(at), tuple(values)) for at, values in node.get("equals", {}).items()),
            present=tuple(Location(at) for at in node.get("present", [])),
            absent=tuple(Location(at) for at in node.get("absent", [])),
            fact=self.base.over(node),
        )

    def _key(self) -> tuple[str, str, str | None]:
        schemes = self.document.resolved.get("components", {}).get("securitySchemes", {})
        wanted = [name for each in self.document.raw.get("security", []) for name in each] or list(schemes)
        scheme = schemes.get(wanted[0], {}) if wanted else {}
        prefix = scheme.get("x-prefix")
        if scheme.get("type") == "apiKey":
            if scheme.get("in") == "query":
                return "", "", str(scheme["name"])
            return str(scheme.get("name", "")).lower(), prefix or "", None
        word = str(scheme.get("scheme", "bearer"))
        return "authorization", prefix if prefix is not None else ("Bearer " if word == "bearer" else f"{word} "), None

    def _model(
        self,
        name: str,
        node: Mapping[str, Any],
        roles: Mapping[Role, tuple[Operation, ...]],
        profiles: Mapping[str, Profile],
    ) -> Model:
        pointer = f"/x-task/models/{name}"
        schemas = self.document.resolved.get("components", {}).get("schemas", {})
        schema = schemas.get(node["schema"])
        if schema is None:
            self._problem(f"{pointer}/schema", f"no schema {node['schema']!r}", f"known: {', '.join(schemas)}")
            schema = {}
        fact = self.base.over(schema, "x-").over(node)
        profile = node.get("profile", next(iter(profiles)))
        if profile not in profiles or ("profile" not in node and len(profiles) > 1):
            self._problem(f"{pointer}/profile", "must name one of the profiles", ", ".join(profiles))
        creates = roles[Role.CREATE]
        if "operation" in node:
            creates = tuple(operation for operation in creates if operation.id == node["operation"])
            if not creates:
                self._problem(f"{pointer}/operation", f"{node['operation']!r} is not in roles.create", "")
        compiled = self._validator(schema, f"{pointer}/schema")
        for error in compiled.iter_errors(node["base"]):
            at = "/".join(map(str, error.instance_path))
            self._problem(f"{pointer}/base", f"does not validate at /{at}: {error.message}", "base must be valid")
        request = _request_map({**self.task["request"], **node.get("request", {})})
        output = node.get("output", {})
        defaults = {
            key: default
            for key in ("duration", "ratio", "resolution", "seed")
            if (default := _default(schema, getattr(request, key), output.get(key))) is not None
        }
        echoes = output.get("echoes")
        if echoes is None:
            asked = [key for key in ("ratio", "resolution") if _can_ask(schema, getattr(request, key))]
            echoes = ["duration", *asked] if _can_ask(schema, request.duration) else asked
        return Model(
            name=name,
            schema_name=node["schema"],
            schema=schema,
            validator=compiled,
            base=node["base"],
            profile=profile,
            operations=creates,
            request=request,
            defaults=defaults,
            echoes=tuple(echoes),
            echo_fact=fact.over(output),
            upstream=node.get("upstream", name),
            constraints=constraints_of(
                schema, self.api.over(node) if node.get("mark") else self.api.over(schema, "x-")
            ),
            fact=fact,
        )

    def _id(self, node: Mapping[str, Any]) -> IdRule:
        fact = self.base.over(node)

        def form(each: Mapping[str, Any], selected: bool) -> IdForm:
            try:
                pattern = re.compile(each["pattern"])
            except re.error as error:
                self._problem("/x-task/id/forms", f"pattern: {error}", "write a regular expression")
                pattern = re.compile("")
            template = self._template(each["make"], "/x-task/id/forms")
            return IdForm(template, pattern, selected, bool(each.get("tolerated")), fact.over(each))

        return IdRule(
            at=Location(node["at"]),
            parameter=node.get("parameter", "task_id"),
            forms=self._readings(node["forms"], form, "/x-task/id/forms"),
            addresses=node.get("addresses", {}),
            fact=fact,
        )

    def _lifecycle(self, node: Mapping[str, Any]) -> Lifecycle:
        fact = self.base.over(node)
        statuses = {
            name: Status(
                name=name,
                status_class=StatusClass(each["class"]),
                wire=MISSING if each.get("wire") == "absent" else each.get("wire", name),
                present=tuple(Location(at) for at in each.get("present", [])),
                absent=tuple(Location(at) for at in each.get("absent", [])),
                tolerated=bool(each.get("tolerated")),
                by_result=each.get("result") == "refused",
                fact=fact.over(each),
            )
            for name, each in node["statuses"].items()
        }
        for before, after in node["transitions"].items():
            for name in (before, *after):
                if name not in statuses:
                    self._problem(f"/x-task/lifecycle/transitions/{before}", f"{name!r} is no status", "")
        initial = {
            word: each if isinstance(each, Mapping) else {"class": each}
            for word, each in node.get("initial", {}).items()
        }
        return Lifecycle(
            status_at=Location(node["status"]),
            receipt_at=_maybe_location(node.get("receipt")),
            initial={word: StatusClass(each["class"]) for word, each in initial.items()},
            initial_tolerated=frozenset(word for word, each in initial.items() if each.get("tolerated")),
            initial_fact=fact.over(node, "initial_"),
            statuses=statuses,
            transitions={before: frozenset(after) for before, after in node["transitions"].items()},
            transitions_fact=fact.over(node, "transitions_"),
            ignore_case=node.get("case") in ("ignore", "tolerate"),
            case_tolerated=node.get("case") == "tolerate",
            fact=fact,
        )

    def _profile(self, name: str, node: Mapping[str, Any]) -> Profile:
        pointer = f"/x-task/profiles/{name}"
        fact = self.base.over(node)
        statuses = self.task["lifecycle"]["statuses"]
        bodies = self._body_map(node["bodies"], fact, f"{pointer}/bodies")

        def outcome(each: Mapping[str, Any], selected: bool) -> Outcome:
            progress = each.get("progress", "keep")
            return Outcome(each["status"], None if progress == "keep" else progress, each.get("failure"), selected)

        outcomes = {
            StatusClass(key): self._readings(each, outcome, f"{pointer}/outcomes/{key}")
            for key, each in node["outcomes"].items()
        }
        plain = "stages" not in node["stages"][0]
        readings = self._readings(
            {"stages": node["stages"]} if plain else node["stages"],
            lambda each, selected: (selected, tuple(_stage(stage) for stage in each["stages"])),
            f"{pointer}/stages",
        )
        stages = next(each for selected, each in readings if selected)
        shown = [stage.status for _, each in readings for stage in each]
        shown += [end.status for ends in outcomes.values() for end in ends]
        for status in dict.fromkeys(shown):
            if status not in statuses:
                self._problem(f"{pointer}/stages", f"{status!r} is no status", f"known: {', '.join(statuses)}")
            elif status not in bodies:
                self._problem(f"{pointer}/bodies", f"no body for status {status!r}", "write one")
        return Profile(
            name=name,
            typical=float(node["typical"]),
            receipt=self._bodies(node["receipt"], fact, f"{pointer}/receipt"),
            stages=stages,
            outcomes=outcomes,
            bodies=bodies,
            result=self._body_map(node.get("result", {}), fact, f"{pointer}/result"),
            item=self._bodies(node["item"], fact, f"{pointer}/item") if "item" in node else (),
            views={
                key: self._body_map(each, fact, f"{pointer}/views/{key}") for key, each in node.get("views", {}).items()
            },
            copies=tuple(
                Copy(
                    Location(each["at"]),
                    {word: StatusClass(status) for word, status in each["classes"].items()},
                    fact.over(each),
                )
                for each in node.get("copies", [])
            ),
            fact=fact,
        )

    def _presence(self, index: int, node: Mapping[str, Any]) -> Presence:
        on = (node["on"],) if isinstance(node["on"], str) else tuple(node["on"])
        known = {*self.task["lifecycle"]["statuses"], *StatusClass, "receipt", "all"}
        for name in on:
            if name not in known:
                self._problem(f"/x-task/presence/{index}/on", f"{name!r} is no status or class", "")
        slug = node.get("name") or ".".join(part for part in node["at"].split("/")[1:] if not part.isdecimal())
        return Presence(
            name=slug,
            pointer=node["at"],
            on=on,
            present=node["is"] == "present",
            profile=node.get("profile"),
            operation=node.get("operation"),
            type=node.get("type"),
            statement=node.get("statement"),
            fact=self.base.over(node),
        )

    def _errors(
        self, nodes: Iterable[Mapping[str, Any]], roles: Mapping[Role, tuple[Operation, ...]]
    ) -> dict[tuple[Role, str], tuple[ErrorRow, ...]]:
        found: dict[tuple[Role, str], list[ErrorRow]] = {}
        for index, node in enumerate(nodes):
            pointer = f"/x-task/errors/{index}"
            fact = self.base.over(node)

            def reading(
                each: Mapping[str, Any], selected: bool, fact: Fact = fact, pointer: str = pointer
            ) -> ErrorReading:
                own = fact.over(each)
                return ErrorReading(
                    status=each["status"],
                    body=self._template(each["body"], f"{pointer}/body") if "body" in each else None,
                    headers={
                        name: self._template(value, f"{pointer}/headers")
                        for name, value in each.get("headers", {}).items()
                    },
                    selected=selected,
                    tolerated=bool(each.get("tolerated")),
                    fact=own,
                    body_fact=own.over(each, "body_"),
                    headers_fact=own.over(each, "headers_"),
                )

            row = ErrorRow(
                condition=node["condition"],
                roles=tuple(Role(role) for role in node.get("on", roles)),
                members=tuple(member.strip("/").replace("/", ".") for member in node.get("for", ())),
                readings=self._readings(node["readings"], reading, pointer),
                name=node.get("name"),
                limit=node.get("limit"),
                fact=fact,
            )
            for role in row.roles:
                if role not in roles:
                    self._problem(f"{pointer}/on", f"the provider has no role {role}", "")
                found.setdefault((role, row.condition), []).append(row)
        return {key: tuple(rows) for key, rows in found.items()}

    def _link(self, node: Mapping[str, Any], roles: Mapping[Role, tuple[Operation, ...]]) -> Link:
        fact = self.base.over(node)
        aspects = ("life", "range", "auth", "media_type", "expiry")
        bytes_at = next((each.path for each in roles.get(Role.CONTENT, ())), None)
        if "at" not in node and bytes_at is None:
            self._problem("/x-task/link", "neither `at` nor a content operation", "say where the result is")
        carrier = f"{{{self.task['id'].get('parameter', 'task_id')}}}"
        make = node.get("make", (bytes_at or "").replace(carrier, "{{id}}"))
        makes = self._readings(
            [{"make": make}] if isinstance(make, str) else make,
            lambda each, selected: (selected, each["make"]),
            "/x-task/link/make",
        )
        return Link(
            at=Location(node.get("at", [])),
            make=next(self._template(each, "/x-task/link/make") for selected, each in makes if selected),
            auth=node.get("auth", "none"),
            life=node.get("life"),
            expiry_query=node.get("expiry", {}).get("query"),
            expiry_form=node.get("expiry", {}).get("form"),
            media_type=node.get("media_type", "video/mp4"),
            range=node.get("range"),
            facts={"": fact, **{aspect: fact.over(node, f"{aspect}_") for aspect in aspects}},
        )

    def _retention(self, node: Mapping[str, Any] | None) -> Retention | None:
        return None if node is None else Retention(float(node["task"]), node["from"], self.base.over(node))

    def _polling(self, node: Mapping[str, Any], profiles: Mapping[str, Profile]) -> Polling:
        typical = max(profile.typical for profile in profiles.values())
        low, high = node.get("interval", (10, 15))
        first, last = node.get("typical", (typical, typical))
        return Polling(
            interval=(float(low), float(high)),
            floor=float(node.get("floor", min(low, 5))),
            timeout=float(node.get("timeout", typical * 5)),
            typical=(float(first), float(last)),
            fact=self.base.over(node),
        )

    def _callback(self, node: Mapping[str, Any] | None) -> Callback | None:
        if node is None:
            return None
        return Callback(
            url=Location(node["url"]),
            method=node.get("method", "POST"),
            on=tuple(StatusClass(name) for name in node["on"]),
            timeout=float(node.get("timeout", 10)),
            retries=tuple(float(wait) for wait in node.get("retries", [])),
            success=tuple(node.get("success", ["2XX"])),
            max_length=node.get("max_length"),
            fact=self.base.over(node),
        )

    def _price(self, node: Mapping[str, Any]) -> Price:
        return Price(
            models=tuple(node["models"]),
            resolution=node.get("resolution"),
            per=node["per"],
            amount=float(node["amount"]),
            currency=node["currency"],
            unit=node.get("unit", node["currency"]),
            fact=self.base.over(node),
        )

    def _listing(
        self, node: Mapping[str, Any] | None, profiles: Mapping[str, Profile], lifecycle: Lifecycle
    ) -> ListRule | None:
        if node is None:
            return None
        template = self._template(node["body"], "/x-task/list/body")
        at = [slot.pointer for slot in template.slots_named("items")]
        items = [body.template for profile in profiles.values() for body in profile.item]
        ids = [slot.pointer for each in items for slot in each.slots_named("id") if slot.whole]
        words = [slot.pointer for each in items for slot in each.slots_named("status") if slot.whole]
        return ListRule(
            body=template,
            items=Location(node.get("items") or at or "/data"),
            id_at=Location([*ids, *Location(self.task["id"]["at"]).pointers]),
            status_at=Location([*words, *lifecycle.status_at.pointers]),
            parameter=node.get("parameter"),
            default=node.get("default", 20),
            maximum=node.get("maximum", 100),
            page=node.get("page"),
            after=node.get("after"),
            fact=self.base.over(node),
        )

    def _cancel(self, node: Mapping[str, Any] | None) -> CancelRule | None:
        if node is None:
            return None
        return CancelRule(
            classes=tuple(StatusClass(name) for name in node.get("from", ())),
            deletes=tuple(StatusClass(name) for name in node.get("deletes", ())),
            body=self._template(node["body"], "/x-task/cancel/body"),
            fact=self.base.over(node),
        )

    def _cross_check(self, contract: Contract) -> None:
        for name, fact_sources in self._all_sources():
            if name not in contract.sources:
                self._problem(fact_sources, f"source {name!r} is not in x-task.sources", "add it there")
        for pointer, name in contract.id.addresses.items():
            if name not in contract.operations:
                self._problem(f"/x-task/id/addresses/{pointer}", f"{name!r} plays no role", "name an operation")
        if contract.lifecycle.refused is not None and Role.RESULT not in contract.roles:
            self._problem("/x-task/lifecycle/statuses", "`result: refused` needs a result operation", "")
        if Role.LIST in contract.roles and contract.listing is None:
            self._problem("/x-task/list", "roles.list needs a `list` section", "")
        if Role.CANCEL in contract.roles and contract.cancel is None:
            self._problem("/x-task/cancel", "roles.cancel needs a `cancel` section", "")
        for condition, role in (
            ("missing-key", Role.QUERY),
            ("unknown-task", Role.QUERY),
            ("invalid-body", Role.CREATE),
        ):
            if contract.error(role, condition) is None:
                self._problem("/x-task/errors", f"nothing says how {role} answers {condition}", "add a row")

    def _all_sources(self) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        stack: list[tuple[Any, str]] = [(self.task, "/x-task")]
        opaque = {"base", "bodies", "body", "receipt", "result", "item", "views", "sources"}
        while stack:
            node, at = stack.pop()
            if isinstance(node, dict):
                for key, value in node.items():
                    if key == "source" or key.endswith("_source"):
                        names = [value] if isinstance(value, str) else value
                        found += [(name, f"{at}/{key}") for name in names]
                    elif key not in opaque:
                        stack.append((value, f"{at}/{key}"))
            elif isinstance(node, list):
                stack.extend((value, f"{at}/{index}") for index, value in enumerate(node))
        return found


_READING_WORDS = {"body", "when", "tolerated", "mark", "source", "note"}


def _content(response: Mapping[str, Any]) -> Iterable[tuple[str, Mapping[str, Any]]]:
    content: Mapping[str, Mapping[str, Any]] = response.get("content", {})
    return content.items()


def _maybe_location(node: Any) -> Location | None:
    return None if node is None else Location(node)


def _request_map(node: Mapping[str, Any]) -> RequestMap:
    return RequestMap(**{key: _maybe_location(value) for key, value in node.items()})


def _stage(node: Mapping[str, Any]) -> Stage:
    progress = node.get("progress", 0)
    first, last = progress if isinstance(progress, list) else (progress, progress)
    return Stage(node["status"], float(node["share"]), float(first), float(last))


def member_schemas(schema: Any, location: Location | None) -> list[Mapping[str, Any]]:
    """The schemas of the members that a location names inside an object schema."""
    found = []
    for pointer in location.pointers if location else ():
        nodes = [schema]
        for part in pointer.split("/")[1:]:
            nodes = [child for node in nodes for child in _children(node, part)]
        found += nodes
    return [node for node in found if isinstance(node, Mapping)]


def _children(node: Any, part: str) -> list[Any]:
    if not isinstance(node, Mapping):
        return []
    found = [node["properties"][part]] if part in node.get("properties", {}) else []
    if part.isdecimal() and isinstance(node.get("items"), Mapping):
        found.append(node["items"])
    for keyword in ("allOf", "anyOf", "oneOf"):
        for branch in node.get(keyword, ()):
            found += _children(branch, part)
    return found


def _default(schema: Any, location: Location | None, fallback: Any) -> Any:
    for member in member_schemas(schema, location):
        if "default" in member:
            return member["default"]
    return fallback


def _can_ask(schema: Any, location: Location | None) -> bool:
    return any(not member.get("x-ignored") for member in member_schemas(schema, location))


def is_set(value: Any) -> bool:
    """Whether a request's member holds something: present, and neither null nor empty."""
    return not is_empty(value)
