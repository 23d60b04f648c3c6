using Zocalo.Connections;

namespace Zocalo.Messaging;

/// <summary>
/// A connection's messages as an asynchronous stream. Written by hand for what an iterator method would cost: a message that is there
/// already takes no state machine, and one that must be waited for resumes the loop from the receive itself.
/// </summary>
/// <param name="source">Where they come from.</param>
/// <param name="right">To be the reader.</param>
/// <param name="root">Kept alive by whoever loops, so that a loop which waits is not taken for a dropped connection.</param>
/// <param name="cancellationToken">Gives up waiting.</param>
internal sealed class MessageStream<TIn>(
    IMessageSource<TIn> source, ReaderRight right, Connection root, CancellationToken cancellationToken) : IAsyncEnumerable<TIn>
{
    public IAsyncEnumerator<TIn> GetAsyncEnumerator(CancellationToken other = default)
    {
        if (!cancellationToken.CanBeCanceled || !other.CanBeCanceled || other == cancellationToken)
        {
            return new Loop(source, right, root, null, cancellationToken.CanBeCanceled ? cancellationToken : other);
        }
        return new Loop(source, right, root, new EitherToken(cancellationToken, other), default);
    }

    /// <summary>Two tokens of the caller's: either ends a wait, and the exception carries the one that did.</summary>
    private sealed class EitherToken(CancellationToken one, CancellationToken other) : IDisposable
    {
        private readonly CancellationTokenSource _linked = CancellationTokenSource.CreateLinkedTokenSource(one, other);

        internal async ValueTask<bool> MoveNextAsync(IMessageSource<TIn> source)
        {
            try
            {
                return await source.MoveNextAsync(_linked.Token);
            }
            catch (OperationCanceledException error) when (one.IsCancellationRequested || other.IsCancellationRequested)
            {
                throw new OperationCanceledException(error.Message, error, one.IsCancellationRequested ? one : other);
            }
        }

        public void Dispose() => _linked.Dispose();
    }

    private sealed class Loop(
        IMessageSource<TIn> source, ReaderRight right, Connection root, EitherToken? either, CancellationToken cancellationToken)
        : IAsyncEnumerator<TIn>
    {
        private bool _started;

        public TIn Current => source.Current;

        public ValueTask<bool> MoveNextAsync()
        {
            if (!_started)
            {
                right.Take();
                _started = true;
            }
            return root.MayYield(either is null ? source.MoveNextAsync(cancellationToken) : either.MoveNextAsync(source));
        }

        public ValueTask DisposeAsync()
        {
            if (_started)
            {
                _started = false;
                right.GiveBack();
            }
            either?.Dispose();
            GC.KeepAlive(root);
            return default;
        }
    }
}
