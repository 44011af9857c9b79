"""Requirements on results."""

from typing import Any

from screentest_contracts.contract import Contract, Role
from screentest_contracts.facts import Fact, Mark
from screentest_contracts.location import segments
from screentest_contracts.parameters import own_fact
from screentest_contracts.reading import bodies_of, slots_by_pointer
from screentest_contracts.requirements import kinds
from screentest_contracts.requirements.members import query_slots, schema_fact
from screentest_contracts.requirements.model import CREATE, ENDED, QUERY, Builder, there
from screentest_contracts.requirements.subjects import Aspect, AspectDefaults, Member
from screentest_contracts.schemas import member_schemas


def add_result(builder: Builder) -> None:
    """The result: its address, its bytes, what the video is, and how long address and task are kept."""
    contract, add = builder.contract, builder.add
    link = contract.link
    needs: tuple[str, ...] = (CREATE, QUERY, ENDED)
    if Role.RESULT in contract.roles:
        needs = (*needs, there(Role.RESULT))
    if link.at.pointers:
        add(
            "result.link",
            kinds.RESULT_LINK,
            "result",
            link.facts[""],
            "A task that has succeeded shows its result's address.",
            depends=needs,
        )
        needs = (*needs, "result.link")
    if Role.CONTENT in contract.roles and (not link.at.pointers or "link-is-content" in contract.promises):
        needs = (*needs, there(Role.CONTENT))
    if _has_further_links(contract):
        text = "Each further address that a result shows gives a file, too."
        add("result.links", kinds.RESULT_LINKS, "result", link.facts[""], text, depends=needs)
    text = "The result's address gives the video."
    add("result.fetch", kinds.RESULT_FETCH, "result", link.facts[""], text, depends=needs)
    add(
        "result.playable",
        kinds.RESULT_PLAYABLE,
        "result",
        link.facts[""],
        "The result is a video file with a readable header.",
        depends=(*needs, "result.fetch"),
    )
    text = f"The result is sent as {link.media_type}, or as plain bytes (octet-stream), as stores of files do."
    add(
        "result.media-type",
        kinds.RESULT_MEDIA_TYPE,
        "result",
        link.facts["media_type"],
        text,
        depends=(*needs, "result.fetch"),
    )
    _add_aspects(builder, (*needs, "result.playable"))
    _add_ranges(builder, needs)
    if link.auth == "required":
        text, fetched = "The result needs the key.", (*needs, "result.fetch")
        add("result.auth", kinds.RESULT_AUTH, "result", link.facts["auth"], text, depends=fetched)
    _add_link_life(builder, needs)
    if contract.retention is not None:
        hours = contract.retention.task / 3600
        text = f"A task can be queried for {hours:g} hours after it was {contract.retention.since}."
        add("query.retention", kinds.RETENTION, "polling", contract.retention.fact, text, depends=needs[:3])


def _has_further_links(contract: Contract) -> bool:
    """Whether an answer may show several addresses: in a list, or at several places."""
    operation = contract.operation(Role.RESULT) or contract.roles[Role.QUERY][0]
    places = set(contract.link.at.pointers)
    for profile in contract.profiles.values():
        places.update(slots_by_pointer(bodies_of(profile, operation), "link"))
    return len(places) > 1 or any(part.isdecimal() for place in places for part in segments(place))


def _add_aspects(builder: Builder, needs: tuple[str, ...]) -> None:
    """What of the video can be asked for, and what it is when nobody asks."""
    contract, add = builder.contract, builder.add
    for aspect in Aspect:
        asking = [model for model in contract.models.values() if aspect in model.echoes]
        if asking:
            fact = min((model.echo_fact for model in asking), key=lambda fact: fact.mark.rank)
            text, models = f"The delivered video has the requested {aspect}.", [model.name for model in asking]
            add(f"result.{aspect}", kinds.RESULT_ECHO, "result", fact, text, aspect, needs, models=models)
        defaults = _defaults(contract, aspect)
        if defaults:
            fact = min((fact for _, fact in defaults.values()), key=lambda fact: fact.mark.rank)
            values = {name: value for name, (value, own) in defaults.items() if own.mark is fact.mark}
            shown = ", ".join(dict.fromkeys(map(str, values.values())))
            text = f"A video has the documented default {aspect} ({shown}) when none is asked for."
            add(
                f"result.default.{aspect}",
                kinds.RESULT_DEFAULT,
                "result",
                fact,
                text,
                AspectDefaults(aspect, values),
                needs,
            )


def _add_ranges(builder: Builder, needs: tuple[str, ...]) -> None:
    """Requests for a part of the result."""
    link, add = builder.contract.link, builder.add
    if link.range:
        fact = link.facts["range"]
        add(
            "result.range",
            kinds.RESULT_RANGE,
            "result",
            fact,
            "A Range request gets 206 with exactly that range.",
            depends=(*needs, "result.fetch"),
        )
        add(
            "result.range.suffix",
            kinds.RESULT_RANGE_SUFFIX,
            "result",
            fact.weakest(Fact(Mark.DERIVED, fact.source)),
            "A suffix range gets the last bytes.",
            depends=(*needs, "result.range"),
        )
        add(
            "result.range.unsatisfiable",
            kinds.RESULT_RANGE_BAD,
            "result",
            fact.weakest(Fact(Mark.DERIVED, fact.source)),
            "A range beyond the end gets 416, never other bytes.",
            depends=(*needs, "result.range"),
        )


def _add_link_life(builder: Builder, needs: tuple[str, ...]) -> None:
    """How long the result's address works, and what is said of that."""
    contract, add = builder.contract, builder.add
    link = contract.link
    if link.life is not None:
        hours = " or ".join(f"{life / 3600:g}" for life in sorted(link.lives))
        after = f"{hours} hours after the task's" if hours else "later than the answer that shows it"
        fact = link.facts["life"]
        if link.shortest is not None:
            said = f", as documents also say {hours.partition(' or ')[2]}" if len(link.lives) > 1 else ""
            text = f"The result's address works for {link.shortest / 3600:g} hours{said}."
            add("result.link.life", kinds.LINK_LIFE, "result", fact, text, depends=(*needs, "result.fetch"))
        if link.renewed:
            text = "When the result's address has ended, a query shows another one that works."
            own = link.facts["renewed"]
            add("result.link.renewed", kinds.LINK_RENEWED, "result", own, text, depends=(*needs, "result.fetch"))
        if link.expiry_query is not None:
            fact = fact.weakest(link.facts["expiry"])
            text = f"The end that the address states in {link.expiry_query} is {after}."
            add("result.link.expiry", kinds.LINK_EXPIRY, "result", fact, text, depends=needs)
        query = contract.roles[Role.QUERY][0]
        for slug, pointer in query_slots(contract, query, "link_expires"):
            fact = link.facts["life"].weakest(schema_fact(query, contract.success[Role.QUERY].made, pointer))
            text = f"`{slug}` is the end of the result's address: {after}."
            add(f"result.{slug}.life", kinds.LINK_EXPIRY_SHOWN, "result", fact, text, Member(pointer), needs)


def _defaults(contract: Contract, aspect: str) -> dict[str, tuple[Any, Fact]]:
    """What models deliver when a request does not ask: the `default` of the member's schema, with its mark."""
    found: dict[str, tuple[Any, Fact]] = {}
    for model in contract.models.values():
        for member in member_schemas(model.schema, getattr(model.request, aspect)) if aspect in model.echoes else ():
            value = member.get("default")
            if value is not None and not model.leaves_open(aspect, value):
                fact = own_fact(member, "default", model.echo_fact.over(member, "x-"))
                found.setdefault(model.name, (value, fact))
    return found
