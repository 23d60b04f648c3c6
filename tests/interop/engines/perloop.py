#!/usr/bin/env python3
"""One listener for each loop, or one for all: what a connection costs, and what a blocked loop does to newcomers.

64 clients at the same time connect, have a record of 64 bytes echoed, and leave; each is followed by the next one.
  cost      with 1, 2 and 4 loops, with and without --per-loop, in rounds that go through all six in turns: connections in a second, and
            the server's processor time for each. Figures without a bar, but every client must have its record.
  blocked   two loops, and a handler that sleeps 200 ms on one of them, again and again. With a queue for each loop, those in the blocked
            loop's queue wait, and soon every client is there: without rescue the rate must fall below half, with rescue it must not.
"""
import os
import statistics
import sys

from served import ROOT, Load, Table, arguments, blocking, echo, parse

CASES = ["cost", "blocked"]
LOOPS = [1, 2, 4]
BLOCK = 200         # ms
KEPT = 0.5


def name(loops, per_loop):
    return f"{loops} loop{'s' if loops > 1 else ''}, {'a listener each' if per_loop else 'one listener'}"


def middle(values):
    """The median, and the middle half of them."""
    lower, median, upper = statistics.quantiles(values, n=4)
    return f"{median:.1f} [{lower:.1f}, {upper:.1f}]" if median < 1000 else f"{median:.0f} [{lower:.0f}, {upper:.0f}]"


def cost(options, table, load, engine):
    kinds = [(loops, per_loop) for loops in LOOPS for per_loop in (False, True)]
    servers = {(loops, per_loop): echo(options, engine, more=["--loops", str(loops), *(["--per-loop"] if per_loop else [])])
               for loops, per_loop in kinds}
    rates, costs, lost = {kind: [] for kind in kinds}, {kind: [] for kind in kinds}, 0
    try:
        for server in servers.values():
            load.run(server, seconds=options.seconds)       # a warm-up
        for number in range(options.rounds):
            for kind in kinds if number % 2 == 0 else reversed(kinds):
                before = servers[kind].processor_seconds()
                result = load.run(servers[kind], seconds=options.seconds)
                rates[kind].append(result["rate"])
                costs[kind].append((servers[kind].processor_seconds() - before) * 1e6 / result["connections"])
                lost += result["lost"]
    finally:
        for server in servers.values():
            server.stop()
    for kind in kinds:
        table.note(engine, f"{name(*kind)}: connections/s", middle(rates[kind]))
        table.note(engine, f"{name(*kind)}: CPU for each, us", middle(costs[kind]))
    for loops in LOOPS:
        for what, figures in (("connections/s", rates), ("CPU for each", costs)):
            ratios = [with_it / without for with_it, without in zip(figures[(loops, True)], figures[(loops, False)])]
            lower, median, upper = statistics.quantiles(ratios, n=4)
            table.note(engine, f"{loops} loops, with / without, {what}", f"{median:.3f} [{lower:.3f}, {upper:.3f}]")
    table.row(engine, "clients that did not get their record", str(lost), "0", lost == 0)


def blocked(options, table, load, engine):
    kinds = [(f"{listeners}, {what}", [*more, *rescue], block)
             for listeners, more in (("one listener", []), ("a listener each", ["--per-loop"]))
             for what, rescue, block in (("nobody blocks", [], 0), ("one does", ["--no-rescue"], BLOCK), ("one does, rescue", [], BLOCK))
             if engine == "epoll" or what != "one does, rescue"]
    results = {what: [] for what, _, _ in kinds}
    for number in range(options.rounds):
        for what, more, block in kinds if number % 2 == 0 else reversed(kinds):
            with blocking(options, engine, "--loops", "2", *more) as server:
                load.run(server, seconds=options.seconds / 4)       # a warm-up
                results[what].append(load.run(server, seconds=options.seconds, block=block))
    rates = {}
    for what, of_it in results.items():
        rates[what] = statistics.median(each["rate"] for each in of_it)
        late = statistics.median(100 * each["late"] / max(1, each["connections"]) for each in of_it)
        p50, p99 = (statistics.median(each[name] for each in of_it) / 1000 for name in ("p50", "p99"))
        table.note(engine, f"{what}: connections/s", middle([each["rate"] for each in of_it]))
        table.note(engine, f"{what}: p50, p99; later than 20 ms", f"{p50:.1f}, {p99:.1f} ms; {late:.1f} %")
    kept = rates["a listener each, one does"] / rates["a listener each, nobody blocks"]
    table.row(engine, "a listener each: the rate beside one that blocks", f"{kept:.3f}", "< 0.5: it must show", kept < KEPT)
    if engine == "epoll":
        kept = rates["a listener each, one does, rescue"] / rates["a listener each, nobody blocks"]
        table.row(engine, "the same with rescue", f"{kept:.3f}", ">= 0.5", kept >= KEPT)
    lost = sum(each["lost"] for of_it in results.values() for each in of_it)
    table.row(engine, "clients that did not get their record", str(lost), "0", lost == 0)


def main():
    parser = arguments(__doc__, ["select", "epoll"])
    parser.add_argument("--program", default=os.path.join(ROOT, "artifacts/bin/Blocking/release/Blocking"), help="tests/programs/Blocking")
    parser.add_argument("--case", action="append", choices=CASES)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=2)
    options = parse(parser, ["epoll"])
    table, load = Table(), Load("comers")
    for engine in options.engine:
        for case in options.case or CASES:
            (cost if case == "cost" else blocked)(options, table, load, engine)
    return table.exit_code


if __name__ == "__main__":
    sys.exit(main())
