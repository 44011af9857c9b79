"""Further files of a task, the size of its video, and values of the account."""

import hashlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from screentest_contracts.contract import Asset, Role, has_values
from screentest_contracts.location import MISSING, is_empty, resolve, segments
from screentest_contracts.requirements import AssetName, Member, Requirement, StatedDigest, kinds
from screentest_contracts.template import Template
from screentest_suites.checks.registry import check
from screentest_suites.checks.result import delivered, files_of
from screentest_suites.checks.result_answers import beside
from screentest_suites.checks.shown import downloaded
from screentest_suites.core.credential import NO_KEY
from screentest_suites.core.exchange import Exchange, Trace
from screentest_suites.core.statuses import status_in
from screentest_suites.core.verdicts import Finding, Skip, failed, passed, skipped
from screentest_suites.requests.samples import asking
from screentest_suites.tasks.download import Delivered, fetch
from screentest_suites.tasks.session import Session

MOST = 4
"""Files of one asset that are fetched for each task: of a list of segments the first ones."""


def addresses(session: Session, asset: Asset, item: Delivered) -> Iterator[str]:
    """The addresses of an asset: of the content operation, or in the answer that showed the result, with those of
    further items of a list."""
    content = session.contract.operation(Role.CONTENT)
    if asset.parameters and content is not None:
        url = session.request(content, task=item.trace.task_id, credential=NO_KEY).url
        yield f"{url}{'&' if '?' in url else '?'}{urlencode(asset.parameters)}"
    for pointer in asset.at.pointers:
        for place in (pointer, *beside(item.shown_by, pointer)):
            value = resolve(item.shown_by.json, segments(place))
            if isinstance(value, str) and value:
                yield value


@check(kinds.ASSET_SHOWN)
def judge_shown(session: Session, requirement: Requirement[AssetName]) -> Finding:
    """Every success shows an address there, of those that were to have one."""
    asset = session.contract.assets[requirement.subject.asset]
    items = [each for each in delivered(session) if _asked(session, asset, each.trace)]
    for item in items:
        if not any(addresses(session, asset, item)):
            return failed(f"nothing at {asset.at}", f"the address of the {asset.name}", (item.shown_by,))
    return passed(len(items)) if items else skipped(Skip.NOT_OBSERVED, "no task succeeded")


def _asked(session: Session, asset: Asset, trace: Trace) -> bool:
    return has_values(asset.when, session.contract.models[trace.model].schema, trace.body)


def _fresh(session: Session, asset: Asset) -> list[Delivered]:
    """Results whose addresses still work: a new one where time is virtual and may have passed."""
    model = session.any_model()
    if session.target.steering is None or model is None:
        return delivered(session)
    made = session.start(model, asking([asset], model, model.base))
    if not isinstance(made, Trace):
        return []
    session.follow(made, linger=0, aliases=False)
    status = status_in(session.contract, made.polls[-1].exchange) if made.polls else None
    if status is None or status.status_class != "succeeded":
        return []
    return [session.deliver(made, made.polls[-1])]


def _files(session: Session, asset: Asset, *, key: bool = True) -> list[tuple[Delivered, Exchange]]:
    """The downloads of an asset, with what each is of."""
    return [
        (item, fetch(session.contract, session.target, link, key=key, auth=asset.auth))
        for item in _fresh(session, asset)
        for link in list(addresses(session, asset, item))[:MOST]
    ]


@check(kinds.ASSET_FETCH)
def judge_fetch(session: Session, requirement: Requirement[AssetName]) -> Finding:
    """Each address gives bytes."""
    asset = session.contract.assets[requirement.subject.asset]
    files = _files(session, asset)
    for item, file in files:
        if file.status != 200 or file.error or file.size == 0:
            seen = file.error or (f"answered {file.status}" if file.status != 200 else "the body is empty")
            return failed(seen, f"200 and the {asset.name}", (item.shown_by, file))
    return passed(len(files)) if files else skipped(Skip.NOT_OBSERVED, f"no answer shows the {asset.name}")


@check(kinds.ASSET_MEDIA_TYPE)
def judge_media_type(session: Session, requirement: Requirement[AssetName]) -> Finding:
    """Each file is sent as its type, or as plain bytes."""
    asset = session.contract.assets[requirement.subject.asset]
    files = _files(session, asset)
    for item, file in files:
        if file.media_type not in {asset.media_type, "application/octet-stream", "binary/octet-stream"}:
            return failed(f"the content type is {file.media_type!r}", asset.media_type, (item.shown_by, file))
    return passed(len(files)) if files else skipped(Skip.NOT_OBSERVED, f"no answer shows the {asset.name}")


@check(kinds.ASSET_AUTH)
def judge_auth(session: Session, requirement: Requirement[AssetName]) -> Finding:
    """Without the key there are no bytes."""
    asset = session.contract.assets[requirement.subject.asset]
    files = _files(session, asset, key=False)
    for item, file in files:
        if file.status in (200, 206):
            return failed(f"answered {file.status} without a key", "a refusal", (item.shown_by, file))
    return passed(len(files)) if files else skipped(Skip.NOT_OBSERVED, f"no answer shows the {asset.name}")


@check(kinds.ASSET_LIFE)
def judge_life(session: Session, requirement: Requirement[AssetName]) -> Finding:
    """The address still works shortly before its time is up."""
    asset = session.contract.assets[requirement.subject.asset]
    if session.target.steering is None or asset.life is None:
        return skipped(Skip.NEEDS_CLOCK)
    files = _files(session, asset)
    if not files:
        return skipped(Skip.NOT_OBSERVED, f"no answer shows the {asset.name}")
    item, first = files[0]
    session.target.sleep(max(asset.life - session.client.pace.interval - 5, 0))
    late = fetch(session.contract, session.target, first.sent.url, auth=asset.auth)
    if late.status != 200:
        return failed(f"answered {late.status} before {asset.life:g} s had passed", "the file", (item.shown_by, late))
    return passed()


@check(kinds.FILE_SIZE)
def judge_size(session: Session, requirement: Requirement[Member]) -> Finding:
    """The stated size is that of the file, where it came as it is."""
    judged, pointer = 0, requirement.subject.pointer
    for item, file in files_of(session):
        stated = resolve(item.shown_by.json, segments(pointer))
        if is_empty(stated) or file.status != 200 or file.error or file.encoding:
            continue
        judged += 1
        if str(stated) != str(file.size):
            seen = f"{pointer} is {stated!r}, and the file has {file.size} bytes"
            return failed(seen, f"{file.size}", (item.shown_by, file))
    return passed(judged) if judged else skipped(Skip.NOT_OBSERVED, "no answer states the size of a file that came")


@check(kinds.FILE_DIGEST)
def judge_digest(session: Session, requirement: Requirement[StatedDigest]) -> Finding:
    """The stated digest is that of the file, where it came as it is and is kept whole."""
    subject, judged = requirement.subject, 0
    stated: list[tuple[Any, Exchange, tuple[Exchange, ...]]]
    if subject.header:
        stated = [(file.header(subject.header), file, (file,)) for file in downloaded(session)]
    else:
        parts = segments(subject.pointer)
        stated = [(resolve(item.shown_by.json, parts), file, (item.shown_by, file)) for item, file in files_of(session)]
    for value, file, evidence in stated:
        whole = file.status == 200 and not file.error and not file.encoding and file.size == len(file.body)
        if is_empty(value) or not whole:
            continue
        judged += 1
        expected = digest_text(subject.make, file.body)
        told = [str(value), *(part.strip() for part in str(value).split(","))] if subject.header else [str(value)]
        exact = "base64" in subject.make
        if not any(each == expected or (not exact and each.lower() == expected.lower()) for each in told):
            seen = f"{subject.header or subject.pointer} is {value!r}"
            return failed(seen, f"{expected!r}, by the file's bytes", evidence)
    return passed(judged) if judged else skipped(Skip.NOT_OBSERVED, "nothing states the digest of a file that came")


def digest_text(make: str, data: bytes) -> str:
    """The text that states the digest of a file."""
    return str(Template(make).render(_OfFile(data)))


class _OfFile:
    """The digests of a file, for the holes of a template."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def hole(self, name: str, argument: str) -> str | None:
        return hashlib.new(argument, self.data).hexdigest() if name == "file_digest" else None


@check(kinds.ACCOUNT_VALUE)
def judge_account(session: Session, requirement: Requirement[Member]) -> Finding:
    """The value is the same whichever task of the account is asked for."""
    pointer, judged = requirement.subject.pointer, 0
    known: tuple[object, Exchange] | None = None
    for exchange in (poll.exchange for trace in session.traces() for poll in trace.polls):
        value = resolve(exchange.json, segments(pointer))
        if value is MISSING or value is None:
            continue
        judged += 1
        if known is not None and known[0] != value:
            return failed(
                f"{pointer} is {known[0]!r}, then {value!r}", "one value for an account", (known[1], exchange)
            )
        known = known or (value, exchange)
    return passed(judged) if judged else skipped(Skip.NOT_OBSERVED, f"no answer has {pointer}")
