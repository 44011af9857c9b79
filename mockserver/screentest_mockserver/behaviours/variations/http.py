"""Content codings, as servers and what stands before them may use them."""

from screentest_mockserver.behaviours.deviations.http import for_gzip, pack
from screentest_mockserver.behaviours.registry import vary
from screentest_mockserver.state.hooks import Call, Hooks
from screentest_mockserver.wire.answer import Answer


def _download(call: Call, answer: Answer, whole: bytes) -> Answer:
    return pack(call, answer) if answer.status == 200 else answer


vary("gzip-when-taken", "who takes gzip gets it", Hooks(answer=for_gzip(pack)))
vary("gzip-downloads", "the file comes as gzip, whatever was asked for", Hooks(download=_download))
