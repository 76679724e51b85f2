"""The templates of a process, read before anybody comes."""

import gettext
import io
import tempfile
from pathlib import Path

import jinja2
import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from bedboard.app import build_app
from bedboard.settings import WEB, Settings
from bedboard.store.database import Database
from bedboard.views.pages import CompiledTemplates, Translations
from tests.build import SEAL, FixedClock

TEMPLATES = {path.relative_to(WEB / "templates").as_posix() for path in (WEB / "templates").rglob("*.html")}


async def ready(database_url: str, clock: FixedClock, *, reads_templates: bool) -> list[int]:
    """Return by language how many templates a process has ready when it lets the first visitor in."""
    settings = Settings(demo=True, database_url=database_url)
    app = build_app(settings, SEAL, clock, has_jobs=False, has_watch=False, reads_templates=reads_templates).app
    async with app.router.lifespan_context(app):
        return [len(one.cache or ()) for one in app.state.process.pages._environments.values()]


async def test_no_visitor_waits_for_a_template_to_be_compiled(board_database: Database, clock: FixedClock) -> None:
    assert await ready(board_database.url, clock, reads_templates=True) == [len(TEMPLATES)] * 2
    few = await ready(board_database.url, clock, reads_templates=False)
    assert max(few) < len(TEMPLATES) / 2  # without it the first visitors compile the others


def test_every_text_and_number_has_the_words_that_gettext_finds() -> None:
    with (WEB / "locale" / "en.po").open("rb") as file:
        catalog = read_po(file, locale="en")
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    ours, theirs = Translations(catalog), gettext.GNUTranslations(compiled)
    asked = [message.id for message in catalog if message.id] + ["a text that nobody wrote", ("one text", "more texts")]
    assert len(asked) > 1000
    for text in asked:
        one, more = (text, text) if isinstance(text, str) else text[:2]
        assert ours.gettext(one) == theirs.gettext(one)
        assert [ours.ngettext(one, more, n) for n in range(4)] == [theirs.ngettext(one, more, n) for n in range(4)]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for files that may go, of a machine on which nothing was compiled."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def compiled(text: str, language: str = "nl") -> tuple[str, int]:
    """Return what a process that has just begun makes of this template, and how often it was compiled for that."""
    compilations: list[str] = []

    class Counting(jinja2.Environment):
        def compile(self, source: object, *more: object, **named: object) -> object:  # type: ignore[override]
            compilations.append(str(source))
            return super().compile(source, *more, **named)  # type: ignore[call-overload]

    loader = jinja2.DictLoader({"one.html": text})
    environment = Counting(loader=loader, bytecode_cache=CompiledTemplates(language), autoescape=True)
    return environment.get_template("one.html").render(name="<Linde>"), len(compilations)


def test_a_template_is_compiled_once_on_a_machine_and_again_when_it_changes(folder: Path) -> None:
    assert [compiled("a {{ name }}"), compiled("a {{ name }}")] == [("a &lt;Linde&gt;", 1), ("a &lt;Linde&gt;", 0)]
    assert compiled("b {{ name }}") == ("b &lt;Linde&gt;", 1)
    assert compiled("b {{ name }}", "en") == ("b &lt;Linde&gt;", 1)


@pytest.mark.parametrize("is_gone", [False, True], ids=["a file in its place", "the folder is gone"])
def test_without_a_folder_of_its_own_each_process_compiles(folder: Path, is_gone: bool) -> None:
    compiled("a {{ name }}")
    [own] = folder.iterdir()
    for file in own.iterdir():
        file.unlink()
    own.rmdir()
    if is_gone:
        folder.rmdir()
    else:
        own.write_text("somebody was here before")
    assert [compiled("a {{ name }}"), compiled("a {{ name }}")] == [("a &lt;Linde&gt;", 1)] * 2
