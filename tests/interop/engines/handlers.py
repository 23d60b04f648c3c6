#!/usr/bin/env python3
"""Handlers that work, or block for a short time, on all loops of the epoll engine, beside the same on the async engine.

64 connections with records of 64 bytes, the next one when the last has come back. Each record draws whether its handler has something to
do, so that every connection mixes. "Burn" is processor time of the handler's thread, "sleep" blocks that thread.
  idle           no work
  burn5          5 % of the records burn 5 ms
  burn1          all burn 1 ms
  sleep5         5 % sleep 5 ms
  sleep50        50 % sleep 5 ms: epoll keeps 90 % of async's rate
  sleep50long    50 % sleep 20 ms: epoll keeps 90 % of async's rate
  open           an open loop, 2,000 records per second in all, no work: what an answer takes from when its record was due
Both servers of a case live as long as the case. The engines take turns, the order turned around in each round; the rounds' ratios are
taken in pairs. Of each round the first seconds are not counted: its connections are new, and the engine must learn again which of them
block. Nor is the first round, which is longer where handlers sleep: the thread pool grows by a thread or two in a second, to about 64.
"""
import statistics
import sys
from contextlib import ExitStack

from served import Load, Table, arguments, blocking, events, parse

PAIR = ["async", "epoll"]
KEPT = 0.9
CASES = {
    "idle": ("no work", {}, None),
    "burn5": ("5 % burn 5 ms", {"percent": 5, "kind": "B", "ms": 5}, None),
    "burn1": ("all burn 1 ms", {"percent": 100, "kind": "B", "ms": 1}, None),
    "sleep5": ("5 % sleep 5 ms", {"percent": 5, "kind": "S", "ms": 5}, None),
    "sleep50": ("50 % sleep 5 ms", {"percent": 50, "kind": "S", "ms": 5}, KEPT),
    "sleep50long": ("50 % sleep 20 ms", {"percent": 50, "kind": "S", "ms": 20}, KEPT),
    "open": ("open loop, 2,000/s", {"rate": 2000}, None),
}


def measure(options, load, case):
    """Of each engine the results of all rounds, the warm-up first, and what the server says at its end."""
    settings = dict(CASES[case][1], connections=64, seconds=options.seconds)
    sleeps = settings.get("kind") == "S"
    results = {engine: [] for engine in options.engine}
    with ExitStack() as stack:
        servers = {engine: stack.enter_context(blocking(options, engine)) for engine in options.engine}
        for number in range(options.rounds + 1):
            for engine in options.engine if number % 2 == 0 else reversed(options.engine):
                warmup = 1 if not sleeps else options.settle if number == 0 else options.warmup
                results[engine].append(load.run(servers[engine], seed=options.seed + number, warmup=warmup, **settings))
        return results, {engine: servers[engine].summary() for engine in options.engine}


def show(options, table, case, results, summaries):
    what, _, bar = CASES[case]
    counted = {engine: rounds[1:] for engine, rounds in results.items()}
    for engine, rounds in counted.items():
        rate, p50, p99 = (statistics.median(each[name] for each in rounds) for name in ("rate", "p50", "p99"))
        table.note(engine, f"{what}: answers/s, p50, p99 (medians)", f"{rate:.0f}/s, {p50:.0f}, {p99:.0f} us")
        summary = summaries[engine]
        table.note(engine, f"{what}: rescues; events", f"{summary['RescueCount']}; {events(summary)}" if summary else "it did not end")
    faults = [sum(each[name] for rounds in results.values() for each in rounds) for name in ("wrong", "hung", "lost")]
    table.row("all", f"{what}: wrong, hung, lost", ", ".join(map(str, faults)), "none", not any(faults))
    if len(counted) < 2:
        return
    for name in ("p50", "p99") if case == "open" else ("p99", "rate"):
        ratios = [epoll[name] / max(1, other[name]) for other, epoll in zip(*(counted[engine] for engine in PAIR))]
        median = statistics.median(ratios)
        table.note("epoll", f"{what}: {name}, epoll / async, each round", " ".join(f"{ratio:.2f}" for ratio in sorted(ratios)))
        if bar and name == "rate":
            table.row("epoll", f"{what}: {name}, epoll / async, median", f"{median:.2f}", f">= {bar}", median >= bar)
        else:
            table.note("epoll", f"{what}: {name}, epoll / async, median", f"{median:.2f}")


def main():
    parser = arguments(__doc__, PAIR, program="Blocking")
    parser.add_argument("--case", action="append", choices=CASES)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=4, help="counted, of each round")
    parser.add_argument("--warmup", type=float, default=3, help="seconds before them in a case that sleeps (1 in the others)")
    parser.add_argument("--settle", type=float, default=25, help="seconds before the first round in a case that sleeps")
    parser.add_argument("--seed", type=int, default=1)
    options = parse(parser, PAIR)
    table, load = Table(), Load()
    for case in options.case or CASES:
        show(options, table, case, *measure(options, load, case))
    return table.exit_code


if __name__ == "__main__":
    sys.exit(main())
