"""What users' own tests get, through a tiny client of the kind that users write."""

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
import respx

import screentest
from screentest_contracts import UsageError
from screentest_suites.pytest_plugin.fixtures import Mock

BASE = "https://api.evolink.ai"
BODY = {"model": "happyhorse-1.0-text-to-video", "prompt": "A paper boat crosses a puddle."}


class Client:
    """A client as someone might have written it by hand, with the vendor's address in it."""

    def __init__(self, http: Any, base: str = BASE, key: str = "sk-screentest") -> None:
        self.http, self.base, self.headers = http, base, {"Authorization": f"Bearer {key}"}

    def create(self) -> str:
        answer = self.http.post(f"{self.base}/v1/videos/generations", json=BODY, headers=self.headers)
        answer.raise_for_status()
        return str(answer.json()["id"])

    def poll(self, task: str) -> dict[str, Any]:
        answer = self.http.get(f"{self.base}/v1/tasks/{task}", headers=self.headers)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture(params=[httpx.Client, httpx2.Client], ids=["httpx", "httpx2"])
def client(request: pytest.FixtureRequest, screentest_mock: Callable[..., Mock]) -> Any:
    """A running mock and a client of it."""
    mock = screentest_mock("evolink")
    with request.param() as http:
        yield mock, Client(http, mock.url)


def test_a_task_lives_as_the_clock_is_moved(client: tuple[Mock, Client]) -> None:
    mock, user = client
    task = user.create()
    before = mock.advance(0)
    assert user.poll(task)["status"] == "pending"
    assert mock.advance(60) == before + 60
    assert user.poll(task)["status"] == "processing"
    mock.advance(600)
    done = user.poll(task)
    assert done["status"] == "completed"
    video = user.http.get(done["results"][0])
    assert video.content[4:8] == b"ftyp"


def test_the_secret_of_callbacks_is_at_hand(screentest_mock: Callable[..., Mock]) -> None:
    document = Path(__file__).parents[2] / "documents" / "rest.yaml"
    assert screentest_mock(str(document)).callback_secret == "whsec_c2NyZWVudGVzdC1jYWxsYmFja3M="
    assert screentest_mock("evolink").callback_secret == "", "its callbacks are not signed"


def test_scenarios_are_scheduled_for_the_next_tasks(client: tuple[Mock, Client]) -> None:
    mock, user = client
    mock.schedule("failure")
    failing, fine = user.create(), user.create()
    mock.advance(600)
    assert [user.poll(task)["status"] for task in (failing, fine)] == ["failed", "completed"]
    with pytest.raises(UsageError, match="unknown scenario"):
        mock.schedule("failrue")


def test_the_journal_tells_what_the_client_did(client: tuple[Mock, Client]) -> None:
    mock, user = client
    task = user.create()
    user.poll(task)
    assert [(each.method, each.path, each.status, each.task) for each in mock.journal] == [
        ("POST", "/v1/videos/generations", 200, task),
        ("GET", f"/v1/tasks/{task}", 200, task),
    ]
    assert b"paper boat" in mock.journal[0].body
    mock.reset()
    assert mock.journal == []
    with pytest.raises((httpx.HTTPStatusError, httpx2.HTTPStatusError)):
        user.poll(task)


def test_deviations_are_committed_until_stopped(client: tuple[Mock, Client]) -> None:
    mock, user = client
    task = user.create()
    mock.deviate("never-ends")
    mock.advance(10_000)
    stuck = user.create()
    mock.advance(10_000)
    assert user.poll(stuck)["status"] not in {"completed", "failed"}
    mock.deviate(None)
    assert user.poll(user.create())["status"] == "pending"
    assert user.poll(task)["id"] == task
    with pytest.raises(UsageError, match="unknown deviation"):
        mock.deviate("no-such-thing")


def test_keys_of_other_accounts(screentest_mock: Callable[..., Mock]) -> None:
    mock = screentest_mock("evolink")
    with httpx.Client() as http:
        task = Client(http, mock.url).create()
        for key, status in ((mock.other_key, 404), ("sk-nobody", 401)):
            with pytest.raises(httpx.HTTPStatusError) as refused:
                Client(http, mock.url, key).poll(task)
            assert refused.value.response.status_code in (status, 403)
        with pytest.raises(httpx.HTTPStatusError) as refused:
            Client(http, mock.url, mock.poor_key).create()
        assert refused.value.response.status_code == 402


def test_a_mock_in_real_time_has_no_clock_to_move(screentest_mock: Callable[..., Mock]) -> None:
    mock = screentest_mock("evolink", speed=1000)
    with pytest.raises(ValueError, match="real time"):
        mock.advance(1)
    with httpx.Client() as http:
        user = Client(http, mock.url)
        task = user.create()
        assert user.poll(task)["status"] in {"pending", "processing", "completed"}


def test_several_mocks_at_once(screentest_mock: Callable[..., Mock]) -> None:
    first, second = screentest_mock("evolink"), screentest_mock("evolink")
    with httpx.Client() as http:
        Client(http, first.url).create()
    assert (len(first.journal), len(second.journal)) == (1, 0)


# -- the vendor's own address -------------------------------------------------------------------------------------


def test_a_router_for_sync_clients(screentest_router: Callable[..., respx.MockRouter]) -> None:
    router = screentest_router("evolink")
    with httpx.Client() as http:
        user = Client(http)
        task = user.create()
        router.screentest.advance(600)  # type: ignore[attr-defined]
        done = user.poll(task)
        assert done["status"] == "completed"
        assert http.get(done["results"][0], headers={"range": "bytes=4-7"}).content == b"ftyp"


async def async_life(router: respx.MockRouter) -> str:
    async with httpx.AsyncClient(base_url=BASE, headers={"Authorization": "Bearer sk-screentest"}) as http:
        task = (await http.post("/v1/videos/generations", json=BODY)).json()["id"]
        router.screentest.advance(600)  # type: ignore[attr-defined]
        return str((await http.get(f"/v1/tasks/{task}")).json()["status"])


def test_a_router_for_async_clients(screentest_router: Callable[..., respx.MockRouter]) -> None:
    assert asyncio.run(async_life(screentest_router("evolink"))) == "completed"


def test_a_lost_answer_reaches_the_client_as_a_broken_connection(
    screentest_router: Callable[..., respx.MockRouter],
) -> None:
    router = screentest_router("evolink")
    router.screentest.schedule("lost-answer")  # type: ignore[attr-defined]
    with httpx.Client() as http, pytest.raises(httpx.RemoteProtocolError):
        Client(http).create()
    assert router.screentest.provider.store.count_tasks() == 1  # type: ignore[attr-defined]


def test_other_hosts_are_not_let_out(screentest_router: Callable[..., respx.MockRouter]) -> None:
    screentest_router("evolink")
    with httpx.Client() as http, pytest.raises(respx.models.AllMockedAssertionError):
        http.get("https://elsewhere.example/")


def test_routers_of_two_vendors(screentest_router: Callable[..., respx.MockRouter]) -> None:
    """Each vendor's host goes to its own mock."""
    screentest_router("evolink")
    other = screentest_router("nexusflow")
    with httpx.Client() as http:
        Client(http).create()
    assert other.screentest.journal == []  # type: ignore[attr-defined]


def test_a_router_for_clients_of_httpx2(screentest_router: Callable[..., respx.MockRouter]) -> None:
    router = screentest_router("evolink")
    with httpx2.Client() as http:
        user = Client(http)
        task = user.create()
        router.screentest.advance(600)  # type: ignore[attr-defined]
        done = user.poll(task)
        assert http.get(done["results"][0], headers={"range": "bytes=4-7"}).content == b"ftyp"
        router.screentest.schedule("lost-answer")  # type: ignore[attr-defined]
        with pytest.raises(httpx2.RemoteProtocolError):
            user.create()

    async def poll() -> Any:
        async with httpx2.AsyncClient(base_url=BASE, headers=user.headers) as http:
            return (await http.get(f"/v1/tasks/{task}")).json()["status"]

    assert asyncio.run(poll()) == "completed"


def test_clients_of_httpx2_reach_the_network_again_after_a_router(screentest_mock: Callable[..., Mock]) -> None:
    mock = screentest_mock("evolink")
    with screentest.router("evolink") as router, httpx2.Client() as http:
        Client(http).create()
        assert len(router.screentest.journal) == 1
    with httpx2.Client() as http:
        Client(http, mock.url).create()
    assert (len(router.screentest.journal), len(mock.journal)) == (1, 1)


def test_a_mock_over_tls(screentest_mock: Callable[..., Mock]) -> None:
    mock = screentest_mock("evolink", tls=True)
    assert mock.url.startswith("https://127.0.0.1:")
    with httpx.Client(verify=ssl.create_default_context(cafile=mock.ca_file)) as http:
        user = Client(http, mock.url)
        task = user.create()
        mock.advance(600)
        video = user.poll(task)["results"][0]
        assert video.startswith("https://")
        assert http.get(video).content[4:8] == b"ftyp"
    with httpx.Client() as http, pytest.raises(httpx.ConnectError):
        Client(http, mock.url).create()


def test_the_authority_is_there_as_long_as_the_mock() -> None:
    with screentest.serve("evolink", screentest.MockSettings(tls=True)) as mock:
        assert Path(mock.ca_file).read_text().startswith("-----BEGIN CERTIFICATE-----")
    assert not Path(mock.ca_file).exists()
    with screentest.serve("evolink") as mock:
        assert mock.ca_file == ""


def frames(error: BaseException) -> list[str]:
    """The files that a traceback would show: pytest leaves out what hides itself."""
    caught = pytest.ExceptionInfo.from_exception(error)
    return [Path(entry.path).name for entry in caught.traceback.filter(caught)]


def test_a_mistake_is_shown_at_the_line_of_the_test(
    screentest_mock: screentest.MockFactory, screentest_router: screentest.RouterFactory
) -> None:
    """A wrong name is the user's: no line of ours explains it."""
    mock = screentest_mock("evolink")
    for mistaken in (
        lambda: screentest_mock("evolink", scenario="nonsense"),
        lambda: screentest_router("evolnik"),
        lambda: mock.schedule("nonsense"),
        lambda: mock.deviate("nonsense"),
        lambda: httpx.get(f"{mock.url}/v1/tasks/x") and mock.assert_client_conforms(),
    ):
        with pytest.raises((UsageError, AssertionError)) as caught:
            mistaken()
        assert set(frames(caught.value)) == {Path(__file__).name}
