using System.Net.Sockets;
using Zocalo.Testing.Simulation;

namespace Zocalo.Testing.Network;

/// <summary>Draws the faults of a new connection. Each is the call that a script would make, at once or at some byte or time.</summary>
internal static class FaultDraw
{
    private const int MostBytes = 4096;
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan While = TimeSpan.FromSeconds(20);

    // Shorter than the time that a close waits, so a correct program does not notice it.
    private static readonly TimeSpan ShortWhile = TimeSpan.FromSeconds(3);

    internal static void Apply(World world, SimulatedConnection connection, SeededRandom random)
    {
        if (world.Faults.IsNone)
        {
            return;
        }
        for (var kind = default(FaultKind); kind <= FaultKind.HostCrash; kind++)
        {
            if (!ConnectFaults.Owns(kind) && random.Chance(world.Faults[kind]))
            {
                world.OnDrawn(kind, connection.Number);
                Draw(world, connection, random, kind);
            }
        }
    }

    private static void Draw(World world, SimulatedConnection connection, SeededRandom random, FaultKind kind)
    {
        var direction = random.Chance(0.5) ? connection.ToClient : connection.ToServer;
        Action draw = kind switch
        {
            FaultKind.ShortRead => direction.ShortReads,
            FaultKind.Split => () => direction.Split(random.Next(1, 64)),
            FaultKind.Coalesce => () => direction.Coalesce(random.NextSpread(Moment, TimeSpan.FromMilliseconds(200))),
            FaultKind.Dribble => () => direction.Dribble(random.Next(1, 300)),
            FaultKind.Delay => () => direction.Delay(random.NextSpread(Moment, TimeSpan.FromSeconds(1))),
            FaultKind.Stall => () => AtSomePoint(() => direction.Stall(random.NextSpread(Moment, ShortWhile))),
            FaultKind.ZeroWindow => () => AtSomePoint(() => direction.CloseWindow(random.NextSpread(Moment, ShortWhile))),
            FaultKind.SlowReader => () => direction.SlowReader(random.Next(1_000, 100_000)),
            FaultKind.Reset => () => AtSomePoint(connection.Reset),
            FaultKind.LostFin => direction.LoseFin,
            FaultKind.SilentDeath => () => AtSomePoint(connection.Die),
            FaultKind.HalfOpen => () => AtSomePoint(random.Chance(0.5) ? connection.ForgetClient : connection.ForgetServer),
            FaultKind.NoBuffersOnSend => () => AtSomePoint(() => connection.FailNextSend(ofClient: random.Chance(0.5))),
            FaultKind.NoDescriptors => () => connection.ServerHost.FailAccepts(SocketError.TooManyOpenSockets, random.Next(1, 3)),
            FaultKind.NoBuffersOnAccept => () => connection.ServerHost.FailAccepts(SocketError.NoBufferSpaceAvailable),
            FaultKind.AbortedOnAccept => () => connection.ServerHost.FailAccepts(SocketError.ConnectionAborted),
            FaultKind.BacklogOverflow => () => connection.ServerHost.FloodBacklog(random.NextSpread(Moment, TimeSpan.FromSeconds(5))),
            FaultKind.Partition => () => AtSomePoint(() => Interrupt(connection, both: true)),
            FaultKind.OneWayPartition => () => AtSomePoint(() => Interrupt(connection, both: false)),
            FaultKind.LinkFlap => () => AtSomePoint(() => Flap(connection, random.Next(2, 5))),
            FaultKind.Loss => () => Lossy(world, connection),
            FaultKind.ClockJump => () => AtSomePoint(() => JumpClock(random.Chance(0.5) ? connection.ClientHost : connection.ServerHost)),
            FaultKind.HostCrash => () => AtSomePoint(() => Crash(random.Chance(0.5) ? connection.ClientHost : connection.ServerHost)),
            _ => static () => { },
        };
        draw();

        void AtSomePoint(Action action)
        {
            if (random.Chance(0.5))
            {
                direction.AfterBytes(random.Next(1, MostBytes), action);
            }
            else
            {
                world.PostAfter(random.NextSpread(Moment, While), action);
            }
        }

        void Interrupt(SimulatedConnection over, bool both)
        {
            var (there, back) = (world.Link(over.ClientHost, over.ServerHost), world.Link(over.ServerHost, over.ClientHost));
            var way = random.Chance(0.5) ? there : back;
            var length = random.NextSpread(Moment, While);
            foreach (var link in both ? [there, back] : new[] { way })
            {
                link.Down();
                world.PostAfter(length, link.Up);
            }
        }

        void Flap(SimulatedConnection over, int times)
        {
            if (times > 0)
            {
                Interrupt(over, both: true);
                world.PostAfter(While + random.NextSpread(Moment, While), () => Flap(over, times - 1));
            }
        }

        void JumpClock(SimulatedHost host)
        {
            if (host.Clock is SimulatedTime clock)
            {
                var by = random.NextSpread(Moment, TimeSpan.FromDays(400)) * (random.Chance(0.5) ? 1 : -1);
                world.Trace.Add(TraceKind.Host, $"the clock of {host.HostName} jumps by {by}");
                clock.JumpClock(by);
            }
        }

        void Crash(SimulatedHost host)
        {
            host.Crash();
            world.PostAfter(random.NextSpread(TimeSpan.FromSeconds(1), While), host.Restart);
        }
    }

    private static void Lossy(World world, SimulatedConnection connection)
    {
        foreach (var link
            in new[] { world.Link(connection.ClientHost, connection.ServerHost), world.Link(connection.ServerHost, connection.ClientHost) })
        {
            link.Options = link.Options with { Loss = 0.05 };
        }
    }
}
