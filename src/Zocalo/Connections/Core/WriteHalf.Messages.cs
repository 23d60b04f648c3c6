namespace Zocalo.Connections;

/// <summary>What an <see cref="IMessageOwner"/> calls. It calls the members named ...Unsynchronized under this half's lock, which it takes
/// with <see cref="Lock"/>.</summary>
internal sealed partial class WriteHalf
{
    private IMessageOwner? _messages;

    internal LightLock.Holder Lock() => _lock.Take();

    internal bool IsBroken => _state == State.Broken;

    internal long UnflushedUnsynchronized => _buffer.Unflushed;

    internal long UnsentUnsynchronized => _buffer.Unflushed + _buffer.FlushedUnsent;

    /// <summary>From now on only whole messages are written here.</summary>
    internal void BeginMessages(IMessageOwner writer) => _messages = writer;

    internal Memory<byte> GetMemoryUnsynchronized(int sizeHint) => _buffer.GetMemory(sizeHint, core);

    internal void AdvanceUnsynchronized(int bytes) => _buffer.Advance(bytes);

    internal void WriteUnsynchronized(ReadOnlySpan<byte> bytes) => _buffer.Write(bytes, core);

    internal void EndLoanUnsynchronized() => _buffer.EndLoan();

    /// <summary>Everything written may be sent.</summary>
    /// <returns>What to pass to <see cref="Send"/> after the unlock.</returns>
    internal SendStep FlushUnsynchronized()
    {
        _buffer.Flush();
        return Begin();
    }
}
