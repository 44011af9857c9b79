"""What the mock answers while it cannot reach its store: in no vendor's words, because no vendor said it."""

from starlette.responses import JSONResponse

from screentest_mockserver.state.store import StoreLostError

MARK = "x-screentest"
"""The header of answers that are the mock's own, not those of the vendor that it plays."""


def store_lost(error: StoreLostError) -> JSONResponse:
    """503, for as long as it takes. Nothing has to be started again."""
    told = {"error": f"the mock cannot reach its store: {error}", "hint": "ask again when the store is back"}
    return JSONResponse(told, 503, {MARK: "store-lost", "retry-after": "1"})
