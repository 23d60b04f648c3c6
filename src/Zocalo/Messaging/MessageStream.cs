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
        return new Loop(source, right, holder, new EitherToken(cancellationToken, other), default);
    }

    /// <summary>Two tokens of the caller's: either ends a wait, and the exception carries the one that did.</summary>
    private sealed class EitherToken(CancellationToken one, CancellationToken other) : IDisposable
    {
        private readonly CancellationTokenSource _linked = CancellationTokenSource.CreateLinkedTokenSource(one, other);

        internal async ValueTask<bool> WaitToReadAsync(IMessageSource<TIn> source)
        {
            try
            {
                return await source.WaitToReadAsync(_linked.Token);
            }
            catch (OperationCanceledException error) when (one.IsCancellationRequested || other.IsCancellationRequested)
            {
                throw new OperationCanceledException(error.Message, error, one.IsCancellationRequested ? one : other);
            }
        }

        public void Dispose() => _linked.Dispose();
    }

    private sealed class Loop(
        IMessageSource<TIn> source, ReaderRight right, Connection holder, EitherToken? either, CancellationToken cancellationToken)
        : IAsyncEnumerator<TIn>
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
            return holder.MayYield(either is null ? source.WaitToReadAsync(cancellationToken) : either.WaitToReadAsync(source));
        }

        public ValueTask DisposeAsync()
        {
            if (_started)
            {
                _started = false;
                right.GiveBack();
            }
            either?.Dispose();
            GC.KeepAlive(holder);
            return default;
        }
    }
}
