"""The languages that may be spoken at shelters: an administrator adds and removes them, and their names come from Babel."""

from starlette.responses import Response

from bedboard.actions.manage.catalogue import begin_language, end_language
from bedboard.actions.manage.common import stamp_of
from bedboard.routes.call import Call
from bedboard.routes.manage.forms import Sheet, show, take
from bedboard.rules.criteria import in_order
from bedboard.rules.refusals import FieldError, Invalid, NotFound
from bedboard.schemas.catalogue_forms import LanguageForm
from bedboard.store.catalogue import list_languages
from bedboard.store.database import Transaction
from bedboard.views.managing import FieldSpec, ListRowView, options_of
from bedboard.views.pages import names_of_languages

HERE = "/manage/languages"


async def show_languages(call: Call) -> Response:
    async with call.transaction() as tx:
        known = in_order(await list_languages(tx))
    names = names_of_languages(call.language)
    rows = [ListRowView(f"{HERE}/{code}", names.get(code, code)) for code in known]
    others = sorted(((code, name) for code, name in names.items() if code not in known), key=lambda one: one[1].casefold())
    sheet = Sheet((FieldSpec("language", "choice", options_of(others)),))
    return show(call, "pages/manage_list.html", sheet, {"what": "languages", "rows": rows, "shelter": None})


async def post_language_new(call: Call) -> Response:
    async def save(tx: Transaction, form: LanguageForm, seen: str | None) -> str:
        if form.language not in names_of_languages(call.language):
            raise Invalid(FieldError("language", "not_a_language"))
        return await begin_language(tx, call.actor, form.language, call.now)

    return await take(call, LanguageForm, save)


async def show_language(call: Call) -> Response:
    code = call.path_params["language"]
    async with call.transaction() as tx:
        if code not in await list_languages(tx):
            raise NotFound("no_such_language")
    sheet = Sheet((), seen=stamp_of({"language": code}))
    name = names_of_languages(call.language).get(code, code)
    return show(call, "pages/manage_row.html", sheet, {"what": "languages", "name": name, "has_ended": False})


async def post_language(call: Call) -> Response:
    code = call.path_params["language"]

    async def save(tx: Transaction, form: LanguageForm, seen: str | None) -> str:
        return code  # a language has nothing to change

    async def end(tx: Transaction, seen: str | None) -> str:
        return await end_language(tx, call.actor, code, call.now)

    return await take(call, LanguageForm, save, leads_to=lambda _: HERE, end=end, stands_on=f"{HERE}/{code}")
