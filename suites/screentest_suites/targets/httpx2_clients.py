"""Clients of httpx2 meet a respx router, too: respx itself knows those of httpx alone.

httpx2 need not be there. Where it is, its transports hand their requests to the routers as those of httpx do.
"""

from importlib.util import find_spec
from typing import Any, ClassVar

import httpx
from respx.mocks import HTTPCoreMocker


class Httpcore2Mocker(HTTPCoreMocker):
    """Patches httpcore2, on which httpx2 stands. Its modules are laid out as those of httpcore are."""

    name = "httpcore2"
    targets: ClassVar[list[str]] = [target.replace("httpcore.", "httpcore2.") for target in HTTPCoreMocker.targets]

    @classmethod
    def installed(cls) -> bool:
        return find_spec(cls.name) is not None

    @classmethod
    def from_sync_httpx_response(cls, httpx_response: httpx.Response, target: Any, **kwargs: Any) -> Any:
        import httpcore2

        return httpcore2.Response(
            status=httpx_response.status_code,
            headers=httpx_response.headers.raw,
            content=httpx_response.stream,
            extensions=httpx_response.extensions,
        )

    @classmethod
    def handler(cls, httpx_request: httpx.Request) -> Any:
        try:
            return super().handler(httpx_request)  # type: ignore[no-untyped-call]
        except httpx.RemoteProtocolError as error:
            raise _broken(error) from None

    @classmethod
    async def async_handler(cls, httpx_request: httpx.Request) -> Any:
        try:
            return await super().async_handler(httpx_request)  # type: ignore[no-untyped-call]
        except httpx.RemoteProtocolError as error:
            raise _broken(error) from None


def _broken(error: Exception) -> Exception:
    """What a connection that was dropped is for httpx2."""
    import httpcore2

    return httpcore2.RemoteProtocolError(str(error))
