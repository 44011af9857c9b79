"""The kinds of requirements that clients are held to. They are judged by what a mock was asked, and by how a client
ended; none of them is sent to a server, so none is among `kinds.all_kinds`."""

from dataclasses import dataclass
from typing import Any, Final

from screentest_contracts.requirements.kinds import Kind


@dataclass(frozen=True, slots=True)
class Situations:
    """The situations by which a requirement of clients is judged: names of scenarios or variations of the mock; `*` for
    every one. `word` tells requirements of one kind apart: a status class, a condition."""

    names: tuple[str, ...]
    word: str = ""

    def fits(self, name: str) -> bool:
        """Whether a situation is one of them."""
        return "*" in self.names or name in self.names


CREATE_VALID: Final = Kind("client-create-valid", Situations, "that a create is valid by the document")
CREATE_MEMBERS: Final = Kind("client-create-members", Situations, "that a create holds documented members only")
CREATE_MEDIA: Final = Kind("client-create-media", Situations, "the content type of a create")
CREATE_WISH: Final = Kind("client-create-wish", Situations, "that a create asks for what the client was told to make")
CREATE_ONCE: Final = Kind("client-create-once", Situations, "that one wish is one create")
CREATE_REFUSED: Final = Kind("client-create-refused", Situations, "that a refused create is not repeated")
CREATE_KEY: Final = Kind("client-create-key", Situations, "the idempotency key of a create and of its repetition")
RETRY_AFTER: Final = Kind("client-retry-after", Situations, "that nothing is asked before Retry-After allows it")

KEY_SENT: Final = Kind("client-key-sent", Situations, "that calls carry the key where the document says")
KEY_ADDRESS: Final = Kind("client-key-address", Situations, "that no key stands in an address or in a body")
KEY_ELSEWHERE: Final = Kind("client-key-elsewhere", Situations, "that the key goes to the vendor's own origin only")
KEY_RESULT: Final = Kind("client-key-result", Situations, "that a result which needs the key is asked for with it")

KNOWN_PATHS: Final = Kind("client-known-paths", Situations, "that a client calls what the document has")
POLL_TASK: Final = Kind("client-poll-task", Situations, "that polls ask for the task that the receipt names")
POLL_FIRST: Final = Kind("client-poll-first", Situations, "the wait before the first poll")
POLL_FLOOR: Final = Kind("client-poll-floor", Situations, "the shortest time between two polls")
POLL_INTERVAL: Final = Kind("client-poll-interval", Situations, "the usual time between two polls")
POLL_FIXED: Final = Kind("client-poll-fixed", Situations, "an interval that is the same at every pace")
POLL_RATE: Final = Kind("client-poll-rate", Situations, "how many requests are made in a minute")
POLL_BACK_OFF: Final = Kind("client-poll-back-off", Situations, "that polls after a server error do not come faster")
POLL_ENDS: Final = Kind("client-poll-ends", Situations, "that polling ends with the task")
ENDS_ITSELF: Final = Kind("client-ends-itself", Situations, "that a client gives up on its own")

HAS_VIDEO: Final = Kind("client-has-video", Situations, "that a client ends with the video, whole")
HAS_NONE: Final = Kind("client-has-none", Situations, "that a client without a video says so and leaves no file")
HONEST: Final = Kind("client-honest", Situations, "that a client has the whole video or says that it has none")
CANCELS: Final = Kind("client-cancels", Situations, "that a client cancels a task that it gives up on")
SAYS_WHY: Final = Kind("client-says-why", Situations, "that a client tells why there is no video")

CALLBACK_ANSWERED: Final = Kind("client-callback-answered", Situations, "that callbacks are acknowledged in time")
CALLBACK_SAFE: Final = Kind("client-callback-safe", Situations, "that odd callbacks do no harm")

RECEIVER: Final = Kind("client-receiver", Situations, "what a receiver of callbacks answers to a kind of delivery")


def client_kinds() -> tuple[Kind[Any], ...]:
    """Every kind of this module, in its order."""
    return tuple(value for value in globals().values() if isinstance(value, Kind))
