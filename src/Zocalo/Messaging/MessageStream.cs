using Zocalo.Connections;

namespace Zocalo.Messaging;

/// <summary>
/// A connection's messages as an asynchronous stream. Written by hand for what an iterator method would cost: a message that is there already takes no state machine, and one that must be waited for
/// wakes the loop from the receive itself.
/// </summary>
/// <param name="source">Where they come from.</param>
/// <param name="right">To be the reader.</param>
/// <param name="holder">Kept alive by whoever loops, so that a loop which waits is not taken for a dropped connection.</param>
/// <param name="cancellationToken">Gives up waiting.</param>
internal sealed class MessageStream<TIn>(
    IMessageSource<TIn> source, ReaderRight right, Connection holder, CancellationToken cancellationToken) : IAsyncEnumerable<TIn>
{
    public IAsyncEnumerator<TIn> GetAsyncEnumerator(CancellationToken other = default)
    {
        if (!cancellationToken.CanBeCanceled || !other.CanBeCanceled || other == cancellationToken)
        {
            return new Loop(source, right, holder, null, cancellationToken.CanBeCanceled ? cancellationToken : other);
        }
        var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, other);
        return new Loop(source, right, holder, either, either.Token);
    }

    private sealed class Loop(
        IMessageSource<TIn> source, ReaderRight right, Connection holder, CancellationTokenSource? linked,
        CancellationToken cancellationToken) : IAsyncEnumerator<TIn>
    {
        private bool _started;
        private bool _waited;       // the message that was waited for is still to be taken
        private TIn _current = default!;

        public TIn Current
        {
            get
            {
                if (_waited)
                {
                    _waited = false;
                    source.TryRead(out _current);
                }
                return _current;
            }
        }

        public ValueTask<bool> MoveNextAsync()
        {
            if (!_started)
            {
                right.Take();
                _started = true;
            }
            if (_waited)
            {
                _ = Current;        // nobody looked at it
            }
            if (source.TryRead(out _current))
            {
                return holder.MayYield(new ValueTask<bool>(true));
            }
            _waited = true;
            return holder.MayYield(source.WaitToReadAsync(cancellationToken));
        }

        public ValueTask DisposeAsync()
        {
            if (_started)
            {
                _started = false;
                right.GiveBack();
            }
            linked?.Dispose();
            GC.KeepAlive(holder);
            return default;
        }
    }
}
