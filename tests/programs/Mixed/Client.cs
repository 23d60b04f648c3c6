using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

/// <summary>
/// A client on a thread of its own, with a blocking socket: nothing that happens to the server's loops or to the thread pool holds it up,
/// and each of its waits has a limit. It talks, hangs up in one of three ways, and comes back as a new connection.
/// </summary>
/// <param name="port">The server's.</param>
/// <param name="number">Which of the clients; those with even numbers never ask for something that blocks.</param>
/// <param name="seed">Decides what it asks for.</param>
/// <param name="patience">The limit of each of its waits.</param>
/// <param name="tally">What it reports to.</param>
internal sealed class Client(int port, int number, int seed, TimeSpan patience, Tally tally)
{
    private const int StackBytes = 256 * 1024;
    private const int MostBursts = 60;
    private const int MostPerBurst = 4;
    private const int OrdinaryLength = 2_000;
    private const int GreatLength = ushort.MaxValue;
    private const int MostOrdinaryTime = 8;     // milliseconds
    private const int MostTime = 60;

    private static readonly Work[] All = Enum.GetValues<Work>();
    private static readonly Work[] Polite = [.. All.Where(work => work < Work.HttpResult)];

    private readonly Random _random = new(unchecked((seed * 7919) + number));

    /// <returns>Ends when the client has.</returns>
    internal Task Start(TimeSpan time)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() => Run(time, ended), StackBytes) { IsBackground = true, Name = $"client {number}" };
        thread.Start();
        return ended.Task;
    }

    private void Run(TimeSpan time, TaskCompletionSource ended)
    {
        try
        {
            for (var clock = Stopwatch.StartNew(); clock.Elapsed < time;)
            {
                using var socket = Connect();
                for (var left = socket is null ? 0 : _random.Next(1, MostBursts); left > 0 && clock.Elapsed < time; left--)
                {
                    if (!TryTalk(socket!))
                    {
                        socket!.Close(0);
                        break;
                    }
                    if (left == 1)
                    {
                        HangUp(socket!);
                    }
                }
            }
            ended.SetResult();
        }
        catch (Exception error)
        {
            ended.SetException(error);
        }
    }

    private Socket? Connect()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
            ReceiveTimeout = (int)patience.TotalMilliseconds,
            SendTimeout = (int)patience.TotalMilliseconds,
        };
        try
        {
            socket.Bind(new IPEndPoint(new IPAddress([127, 0, 1, (byte)(1 + (number % 250))]), 0));     // ports of its own
            socket.Connect(IPAddress.Loopback, port);
            return socket;
        }
        catch (SocketException error)
        {
            tally.Failed(Tally.Problem.Lost, Work.Nothing, $"cannot connect: {error.SocketErrorCode}");
            socket.Dispose();
            return null;
        }
    }

    /// <summary>Some requests at once, and their answers.</summary>
    /// <returns>False when something went wrong.</returns>
    private bool TryTalk(Socket socket)
    {
        var isGreat = _random.Next(50) == 0;
        var requests = Enumerable.Range(0, isGreat ? 1 : _random.Next(1, MostPerBurst + 1)).Select(_ => Draw(isGreat)).ToArray();
        var current = requests[0].Request.Work;
        try
        {
            var clock = Stopwatch.StartNew();
            Send(socket, [.. requests.SelectMany(each => each.Request.ToBytes(each.Tail))]);
            foreach (var (request, tail) in requests)
            {
                current = request.Work;
                var wanted = request.AnswerWith(request.ResultWith(tail));
                if (!Receive(socket, wanted.Length).AsSpan().SequenceEqual(wanted))
                {
                    tally.Failed(Tally.Problem.Wrong, current, $"of {wanted.Length} bytes");
                    return false;
                }
                tally.Answered(current, clock.Elapsed);
            }
            return true;
        }
        catch (SocketException error)
        {
            var isHung = error.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock;
            tally.Failed(isHung ? Tally.Problem.Hung : Tally.Problem.Lost, current, $"{error.SocketErrorCode}");
            return false;
        }
    }

    private (Request Request, byte[] Tail) Draw(bool isGreat)
    {
        var works = number % 2 == 0 ? Polite : All;
        var work = works[_random.Next(works.Length)];
        var most = isGreat ? GreatLength : OrdinaryLength;
        var time = _random.Next(_random.Next(10) == 0 ? MostTime : MostOrdinaryTime);
        var tail = Noise(work == Work.Elsewhere ? _random.Next(1, OrdinaryLength) : 0);
        return (Request.Make(work, time, Noise(_random.Next(most)), tail.Length, _random.Next(1, most), _random.Next()), tail);
    }

    private byte[] Noise(int length)
    {
        var bytes = new byte[length];
        _random.NextBytes(bytes);
        return bytes;
    }

    private void Send(Socket socket, byte[] bytes)
    {
        for (var sent = 0; sent < bytes.Length;)
        {
            var left = bytes.Length - sent;
            sent += socket.Send(bytes, sent, _random.Next(4) == 0 ? _random.Next(1, left + 1) : left, SocketFlags.None);
        }
    }

    private static byte[] Receive(Socket socket, int length)
    {
        var bytes = new byte[length];
        for (var got = 0; got < length;)
        {
            var count = socket.Receive(bytes, got, length - got, SocketFlags.None);
            got += count > 0 ? count : throw new SocketException((int)SocketError.Disconnecting);
        }
        return bytes;
    }

    private void HangUp(Socket socket)
    {
        try
        {
            switch (_random.Next(3))
            {
                case 0:
                    socket.Shutdown(SocketShutdown.Send);
                    var extra = socket.Receive(new byte[1]);
                    if (extra != 0)
                    {
                        tally.Failed(Tally.Problem.Wrong, Work.Nothing, "a byte too many");
                    }
                    break;
                case 1:
                    var (request, tail) = Draw(isGreat: false);
                    Send(socket, request.ToBytes(tail));        // and does not wait for the answer
                    socket.Close(0);
                    break;
                default:
                    socket.Close();
                    break;
            }
        }
        catch (SocketException error)
        {
            var problem = error.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock ? Tally.Problem.Hung : Tally.Problem.Lost;
            tally.Failed(problem, Work.Nothing, $"while hanging up: {error.SocketErrorCode}");
        }
    }
}
