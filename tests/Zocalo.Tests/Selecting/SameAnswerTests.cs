using System.IO.Pipes;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using Zocalo.Tests.Testing;
using static Zocalo.Tests.Selecting.Ways;

namespace Zocalo.Tests.Selecting;

/// <summary>Whatever happens to a number of descriptors, every way of asking gives the same answer, and for sockets the framework's own
/// select gives it too.</summary>
[Collection<RunsAlone>]
public class SameAnswerTests
{
    private const int Steps = 120;

    [Theory(Timeout = 30_000)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public Task Of_every_way_at_every_step(int seed) => Task.Run(() => Compare(seed));

    private static void Compare(int seed)
    {
        var random = new Random(seed);
        using var field = new Field(random);
        using var select = Keep("kept select");
        using var poll = Keep("kept poll");
        using var epoll = Keep("kept epoll");
        var kept = new Dictionary<string, Selector> { ["kept select"] = select, ["kept poll"] = poll, ["kept epoll"] = epoll };
        var watched = new Dictionary<Selectable, WatchFor>();
        for (var step = 0; step < Steps; step++)
        {
            field.Happen();
            foreach (var thing in field.Things)
            {
                var asked = (WatchFor)random.Next(8);
                foreach (var selector in kept.Values)
                {
                    Watch(selector, thing, asked, watched.ContainsKey(thing));
                }
                watched[thing] = asked;
            }
            foreach (var closed in watched.Keys.Except(field.Things).ToList())
            {
                watched.Remove(closed);
                foreach (var selector in kept.Values)
                {
                    Assert.True(selector.Remove(closed));
                }
            }
            Selectable[] readers = In(WatchFor.Reading), writers = In(WatchFor.Writing), exceptional = In(WatchFor.Exceptional);
            for (var isStill = false; !isStill;)
            {
                // Asked before and after the others: TCP may still have been at work.
                TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
                var expected = AskPoll();
                var answers = Once.Select(row => row.Data).ToDictionary(
                    way => way, way => Ask(way, readers, writers, exceptional, TimeSpan.Zero));
                foreach (var (way, selector) in kept)
                {
                    answers.Add(way, selector.Wait(TimeSpan.Zero));
                }
                answers.Add("framework", AskFramework(expected, readers, writers));
                isStill = IsSame(expected, AskPoll());
                Assert.All(answers, answer => Assert.True(!isStill || IsSame(expected, answer.Value), $"{answer.Key} at step {step}"));
            }

            SelectResult<Selectable> AskPoll() => Selector.Select(readers, writers, exceptional, TimeSpan.Zero, SelectorKind.Poll);
        }

        Selectable[] In(WatchFor list) => [.. watched.Where(pair => (pair.Value & list) != 0).Select(pair => pair.Key)];
    }

    private static void Watch(Selector selector, Selectable thing, WatchFor asked, bool isKnown)
    {
        if (isKnown)
        {
            selector.Modify(thing, asked);
        }
        else
        {
            selector.Add(thing, asked);
        }
    }

    private static bool IsSame(SelectResult<Selectable> one, SelectResult<Selectable> other) =>
        one.Readable.ToHashSet().SetEquals(other.Readable) && one.Writable.ToHashSet().SetEquals(other.Writable)
            && one.Exceptional.ToHashSet().SetEquals(other.Exceptional);

    /// <summary>What the framework says of the sockets, and <paramref name="others"/> of the rest and of what is exceptional.</summary>
    private static SelectResult<Selectable> AskFramework(SelectResult<Selectable> others, Selectable[] readers, Selectable[] writers)
    {
        List<Socket> read = [
            .. readers.Select(thing => thing.Socket).OfType<Socket>()], write = [.. writers.Select(thing => thing.Socket).OfType<Socket>()];
        if (read.Count + write.Count > 0)
        {
            Socket.Select(read, write, null, TimeSpan.Zero);
        }
        return new(
            [.. read, .. others.Readable.Where(thing => thing.Socket is null)],
            [.. write, .. others.Writable.Where(thing => thing.Socket is null)],
            others.Exceptional);
    }

    /// <summary>Sockets, pipes and a file, to which things happen.</summary>
    private sealed class Field : IDisposable
    {
        private readonly Random _random;
        private readonly List<(Socket Client, Socket? Server)> _pairs = [];
        private readonly List<(Stream Out, Stream In, SafePipeHandle Writing, SafePipeHandle Reading)> _pipes = [];
        private readonly Socket _listener = Listening();
        private readonly SafeFileHandle _file = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite);

        internal Field(Random random) => _random = random;

        internal IEnumerable<Selectable> Things =>
        [
            _listener, _file,
            .. _pairs.SelectMany(pair => new[] { pair.Client, pair.Server }).OfType<Socket>().Select(socket => (Selectable)socket),
            .. _pipes.SelectMany(
                pipe => new[] { pipe.Writing, pipe.Reading }).Where(handle => !handle.IsClosed).Select(handle => (Selectable)handle),
        ];

        internal void Happen()
        {
            var pair = _pairs.Count > 0 ? _random.Next(_pairs.Count) : -1;
            var pipe = _pipes.Count > 0 ? _random.Next(_pipes.Count) : -1;
            switch (_random.Next(11))
            {
                case 0:
                    var (client, server) = Connected();
                    _pairs.Add((client, server));
                    break;
                case 1:
                    var pipeOut = new AnonymousPipeServerStream(PipeDirection.Out);
                    var pipeIn = new AnonymousPipeClientStream(PipeDirection.In, pipeOut.ClientSafePipeHandle);
                    _pipes.Add((pipeOut, pipeIn, pipeOut.SafePipeHandle, pipeIn.SafePipeHandle));
                    break;
                case 2 when pair >= 0 && _pairs[pair].Server is { } sender:
                    Try(() => sender.Send(new byte[10]));
                    break;
                case 3 when pair >= 0 && Selector.IsReadable(_pairs[pair].Client):
                    Try(() => _pairs[pair].Client.Receive(new byte[_random.Next(1, 20)]));
                    break;
                case 4 when pair >= 0 && _pairs[pair].Server is { } urgent:
                    Try(() => urgent.Send([7], SocketFlags.OutOfBand));
                    break;
                case 5 when pair >= 0 && _pairs[pair].Server is { } full:
                    Try(() => Fill(full));
                    break;
                case 6 when pair >= 0 && _pairs[pair].Server is { } ending:
                    if (_random.Next(2) == 0)
                    {
                        Reset(ending);
                    }
                    else
                    {
                        ending.Dispose();
                    }
                    _pairs[pair] = (_pairs[pair].Client, null);
                    break;
                case 7 when pair >= 0:
                    Try(() => _pairs[pair].Client.Shutdown(_random.Next(2) == 0 ? SocketShutdown.Send : SocketShutdown.Both));
                    break;
                case 8 when pair >= 0:
                    _pairs[pair].Client.Dispose();
                    _pairs[pair].Server?.Dispose();
                    _pairs.RemoveAt(pair);
                    break;
                case 9 when pipe >= 0 && !_pipes[pipe].Writing.IsClosed && Selector.IsWritable(_pipes[pipe].Writing):
                    Try(() => { _pipes[pipe].Out.Write(new byte[4096]); return 0; });
                    break;
                case 10 when pipe >= 0:
                    (_random.Next(2) == 0 ? _pipes[pipe].Out : _pipes[pipe].In).Dispose();
                    break;
                default:
                    _pairs.Add((Connecting(_listener.LocalEndPoint!), null));
                    break;
            }
        }

        // It happens to sockets whose peers are gone too.
        private static void Try<T>(Func<T> something)
        {
            try
            {
                something();
            }
            catch (Exception expected) when (expected is SocketException or IOException)
            {
            }
        }

        private static void Try(Action something) => Try(() => { something(); return 0; });

        public void Dispose()
        {
            foreach (var (client, server) in _pairs)
            {
                client.Dispose();
                server?.Dispose();
            }
            _pipes.ForEach(pipe => { pipe.In.Dispose(); pipe.Out.Dispose(); });
            _listener.Dispose();
            _file.Dispose();
        }
    }
}
