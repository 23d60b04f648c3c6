using System.Buffers;
using System.IO.Pipelines;
using System.Threading.Tasks.Sources;

namespace Zocalo.Connections;

/// <summary>
/// What <see cref="Connection.ReceiveAsync"/> and the stream wait with: a read of <see cref="InputSide"/>'s whose bytes are copied out and given back when its result is taken.
/// Made by a connection's first receive that has to wait: who reads in place has none.
/// </summary>
/// <remarks>An async method would do, but its state is an object of its own, and it brings its caller to a context by way of another turn, with an allocation for each message.</remarks>
internal sealed class CopyingRead(InputSide input) : IValueTaskSource<int>
{
    private Memory<byte> _into;     // while a receive waits

    /// <summary>Copies what fits out of a read's result, gives it back, and leaves the rest to the next read.</summary>
    /// <exception cref="OperationCanceledException">CancelPendingRead ended the read, and nothing was there: 0 would be a false end.</exception>
    internal static int Take(InputSide input, in ReadResult read, Span<byte> into)
    {
        var some = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, into.Length));
        some.CopyTo(into);
        input.AdvanceTo(some.End, some.End);
        return some.IsEmpty && !read.IsCompleted
            ? throw new OperationCanceledException("The read was cancelled by CancelPendingRead.")
            : (int)some.Length;
    }

    /// <param name="into">Where the bytes go when they come.</param>
    /// <param name="version">Of the read that waits.</param>
    internal ValueTask<int> WaitAsync(Memory<byte> into, short version)
    {
        _into = into;
        return new(this, version);
    }

    int IValueTaskSource<int>.GetResult(short token)
    {
        var read = input.TakeResult(token);
        var into = _into;
        _into = default;
        return Take(input, read, into.Span);
    }

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => input.GetTaskStatus(token);

    void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        input.OnCompleted(continuation, state, token, flags);
}
