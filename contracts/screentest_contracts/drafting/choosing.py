"""Which operations make and read a video task: candidates are ranked by what they say of themselves."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from screentest_contracts.drafting import calls
from screentest_contracts.drafting.shapes import Found, Shapes, first, plain, walk
from screentest_contracts.errors import UsageError
from screentest_contracts.raw.document import Call, RawDocument
from screentest_contracts.raw.nodes import sequence
from screentest_contracts.suggestions import did_you_mean
from screentest_contracts.vocabulary import STATUS_MEMBERS, class_of_word

_VIDEO = re.compile(r"video|[ti]2v|animat|movie|clips?\b|talks?\b|avatar")
_MAKES = re.compile(r"generat|create|render|predict|submit|synthes|make")
_TASK = re.compile(r"tasks?|jobs?|generations?|predictions?|status|requests?|renders?|queue")
_OTHER = re.compile(
    r"chat|completion|batch|fine.?tun|train|embedding|moderat|assistant|thread|webhook|transcri|transl|"
    r"speech|voice|audio|music|sound|tts|3d|dataset|vector|search|conversation|realtime|stream|session|"
    r"contact|template|workflow|document|upload|files?\b|models?\b|price|pricing|usage|estimate|avatars\b|"
    r"characters?\b|token|messages?\b|responses\b|agents?\b|evals?\b|billing|credit|organi[sz]ation|lora|element|images?\b"
)
_LESSER = re.compile(
    r"image(?!.?to)|upscale|edit|extend|extension|remix|reframe|modif|variation|cancel|lip|dub|swap|remove|translate|recipe|draft|ad\b|performance"
)
_PLAIN = re.compile(r"text.?(to|2).?video|t2v")
_ASKS: Mapping[str, int] = {
    "prompt": 3,
    "prompttext": 3,
    "textprompt": 3,
    "text": 1,
    "input": 1,
    "script": 2,
    "scenes": 2,
    "imageurl": 2,
    "image": 1,
    "sourceurl": 2,
    "promptimage": 2,
    "videourl": 1,
    "videoinputs": 3,
    "timeline": 2,
    "model": 1,
    "modelname": 1,
    "duration": 2,
    "seconds": 2,
    "aspectratio": 2,
    "ratio": 2,
    "resolution": 2,
    "size": 1,
    "fps": 2,
    "callbackurl": 1,
    "webhook": 1,
    "webhookurl": 1,
}
_RESULTS = re.compile(r"video|output|result|asset|content|download|file|url")
LIKELY = 8
"""A pair with fewer points is no guess worth printing."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The two operations that a draft rests on, their points, and the next best pair."""

    create: Call
    query: Call
    points: int
    runner_up: "Choice | None" = None

    def __str__(self) -> str:
        return f"{_told(self.create)} and {_told(self.query)}"


def _told(call: Call) -> str:
    return f"{call.method.upper()} {call.path} ({call.id})"


class Candidate:
    """What one operation says of itself."""

    def __init__(self, shapes: Shapes, call: Call) -> None:
        self.shapes, self.call = shapes, call

    @cached_property
    def words(self) -> str:
        """Path and name, in small letters with marks between words."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", f"{self.call.path} {self.call.id}").lower()

    @cached_property
    def summary(self) -> str:
        tags = " ".join(map(str, sequence(self.call.node.get("tags"))))
        return f"{tags} {self.call.node.get('summary', '')} {self.call.node.get('description', '')}"[:400].lower()

    @cached_property
    def asked(self) -> list[Found]:
        return list(walk(self.shapes, calls.request_of(self.shapes.document, self.call), 2))

    @cached_property
    def answer(self) -> Any:
        return calls.answer_of(self.shapes.document, self.call)

    @cached_property
    def answered(self) -> list[Found]:
        return list(walk(self.shapes, self.answer, 3))

    @cached_property
    def status(self) -> Found | None:
        return first(self.answered, STATUS_MEMBERS, "string", "integer")

    @cached_property
    def about(self) -> int:
        """Points for speaking of videos, and not of anything else."""
        named, told = bool(_VIDEO.search(self.words)), bool(_VIDEO.search(self.summary))
        other = len(set(_OTHER.findall(self.words)))
        return 8 * named + 3 * (told and not named) - 6 * other - 3 * len(set(_LESSER.findall(self.words)))

    @cached_property
    def makes(self) -> int:
        """Points for making a task."""
        asked = {plain(each.name): _ASKS.get(plain(each.name), 0) for each in self.asked}
        ids = calls.ids_in(self.answered)
        return (
            self.about
            + 2 * bool(_MAKES.search(self.words))
            + min(10, sum(asked.values()))
            + (3 if ids else -4)
            + 2 * (self.status is not None)
            + 3 * bool(_PLAIN.search(self.words))
            + 3 * bool(calls.links(self.shapes.document, self.call))
            - 4 * self.call.path.count("{")
        )

    @property
    def speaks(self) -> bool:
        """Whether it speaks of videos, or takes what only a generator takes."""
        asked = (_ASKS.get(plain(each.name), 0) for each in self.asked)
        return bool(_VIDEO.search(self.words)) or (sum(asked) > 0 and not self.is_other)

    @property
    def is_other(self) -> bool:
        """Whether it is about something else: chat, batches, training, files, images."""
        return bool(_OTHER.search(self.words)) and not _VIDEO.search(self.words)

    @cached_property
    def reads(self) -> int:
        """Points for reading a task."""
        kinds = {class_of_word(str(word)) for word in (self.status.words if self.status else ())} - {None}
        links = any(_RESULTS.search(plain(each.name)) and "string" in each.types for each in self.answered)
        return (
            self.about
            + 2 * bool(_TASK.search(self.words))
            + (4 if self.status is not None else 2 if "status" in self.words else -6)
            + min(6, 2 * len(kinds))
            + 2 * links
            - 2 * max(0, self.call.path.count("{") - 1)
            - (2 if self.call.method == "post" else 0)
        )

    @cached_property
    def taken(self) -> str | None:
        """The parameter that carries the task's id."""
        return calls.parameter_of(self.shapes.document, self.call)


def chosen(shapes: Shapes, create: str | None, query: str | None) -> Choice:
    """The best pair, with the runner-up. `create` and `query` name one of it: an operationId, or `METHOD path`.

    Raises UsageError where no operation is called so, or no pair is likely.
    """
    document = shapes.document
    every = [Candidate(shapes, call) for call in document.calls]
    makers = [each for each in every if each.call.method == "post" and calls.has_body(document, each.call)]
    readers = [each for each in every if each.call.method in ("get", "post") and each.taken]
    named_one = create is not None or query is not None
    if create is not None:
        makers = [Candidate(shapes, named(document.calls, create))]
    if query is not None:
        readers = [Candidate(shapes, named(document.calls, query))]
    likely = [each for each in makers if named_one or (each.makes > 0 and each.speaks)]
    pairs = [
        (one.makes + other.reads + (4 if named_one else 1) * _together(one, other), one, other)
        for one in likely
        for other in readers
        if one.call != other.call and (named_one or not other.is_other)
    ]
    pairs.sort(key=lambda pair: -pair[0])
    if not pairs or (pairs[0][0] < LIKELY and not named_one):
        best = f"; the nearest was {Choice(pairs[0][1].call, pairs[0][2].call, pairs[0][0])}" if pairs else ""
        raise UsageError(
            f"no pair of calls that makes a video task and reads it was found{best}",
            "init looks for a POST that takes a prompt or a model and answers with an id, and a GET that answers "
            "with a status; name them with --create and --query",
        )
    points, one, other = pairs[0]
    others = (pair for pair in pairs[1:] if named_one or pair[1].call != one.call)
    second = next(others, None)
    return Choice(one.call, other.call, points, Choice(second[1].call, second[2].call, second[0]) if second else None)


def named(known: Iterable[Call], name: str) -> Call:
    """The operation with an operationId, or with a method and path. Raises UsageError that suggests the nearest."""
    listed = list(known)
    method, _, path = name.strip().partition(" ")
    for call in listed:
        if call.id == name or (call.method == method.lower() and call.path == path.strip()):
            return call
    names = [text for call in listed for text in (call.id, f"{call.method.upper()} {call.path}")]
    otherwise = "give an operationId, or a method and a path: --create 'POST /videos'"
    raise UsageError(f"no operation is called {name!r}", did_you_mean(name, names, otherwise, cutoff=0.5))


def _together(create: Candidate, query: Candidate) -> int:
    """Points for belonging together: a link, one place, one form of answer."""
    linked = query.call.id in [link.get("operationId") for link in calls.links(create.shapes.document, create.call)]
    mine, theirs = _parts(create.call.path), _parts(query.call.path)
    shared = len(set(mine) & set(theirs))
    under = query.call.path.startswith(create.call.path.rstrip("/") + "/")
    alike = bool(create.answered) and create.answer == query.answer
    words = set(re.findall("[a-z0-9]{3,}", create.words)) & set(re.findall("[a-z0-9]{3,}", query.words))
    return 8 * linked + 4 * under + 4 * alike + min(3, shared) + min(3, len(words))


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part and "{" not in part and not re.fullmatch(r"v\d+", part)]


def roles(shapes: Shapes, choice: Choice, content: str | None) -> dict[str, list[str]]:
    """Operation ids by role: the chosen pair, what is the same under another name, and what stands beside it."""
    document, create, query = shapes.document, choice.create, choice.query
    body, answer = calls.request_of(document, create), calls.answer_of(document, query)
    alike = [call for call in document.calls if not Candidate(shapes, call).is_other]
    same = [call for call in alike if call.method == "post" and _alike(document, call, create, body)]
    names = dict.fromkeys([create.id, *(call.id for call in same)])
    others = {call.path.rstrip("/") for call in document.calls if call.method == "post" and call.id not in names}
    taken = calls.parameter_of(document, query)
    twins = [
        call
        for call in alike
        if call.method == "get"
        and answer
        and calls.answer_of(document, call) == answer
        and calls.parameter_of(document, call) == taken
        and call.path.count("{") == query.path.count("{")
        and (call == query or call.path.rpartition("/")[0] not in others)  # which another create has for its own tasks
    ]
    cancels: list[str] = []
    deletes: list[str] = []
    found = {
        "create": list(names),
        "query": list(dict.fromkeys([query.id, *(call.id for call in twins)])),
    }
    if content is not None:
        found["content"] = [named(document.calls, content).id]
    for call in document.calls:
        own, one = call.path.rstrip("/"), query.path.rstrip("/")
        if call.method == "get" and content is None and own.startswith(f"{one}/") and own.endswith(_CONTENT):
            found.setdefault("content", []).append(call.id)
        elif call.method == "get" and own in (create.path.rstrip("/"), one.rpartition("/")[0]):
            if call.id != query.id and "{" not in own and not _demands_id(document, call):
                found.setdefault("list", []).append(call.id)
        elif call.method == "post" and own == f"{one}/cancel":
            cancels.append(call.id)
        elif call.method == "delete" and own == one:
            deletes.append(call.id)
    if cancels or deletes:
        found["cancel"] = cancels or deletes
    if cancels and deletes:
        found["delete"] = deletes
    return found


def _demands_id(document: RawDocument, call: Call) -> bool:
    """Whether an operation must be given an id: then it is no list. Lists may be filtered by one."""
    return any(
        node.get("required") is True and node.get("in") == "query" and plain(str(node.get("name"))) in calls.IDS
        for _, node in document.all_parameters(call)
    )


_CONTENT = ("/content", "/download", "/file")


def _alike(document: Any, call: Call, create: Call, body: Any) -> bool:
    """Whether an operation is the create by another path: its end is the same, it takes and answers the same."""
    return (
        bool(body)
        and call.path.rstrip("/").rpartition("/")[2] == create.path.rstrip("/").rpartition("/")[2]
        and calls.request_of(document, call) == body
        and calls.answer_of(document, call) == calls.answer_of(document, create)
        and call.path.count("{") == create.path.count("{")
    )
