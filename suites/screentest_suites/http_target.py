"""A server behind a URL. It may do anything; what it does becomes an Exchange within bounded time and memory."""

import time
import zlib
from collections.abc import Mapping

import httpx

from screentest_contracts.errors import UsageError
from screentest_suites.callback_port import CallbackPort
from screentest_suites.exchange import Exchange, Sent

JSON_LIMIT = 4 * 1024 * 1024
"""Bytes of an answer that are read where no file is expected."""


class HttpTarget:
    """Real time, no control. Redirects are not followed: the key goes nowhere else. POST is never repeated."""

    steerable = False

    def __init__(
        self,
        base_url: str,
        keys: Mapping[str, str],
        *,
        kind: str = "url",
        timeout: float = 30.0,
        workers: int = 16,
        callbacks: CallbackPort | None = None,
    ) -> None:
        self.kind = kind
        self.base_url = base_url.rstrip("/")
        self.keys = keys
        self.timeout = timeout
        self.callbacks = callbacks
        self.sent = 0
        limits = httpx.Limits(max_connections=workers, max_keepalive_connections=workers)
        try:
            self._client = httpx.Client(
                timeout=httpx.Timeout(timeout, connect=min(timeout, 10.0)), limits=limits, follow_redirects=False
            )
        except (ValueError, OSError) as error:  # a broken proxy or CA setting in the environment
            raise UsageError(f"cannot prepare connections: {error}", "check proxy and certificate variables") from None

    def now(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()

    def send(self, sent: Sent, *, limit: int = JSON_LIMIT) -> Exchange:
        self.sent += 1
        before = time.time()
        status, body, size, error = 0, b"", 0, ""
        headers: tuple[tuple[str, str], ...] = ()
        fields = [("accept-encoding", "identity"), ("user-agent", "screentest"), *sent.headers]
        try:
            request = self._client.build_request(sent.method, sent.url, headers=fields, content=sent.body)
            response = self._client.send(request, stream=True)
            try:
                status = response.status_code
                headers = tuple((k.decode("latin-1"), v.decode("latin-1")) for k, v in response.headers.raw)
                body, size, error = self._read(response, limit, before + self.timeout)
            finally:
                response.close()
        except httpx.HTTPError as problem:
            error = _reason(problem)
        except (httpx.InvalidURL, ValueError, OSError) as problem:
            error = f"no request could be made: {type(problem).__name__}: {problem}"
        return Exchange(sent, status, headers, body, before, time.time(), error, size)

    def _read(self, response: httpx.Response, limit: int, deadline: float) -> tuple[bytes, int, str]:
        chunks: list[bytes] = []
        size = 0
        encoding = response.headers.get("content-encoding", "").strip().lower()
        decoder = zlib.decompressobj(zlib.MAX_WBITS | 32) if encoding in {"gzip", "x-gzip", "deflate"} else None
        for raw in response.iter_raw():
            chunk = raw
            if decoder is not None:
                try:
                    chunk = decoder.decompress(raw, limit + 1 - size)
                except zlib.error:
                    return b"".join(chunks), size, f"the body is not valid {encoding}"
            if size < limit:
                chunks.append(chunk[: limit - size])
            size += len(chunk)
            if size > limit:
                return b"".join(chunks), size, f"the body is longer than {limit} bytes"
            if time.time() > deadline:
                return b"".join(chunks), size, f"the body did not end within {self.timeout:g} s"
        return b"".join(chunks), size, ""


def _reason(problem: httpx.HTTPError) -> str:
    """A transport failure in plain words."""
    match problem:
        case httpx.ConnectTimeout():
            return "no connection within the time-out"
        case httpx.ConnectError():
            return f"no connection: {problem}"
        case httpx.TimeoutException():
            return "no answer within the time-out"
        case httpx.RemoteProtocolError():
            return f"the answer is not valid HTTP: {problem}"
        case httpx.UnsupportedProtocol():
            return f"no request could be made: {problem}"
    return f"the connection broke: {type(problem).__name__} {problem}".rstrip()
