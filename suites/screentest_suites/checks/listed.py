"""What the checks of lists share: asking for a list, and which tasks it shows."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from screentest_contracts.contract import Model, Role
from screentest_contracts.location import is_empty
from screentest_contracts.reading import id_text
from screentest_suites.core.credential import NO_KEY
from screentest_suites.core.exchange import Exchange
from screentest_suites.tasks.download import origin
from screentest_suites.tasks.session import Session

MOST = 200
"""Tasks that are made for the sake of one list where time is virtual."""
FEW = 3
"""The same elsewhere."""


def ask_list(session: Session, *parameters: str) -> Exchange:
    """The list, with these parameters, each as `name=value`."""
    operation = session.contract.roles[Role.LIST][0]
    return session.send(Role.LIST, session.request(operation, query="&".join(each for each in parameters if each)))


def further_list(
    session: Session, page: Exchange, number: int, seen: Sequence[str], limit: str = ""
) -> Exchange | None:
    """The page of this number after `page`, up to which these ids were seen; None where there is none."""
    rule = session.contract.listing
    if rule is None or not seen:
        return None
    if rule.next_at is not None:
        return next_list(session, page, limit)
    if rule.page is not None:
        return ask_list(session, limit, f"{rule.page}={number}")
    if rule.offset is not None:
        return ask_list(session, limit, f"{rule.offset}={len(seen)}")
    return ask_list(session, limit, f"{rule.after}={quote(seen[-1], safe='')}")


def next_list(session: Session, page: Exchange, limit: str = "") -> Exchange | None:
    """The page after this one, by what this one holds for it; None where it says that there is none. An address is
    asked for as it is; the key goes along to the origin of the API only."""
    rule = session.contract.listing
    held = rule.next_at.find(page.json) if rule is not None and rule.next_at is not None else None
    if rule is None or is_empty(held):
        return None
    if not rule.next_is_address:
        return ask_list(session, limit, f"{rule.cursor}={quote(str(held), safe='')}")
    url, sent = urljoin(page.sent.url, str(held)), session.request(session.contract.roles[Role.LIST][0])
    if origin(url) != origin(session.target.base_url):
        return session.send(Role.LIST, replace(sent, url=url, headers=(), credential=NO_KEY))
    key = session.contract.key_query
    if key is not None and f"{key}=" not in url:
        mine = next(part for part in urlsplit(sent.url).query.split("&") if part.startswith(f"{key}="))
        url += f"{'&' if '?' in url else '?'}{mine}"
    return session.send(Role.LIST, replace(sent, url=url))


def first_list(session: Session) -> Exchange:
    """The answer to the first list of the run: who waits for one in vain is not given as long a second time."""
    return session.once("first list", lambda: ask_list(session))


def longest_list(session: Session, *parameters: str) -> Exchange:
    """The same with as many tasks as a list may hold."""
    rule = session.contract.listing
    return ask_list(session, rule.longest if rule is not None else "", *parameters)


def lengthen(session: Session, count: int) -> None:
    """Makes tasks until a list could show `count`: many where time is virtual, few elsewhere, none that cost money."""
    model = listed_model(session)
    most = MOST if session.target.steering is not None else FEW
    if model is None or session.options.metered:
        return
    missing = count - len(ids_of(session, longest_list(session)))
    for _ in range(missing if missing <= most else 0):
        session.create(model, model.base)


def listed_models(session: Session) -> list[Model]:
    """The models whose tasks a list shows: all, or where its path names a model, those that the first one's path
    names."""
    words = [word for each in session.contract.roles.get(Role.LIST, ())[:1] for _, word in each.model_parameters]
    first = next(iter(session.contract.models.values()))
    return [each for each in session.models if all(each.word(word) == first.word(word) for word in words)]


def listed_model(session: Session) -> Model | None:
    """The first of these whose minimal request is accepted; may create tasks."""
    models = listed_models(session)
    if len(models) == len(session.models):
        return session.any_model()
    return next((each for each in models if session.accepts_base_request(each)), None)


def items_of(session: Session, exchange: Exchange) -> list[Any]:
    """The tasks that a list shows."""
    rule = session.contract.listing
    items = rule.items.find(exchange.json) if rule is not None else None
    return items if isinstance(items, list) else []


def ids_of(session: Session, exchange: Exchange) -> list[str]:
    """The ids of the tasks that a list shows, "" where one has none."""
    rule = session.contract.listing
    return [id_text(rule.id_at.find(item)) or "" for item in items_of(session, exchange)] if rule is not None else []
