"""Situations on a mock: which ones a document fits, how they are set up, and what is seen in the end."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from screentest_contracts.contract import Contract, Model, StatusClass
from screentest_contracts.errors import UsageError
from screentest_contracts.requirements import situations
from screentest_contracts.requirements.client_situations import VARIATIONS
from screentest_contracts.suggestions import did_you_mean
from screentest_mockserver.behaviours import find_behaviour
from screentest_mockserver.dispatch.provider import ProviderMock
from screentest_mockserver.operations.content import video_of
from screentest_mockserver.server.app import MockServer
from screentest_mockserver.tasks.scenarios import meant_by, scenario
from screentest_suites.clients.seen import ClientRun, Ended, FileSeen

SLOW = 3
"""How much longer a task of the situation `slow` takes. The mock runs as much faster then, so that it takes no longer
in real time; a client whose interval does not follow the pace is told by that."""

ENDLESS = ("never-ending", "unknown-end")
"""Situations in which nothing that a client knows ever ends its waiting."""

SHORT = 45.0
"""Seconds that the situation `silent-create` lasts at most: a client may wait for an answer as long as it likes."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a client is to make, and how fast the mock runs: `speed` seconds of a task's life in one second."""

    model: Model
    prompt: str
    speed: float


def unfit(contract: Contract, name: str) -> str:
    """Why a document does not fit a situation; "" where it does."""
    try:
        if name in VARIATIONS:
            find_behaviour(name, contract)
            number = int(name[-1]) if name.startswith("receipt-word-") else 0
            classes = list(contract.lifecycle.initial.values())
            if number and (contract.lifecycle.receipt_at is None or number > len(classes)):
                return "its receipts have fewer words"
            if number and classes[number - 1].terminal:
                return "this word of a receipt says that the task has ended"
        else:
            scenario(_scenario_of(name), contract)
    except UsageError as error:
        return error.message
    return ""


def _scenario_of(name: str) -> str:
    return f"slow:{SLOW}" if name == "slow" else name


def fitting(contract: Contract, only: Sequence[str] = ()) -> tuple[str, ...]:
    """The situations that a document fits; `only` these. Raises UsageError for a name that is none of them."""
    found = tuple(name for name in situations(contract) if not unfit(contract, name))
    for name in only:
        if name not in found:
            why = unfit(contract, name) if name in situations(contract) else ""
            message = f"{contract.name} has no situation {name!r}" + (f": {why}" if why else "")
            raise UsageError(message, did_you_mean(meant_by(name), found, f"situations: {', '.join(found)}"))
    return tuple(name for name in found if not only or name in only)


def pace(contract: Contract, name: str, speed: float) -> float:
    """How fast the mock runs in a situation."""
    if name in ENDLESS:  # so fast that a client which waits as long as the document says can be seen to stop
        return max(speed, contract.polling.longest_wait / 20)
    return speed * SLOW if name == "slow" else speed


def set_up(mock: ProviderMock, name: str) -> None:
    """Makes a mock show a situation. Raises UsageError where its document does not fit."""
    if name in VARIATIONS:
        mock.deviation = find_behaviour(name, mock.contract)
    else:
        mock.scenario = scenario(_scenario_of(name), mock.contract)


def file_seen(mock: ProviderMock, data: bytes | None, size: int) -> FileSeen | None:
    """What is at the output path, held against the video of every task that was made."""
    if data is None:
        return None
    videos = _videos(mock)
    longest = max(map(len, videos), default=0)
    return FileSeen(size, size == len(data) and data in videos, longest)


def longest_video(mock: ProviderMock) -> int:
    """Bytes of the longest video that there is."""
    return max(map(len, _videos(mock)), default=0)


def _videos(mock: ProviderMock) -> list[bytes]:
    """The video of every task, also of one that the client has removed since."""
    call = mock.call()
    return [video_of(call, task).data for task in (*mock.tasks(), *mock.removed)]


def seen(
    contract: Contract,
    app: MockServer,
    name: str,
    ended: Ended | None,
    *,
    wish: Wish,
    origin: str,
    callback_url: str = "",
) -> ClientRun:
    """What was seen of a client in a situation."""
    return ClientRun(
        situation=name,
        entries=tuple(app.journal),
        ended=ended,
        deliveries=tuple(app.callbacks.deliveries()),
        speed=pace(contract, name, wish.speed),
        model=wish.model.wire,
        prompt=wish.prompt,
        origin=origin,
        callback_url=callback_url,
    )


def usual_speed(contract: Contract) -> float:
    """At which a task takes five seconds."""
    return max(max(profile.typical for profile in contract.profiles.values()) / 5, 1.0)


def model_for(contract: Contract, name: str | None) -> Model:
    """The model that a client is to use: the named one, else the first that needs no uploaded file and takes a prompt.
    Raises UsageError for an unknown name."""
    if name is not None:
        known = contract.models_called(name)
        if not known:
            names = [model.wire for model in contract.models.values()]
            raise UsageError(f"{contract.name} has no model {name!r}", did_you_mean(name, names, ", ".join(names[:10])))
        return known[0]
    models = list(contract.models.values())
    return next((model for model in models if _plain(contract, model)), models[0])


def _plain(contract: Contract, model: Model) -> bool:
    stand_ins = () if contract.upload is None else contract.upload.stand_ins
    needs_file = any(str(each) in str(model.base) for each in stand_ins)
    return (
        not needs_file and model.request.prompt is not None and isinstance(model.request.prompt.find(model.base), str)
    )


def ends_of(contract: Contract) -> Iterable[StatusClass]:
    """How tasks of a document can end."""
    return sorted({end for profile in contract.profiles.values() for end in profile.outcomes})
