#!/usr/bin/env python3
"""10,000 idle connections beside 100 busy ones: they cost the busy ones nothing.

Paired rounds on the same server, in turns without and with the idle connections, the order turned around each time. The busy ones send 64
bytes, and again when they have come back. What is asked: the 99th percentile with the idle ones is, in the median of the rounds, at most
1.3 times what it is without them.
"""
import statistics
import sys

from served import Load, Table, arguments, echo, parse

RATIO = 1.3


def main():
    parser = arguments(__doc__)
    parser.add_argument("--idle", type=int, default=10_000)
    parser.add_argument("--busy", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--quick", action="store_true", help="3 rounds")
    options = parse(parser, ["epoll"])
    rounds = 3 if options.quick else options.rounds
    table, load = Table(), Load()
    for engine in options.engine:
        with echo(options, engine) as server:
            load.run(server, connections=options.busy, seconds=options.seconds)     # a warm-up
            alone, beside, ratios = [], [], []
            for number in range(rounds):
                pair = [0, options.idle] if number % 2 == 0 else [options.idle, 0]
                figures = {idle: load.run(server, connections=options.busy, idle=idle, seconds=options.seconds) for idle in pair}
                alone.append(figures[0])
                beside.append(figures[options.idle])
                ratios.append(beside[-1]["p99"] / alone[-1]["p99"])
            for name in ("p50", "p99", "rate"):
                table.note(
                    engine,
                    f"{name} alone and beside {options.idle} idle ones (medians)",
                    f"{statistics.median(each[name] for each in alone):.0f} and "
                    f"{statistics.median(each[name] for each in beside):.0f}")
            table.note(engine, "p99 beside / alone, each round", " ".join(f"{ratio:.2f}" for ratio in sorted(ratios)))
            median = statistics.median(ratios)
            table.row(engine, f"p99 beside / alone, median of {rounds} rounds", f"{median:.2f}", "<= 1.3", median <= RATIO)
    return table.exit_code


if __name__ == "__main__":
    sys.exit(main())
