"""Read the present figures of a process from its parts, and write them into its row."""

from bedboard.figures import POOLS
from bedboard.process import Process
from bedboard.rules.refusals import Refusal
from bedboard.store.outgoing import count_outgoing


def take_readings(process: Process) -> None:
    """Write every figure that memory knows. It asks nobody, so it works while the database is away."""
    board, clock, put = process.board, process.clock, process.figures.put
    now = clock.now()
    words = process.health.words()
    put("ready", process.health.is_ready)
    for step, word in words.items():
        put("fit", word == "ok", step)
    put("viewers", len(process.hub))
    put("viewers_lagging", process.hub.lagging)
    put("listening", board.live)
    put("board_age_seconds", 0.0 if board.as_of is None else max(0.0, (now - board.as_of).total_seconds()))
    put("behind_seconds", max(0.0, (now - board.unread.right_until).total_seconds()))
    put("clock_offset_seconds", clock.offset.total_seconds())
    put("shelters", len(board.cards))
    put("shelters_stale", sum(card.freshness == "stale" for card in board.cards.values()))
    put("calls_at_work", process.admission.at_work)
    put("calls_waiting", process.admission.waiting)
    put("presses_waiting", process.pools.presses.crowds.waiting_in_memory)
    for name, database in zip(POOLS, process.pools, strict=True):
        put("pool_size", database.size, name)
        put("pool_in_use", database.in_use, name)
    put("written_at", clock.monotonic())


async def count_pushes(process: Process) -> None:
    """Write how many messages wait for devices; the last count stays while the database is away."""
    try:
        async with process.database.reading() as tx:
            process.figures.put("pushes_waiting", await count_outgoing(tx, process.clock.now()))
    except Refusal:
        return
