"""A mock whose keys are pairs: a vendor's own sample gets in, and nothing else does."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from screentest_contracts import Contract, Role, UsageError, load_contract
from screentest_mockserver.behaviours.deviations import deviation
from screentest_mockserver.dispatch.provider import ProviderMock
from screentest_mockserver.server.run import running
from screentest_mockserver.state.facts import MockOptions
from screentest_mockserver.wire.accounts import (
    GOOD_KEY,
    OTHER_KEY,
    POOR_KEY,
    RESTRICTED_KEY,
    SECRET,
    account_keys,
    accounts,
)
from screentest_mockserver.wire.clock import RealClock
from screentest_mockserver.wire.signed import SignedKeys

DOCUMENT = Path(__file__).parents[2] / "documents" / "signed.yaml"
NOW = 1_780_000_000
HANDED = f"{GOOD_KEY}-{SECRET}"


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load_contract(DOCUMENT)


@pytest.fixture
def client(contract: Contract, caller: Callable[..., Any]) -> Any:
    return caller(contract)


def sample(access: str = GOOD_KEY, secret: str = "", at: float = NOW, algorithm: str = "HS256", **claims: Any) -> str:
    """As the vendor's page shows it."""
    headers = {"alg": algorithm, "typ": "JWT"}
    payload = {"iss": access, "exp": int(at) + 1800, "nbf": int(at) - 5, **claims}
    payload = {name: value for name, value in payload.items() if value is not None}
    key = "" if algorithm == "none" else secret or f"{access}-{SECRET}"
    return jwt.encode(payload, key, algorithm=algorithm, headers=headers)


def test_a_token_opens_what_its_account_may(client: Any) -> None:
    task = client.new(key=sample())
    assert client.query(task, key=sample()).status == 200
    assert client.says(Role.QUERY, "unknown-task", client.query(task, key=sample(OTHER_KEY)))
    assert client.says(Role.CREATE, "insufficient-balance", client.create(key=sample(POOR_KEY)))
    assert client.accepted(client.create(key=sample(RESTRICTED_KEY)))
    other = list(client.contract.models)[-1]
    assert not client.accepted(client.create(model=other, key=sample(RESTRICTED_KEY)))
    assert client.accepted(client.create(key=client.mock.credential()))


@pytest.mark.parametrize(
    ("key", "condition"),
    [
        (None, "missing-key"),
        (sample("ak-nobody", HANDED), "wrong-key"),
        (sample(secret=f"{OTHER_KEY}-{SECRET}"), "wrong-key"),
        (sample(secret=SECRET), "wrong-key"),
        (sample(algorithm="none"), "wrong-key"),
        (sample(algorithm="HS512"), "wrong-key"),
        (sample(exp=None), "wrong-key"),
        (sample()[:-3], "wrong-key"),
        (sample() + "A", "wrong-key"),
        (f"{GOOD_KEY}:{HANDED}", "wrong-key"),
        (OTHER_KEY, "wrong-key"),
        (HANDED, "wrong-key"),
        ("", "wrong-key"),
        ("\xe9\xff", "wrong-key"),
        (sample(at=NOW - 1800), "expired-key"),
        (sample(at=NOW - 90_000), "expired-key"),
        (sample(at=NOW + 6), "expired-key"),
    ],
)
def test_who_is_refused(client: Any, key: str | None, condition: str) -> None:
    assert client.says(Role.CREATE, condition, client.create(key=key))
    assert client.says(Role.QUERY, condition, client.query("1", key=key))
    assert client.says(Role.LIST, condition, client.send("GET", "/v1/videos/text2video", key=key))
    assert client.mock.store.count_tasks() == 0


def test_without_a_row_of_its_own_an_expired_token_is_a_wrong_key(
    contract: Contract, tmp_path: Path, caller: Callable[..., Any]
) -> None:
    lines = DOCUMENT.read_text().splitlines()
    file = tmp_path / "signed.yaml"
    file.write_text("\n".join(line for line in lines if "expired-key" not in line))
    client = caller(load_contract(file))
    assert client.says(Role.CREATE, "wrong-key", client.create(key=sample(at=NOW - 9000)))


def test_a_token_ends_on_the_mocks_own_clock(client: Any) -> None:
    token = sample()
    task = client.new(key=token)
    client.clock.advance(1799)
    assert client.query(task, key=token).status == 200
    client.clock.advance(1)
    assert client.says(Role.QUERY, "expired-key", client.query(task, key=token))
    assert client.query(task, key=sample(at=NOW + 1800)).status == 200
    assert client.query(task, key=client.mock.credential()).status == 200


def test_the_word_before_the_token(client: Any) -> None:
    def status(value: str) -> int:
        fields = [(b"authorization", value.encode())]
        return int(client.send("GET", "/v1/videos/text2video", key=None, headers=fields).status)

    token = sample()
    assert [status(f"{word}{token}") for word in ("Bearer ", "bearer ", "BEARER  ", "", "Basic ")] == [
        *(200, 200, 200, 401, 401)
    ]


def test_a_pair_of_ones_own(contract: Contract, caller: Callable[..., Any]) -> None:
    client = caller(contract, api_key="mine:short")
    with pytest.warns(jwt.InsecureKeyLengthWarning):  # of the sample, not of the mock
        token = sample("mine", "short")
    assert client.accepted(client.create(key=token))
    assert client.says(Role.CREATE, "wrong-key", client.create(key=sample()))
    assert client.accepted(client.create(key=client.mock.credential()))
    assert client.accepted(client.create(key=client.mock.credential("second")))
    for text in ("mine", "mine:", ":secret"):
        with pytest.raises(UsageError, match="ACCESS:SECRET") as raised:
            ProviderMock(contract, client.clock, options=MockOptions(api_key=text))
        assert text not in str(raised.value).replace("ACCESS:SECRET", "")


@pytest.mark.parametrize(
    ("name", "taken"),
    [("expired-token-accepted", "old"), ("forged-token-accepted", "forged"), ("unsigned-token-accepted", "unsigned")],
)
def test_a_deviation_takes_one_flaw_only(client: Any, name: str, taken: str) -> None:
    client.mock.deviation = deviation(name, client.contract)
    tokens = {
        "good": sample(),
        "old": sample(at=NOW - 9000),
        "forged": sample(secret=SECRET),
        "unsigned": sample(algorithm="none"),
        "another algorithm": sample(algorithm="HS384"),
        "nobody": sample("ak-nobody", HANDED),
    }
    assert {which for which, key in tokens.items() if client.accepted(client.create(key=key))} == {"good", taken}


def test_a_verified_token_is_remembered_and_no_more_than_1024_are(contract: Contract) -> None:
    assert contract.token is not None
    keys = SignedKeys(contract.token, accounts(account_keys(contract)))
    text = sample().encode()
    for _ in range(5):
        account, _ = keys.owner(text, NOW, frozenset())
        assert account is not None
    assert keys.remembered() == (1, 4)
    for number in range(1100):
        keys.owner(sample(jti=str(number)).encode(), NOW, frozenset())
    assert keys.remembered() == (1024, 4)


# -- a client that has never heard of us -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def url(contract: Contract) -> Iterator[str]:
    with running([contract], clock=RealClock(1000)) as (_, found):
        yield found


def test_a_vendors_sample_in_real_time(url: str) -> None:
    def headers(**changes: Any) -> dict[str, str]:
        return {"authorization": f"Bearer {sample(**{'at': time.time(), **changes})}"}

    with httpx.Client(base_url=url, trust_env=False) as http:
        asked = {"prompt": "A paper boat.", "duration": "10", "external_task_id": "mine-1"}
        made = http.post("/v1/videos/text2video", json=asked, headers=headers()).json()
        assert (made["code"], made["data"]["task_status"]) == (0, "submitted")
        path = f"/v1/videos/text2video/{made['data']['task_id']}"
        for _ in range(400):
            shown = http.get(path, headers=headers()).json()["data"]
            if shown["task_status"] in ("succeed", "failed"):
                break
        assert shown["task_status"] == "succeed"
        assert shown["task_info"] == {"external_task_id": "mine-1"}
        assert shown["task_result"]["videos"][0]["duration"] == "10"
        assert http.get(shown["task_result"]["videos"][0]["url"]).headers["content-type"] == "video/mp4"
        image = http.post("/v1/videos/image2video", json={"image": "aGk="}, headers=headers()).json()["data"]
        assert http.get(f"/v1/videos/image2video/{image['task_id']}", headers=headers()).status_code == 200
        for mode, newest in (("image2video", image), ("text2video", made["data"])):
            listed = http.get(f"/v1/videos/{mode}?pageNum=1&pageSize=1", headers=headers()).json()["data"]
            assert [each["task_id"] for each in listed] == [newest["task_id"]]
        for changes, code in (
            ({"secret": SECRET}, 4011),
            ({"algorithm": "none"}, 4011),
            ({"algorithm": "HS384"}, 4011),
            ({"access": "ak-nobody"}, 4011),
            ({"at": time.time() - 3600}, 4012),
            ({"at": time.time() + 3600}, 4012),
        ):
            answer = http.get(path, headers=headers(**changes))
            assert (answer.status_code, answer.json()["code"]) == (401, code), changes
        assert http.get(path).json()["code"] == 4010
