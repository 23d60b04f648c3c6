using System.Buffers;
using Zocalo.Buffers;
using Zocalo.Engines;

namespace Zocalo.Tests.Testing.Network;

/// <summary>An owner that records each notification; the test makes the socket's calls through it, one receive and one send at a
/// time.</summary>
internal sealed class RecordingOwner : IStreamOwner
{
    private static readonly TimeSpan Cap = TimeSpan.FromSeconds(30);

    [ThreadStatic]
    private static bool t_inCall;

    private readonly ReceiveBuffer _buffer = new();
    private TaskCompletionSource<IoResult> _received = Waiting();
    private TaskCompletionSource<IoResult> _sent = Waiting();

    internal RecordingOwner(StreamSocket socket)
    {
        Socket = socket;
        socket.Attach(this);
    }

    internal StreamSocket Socket { get; }

    /// <summary>The owner was called from inside a call of some owner's, or twice for one operation.</summary>
    internal bool WasCalledWrongly { get; private set; }

    /// <summary>What the owner does when it hears of a receive, once.</summary>
    internal Action? OnceReceived { get; set; }

    internal IoResult Receive() => Call(() => Socket.Receive(_buffer));

    internal void FinishReceive() => Call(() =>
    {
        Socket.FinishReceive();
        return 0;
    });

    internal IoResult Send(ReadOnlySequence<byte> bytes) => Call(() => Socket.Send(bytes));

    internal IoResult Send(byte[] bytes) => Send(new ReadOnlySequence<byte>(bytes));

    internal int TrySend(byte[] bytes) => Call(() => Socket.TrySend(bytes)).Bytes;

    internal void Finish() => Call(() => Socket.FinishOutput());

    internal void Abort() => Call(() =>
    {
        Socket.Abort();
        return 0;
    });

    internal async Task<IoResult> WhenReceived()
    {
        var result = await _received.Task.WaitAsync(Cap);
        _received = Waiting();
        return result;
    }

    internal async Task<IoResult> WhenSent()
    {
        var result = await _sent.Task.WaitAsync(Cap);
        _sent = Waiting();
        return result;
    }

    /// <summary>The bytes of a receive that has ended.</summary>
    internal byte[] Take(IoResult received)
    {
        Assert.True(received.IsDone, received.ToString());
        _buffer.Commit(received.Bytes);
        var bytes = _buffer.Sequence.ToArray();
        _buffer.AdvanceTo(_buffer.Sequence.End, _buffer.Sequence.End);
        return bytes;
    }

    /// <summary>Nothing came of a receive.</summary>
    internal void TakeNothing() => _buffer.Commit(0);

    /// <summary>Receives, at once or not.</summary>
    internal async Task<byte[]> ReceiveAsync()
    {
        return Take(await AnswerAsync());
    }

    /// <summary>Receives, and returns the result, which may come at once or later.</summary>
    internal async Task<IoResult> AnswerAsync()
    {
        var received = Receive();
        return received.IsPending ? await WhenReceived() : received;
    }

    void IStreamOwner.OnReceived(IoResult result)
    {
        var then = OnceReceived;
        OnceReceived = null;
        WasCalledWrongly |= t_inCall || !_received.TrySetResult(result);
        then?.Invoke();
    }

    void IStreamOwner.OnSent(IoResult result) => WasCalledWrongly |= t_inCall || !_sent.TrySetResult(result);

    void IStreamOwner.OnOutputFinished(IoResult result) => WasCalledWrongly = true;     // no engine of today waits for that

    void IStreamOwner.OnPeerLeft() => WasCalledWrongly = true;      // nobody wants to know

    private static TaskCompletionSource<IoResult> Waiting() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static T Call<T>(Func<T> call)
    {
        t_inCall = true;
        try
        {
            return call();
        }
        finally
        {
            t_inCall = false;
        }
    }
}
