"""Why what is judged matters to those who use a server, or keep a client."""

from collections.abc import Mapping
from typing import Final

WHY: Final[Mapping[str, str]] = {
    "parameters": "Clients build their requests by these limits. A server with others refuses what should work, or "
    "takes money for what should be refused.",
    "receipt": "The receipt is all that a client has of its task. If it is not as documented, a task that is paid for "
    "cannot be found again.",
    "polling": "Clients decide by the status whether to go on asking. If it is wrong, they wait for ever, or give up a "
    "task that succeeds.",
    "errors": "Clients decide by status and code whether to repeat, to wait or to give up. If these are wrong, they "
    "pay twice, or try for ever.",
    "result": "The video is what is paid for. If its address or its bytes are not as documented, it is lost.",
    "list": "Clients find tasks again by the list, and see by it what they have spent.",
    "resources": "What else a server keeps for its clients is relied on as its tasks are.",
    "callbacks": "Clients that are called back do not ask. A callback that is missing, forged or repeated is a video "
    "that is lost, faked or counted twice.",
    "generated": "Nobody writes down every request. Generated ones find what others miss.",
    "answers": "Libraries read headers and encodings before any client does. What is wrong there breaks every answer.",
    "unobservable": "It is listed so that nobody believes it was tested.",
    "client.creating": "Each create costs money. A client that creates twice, or wrongly, spends it for nothing.",
    "client.keys": "Whoever has the key can spend money with it.",
    "client.waiting": "Vendors block clients that ask too often. A client that never stops asking never ends.",
    "client.ending": "Users act on what a client says at its end: that there is a video, or why there is none.",
    "client.surviving": "Servers fail, stall and lose answers every day. A client meets all of that.",
    "client.callbacks": "A callback that is not acknowledged comes again, or never.",
    "client.receiver": "Anybody can send to a public address. A receiver that believes all can be told anything.",
}
"""One or two sentences for each suite of requirements."""
