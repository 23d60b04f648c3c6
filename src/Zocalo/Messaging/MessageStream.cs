using Zocalo.Connections;

namespace Zocalo.Messaging;

/// <summary>
/// A connection's messages as an asynchronous stream. Written by hand, because an iterator method costs more: here a message that is there
/// already needs no state machine, and one that must be awaited resumes the loop directly from the receive.
/// </summary>
/// <param name="source">Where they come from.</param>
/// <param name="right">The right to be the reader.</param>
/// <param name="root">Kept alive by the loop, so that a connection whose loop waits does not look dropped.</param>
/// <param name="cancellationToken">Cancels a wait.</param>
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

    /// <summary>The caller's two tokens: either of them ends a wait, and the exception carries the one that did.</summary>
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
