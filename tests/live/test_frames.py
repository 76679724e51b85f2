"""Messages of a hostile or broken client over an open socket: it is closed, and the others do not notice."""

import asyncio

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from tests.build import PATIENCE
from tests.build.lines import api_line, hear, page_line, until_pulse
from tests.build.site import Site

BROKEN: dict[str, tuple[str | bytes, int]] = {
    "not JSON": ("hello", 1008),
    "empty": ("", 1008),
    "an array": ("[]", 1008),
    "a number": ("5", 1008),
    "null": ("null", 1008),
    "a text": ('"active"', 1008),
    "binary": (b"\x00\xff\xfe", 1008),
    "half a surrogate": ('{"type":"\\ud800"}', 1008),
    "deep": ("[" * 8_000 + "]" * 8_000, 1008),
    "not a number": ('{"type":NaN}', 1008),
    "huge": ('{"type":"' + "a" * 17_000 + '"}', 1009),
    "huge binary": (b"\x00" * 17_000, 1009),
}


async def close_code(line: ClientConnection) -> int | None:
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(ConnectionClosed):
            while True:
                await line.recv()
    return line.close_code


@pytest.mark.parametrize("name", BROKEN)
async def test_a_frame_that_cannot_be_read_ends_that_socket_and_harms_nobody(site: Site, name: str) -> None:
    frame, code = BROKEN[name]
    browser = await site.sign_in("mark")
    async with page_line(site, browser) as witness, api_line(site) as other:
        await witness.send("{}")
        await hear(witness)
        await hear(other)
        async with page_line(site, browser) as first_word:
            await first_word.send(frame)
            assert await close_code(first_word) == code
        async with page_line(site, browser) as later:
            await later.send("{}")
            await hear(later)
            await later.send(frame)
            assert await close_code(later) == code
        async with api_line(site) as client:
            await hear(client)
            await client.send(frame)
            assert await close_code(client) == code
        async with asyncio.timeout(PATIENCE):
            while len(site.process.hub) != 2:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert await until_pulse(site, witness) == []
        assert (await hear(other))["type"] == "pulse"
    await browser.aclose()


@pytest.mark.parametrize(
    "frame",
    [
        "{}",
        '{"type":"hello"}',
        '{"type":"hello","known":[]}',
        '{"type":"hello","known":{"linde":{}}}',
        '{"type":"hello","known":{"":"","\\u0000":"x"}}',
        '{"type":"subscribe","shelter":"linde"}',
        '{"type":null}',
        '{"type":["active"]}',
        '{"a":1,"a":2}',
    ],
)
async def test_an_object_that_says_nothing_new_is_let_pass(site: Site, frame: str) -> None:
    browser = await site.sign_in("mark")
    async with page_line(site, browser) as line:
        await line.send(frame)
        assert [fragment["id"] for fragment in (await hear(line))["fragments"]] == ["ceder", "linde", "wilg"]
        await line.send(frame)
        assert await until_pulse(site, line) == []
    await browser.aclose()


async def test_a_page_that_does_not_say_hello_gets_the_whole_board_all_the_same(site: Site) -> None:
    browser = await site.sign_in("mark")
    async with page_line(site, browser) as line:
        assert len((await hear(line))["fragments"]) == 3
    await browser.aclose()


async def test_a_hundred_sockets_that_come_and_go_leave_nothing_behind(site: Site) -> None:
    async def visit(number: int) -> None:
        async with api_line(site) as line:
            if number % 2:
                await hear(line)
            if number % 3 == 0:
                line.transport.abort()

    async with api_line(site) as witness:
        await hear(witness)
        await asyncio.gather(*(visit(number) for number in range(100)))
        async with asyncio.timeout(PATIENCE):
            while len(site.process.hub) != 1:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert site.process.hub.lagging == 0
        assert await until_pulse(site, witness) == []
