"""The page as HTML."""

from functools import cache

from jinja2 import Template
from markupsafe import Markup

from screentest_contracts.errors import UsageError
from screentest_mockserver.server.control import Controlled, chosen_mocks
from screentest_mockserver.server.page import view
from screentest_mockserver.server.page.look import common_style, content_policy, make_environment, read_part
from screentest_mockserver.tasks.scenarios import SCENARIOS

Rendered = tuple[str, dict[str, str], bool]
"""The page, its headers, and whether the provider is known that it was asked for."""


def render_page(
    server: Controlled, provider: str | None, *, said: str = "", wrong: Exception | None = None
) -> Rendered:
    """The page about a provider, None for all. `said` is what was done, `wrong` what was not, and why."""
    known = True
    try:
        mocks = chosen_mocks(server, provider)
    except UsageError as error:
        known, provider, mocks = False, None, chosen_mocks(server, None)
        wrong = wrong or error
    several = len(server.providers) > 1
    names = [mock.contract.name for mock in mocks]
    style, script, policy = _parts()
    deviations, variations = view.behaviours(mocks)
    rows = view.provider_rows(mocks, several=several)
    clock = server.clock
    html = _template().render(
        style=Markup(style),  # noqa: S704 - a file of ours
        script=Markup(script),  # noqa: S704 - a file of ours
        said=said,
        wrong="" if wrong is None else _told(wrong),
        provider=provider,
        titles={name: mock.contract.title for name, mock in server.providers.items()},
        several=several,
        now=view.clock_text(clock.now()),
        speed=clock.speed,
        manual=clock.manual,
        scenarios=SCENARIOS,
        deviations=deviations,
        variations=variations,
        chosen=rows[0].deviation if len({row.deviation for row in rows}) == 1 else "",
        providers=rows,
        tasks=view.task_rows(mocks),
        entries=view.entry_rows(server.store.entries(), names if provider else [*names, "-"]),
        limits=(view.TASKS, view.ENTRIES),
    )
    return html, {**_HEADERS, "content-security-policy": policy}, known


def _told(error: Exception) -> str:
    """An error as the page says it, with its hint."""
    return f"{error.message} ({error.hint})" if isinstance(error, UsageError) and error.hint else str(error)


_PACKAGE = "screentest_mockserver.server.page"

_HEADERS = {
    "cache-control": "no-store",
    "referrer-policy": "same-origin",  # without a referrer, browsers would not say where a form comes from
    "x-content-type-options": "nosniff",
}


@cache
def _template() -> Template:
    return make_environment(_PACKAGE).get_template("page.html.j2")


@cache
def _parts() -> tuple[str, str, str]:
    style = f"{common_style()}\n{read_part(_PACKAGE, 'page.css')}"
    script = read_part(_PACKAGE, "page.js")
    more = "; connect-src 'self'; frame-ancestors 'none'"
    return style, script, content_policy(style, script, forms="'self'", more=more)
