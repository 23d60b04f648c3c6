using System.Globalization;
using Zocalo.Connections;

namespace Zocalo.Messaging;

/// <summary>Requests that wait for their replies: matched by number, or by order. Thread-safe.</summary>
internal sealed class Requests<TIn, TOut>(ConnectionCore core, ReplyRule<TIn, TOut> rule, int limit, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<long, PendingReply> _byId = [];
    private readonly Queue<PendingReply> _inOrder = [];
    private long _lastId;
    private long _lateReplies;
    private Exception? _end;

    /// <summary>How many replies came when their request no longer waited.</summary>
    internal long LateReplies => Volatile.Read(ref _lateReplies);

    /// <summary>Registers a request that will wait.</summary>
    /// <returns>The message to send, with its number if it has one.</returns>
    internal (TOut Message, PendingReply Reply) Register(TOut request)
    {
        var reply = new PendingReply(this);
        lock (_lock)
        {
            if (_end is not null)
            {
                throw _end;
            }
            if (_byId.Count + _inOrder.Count >= limit)
            {
                throw new InvalidOperationException($"{limit} requests wait for their replies, as many as MaxPendingRequests allows.");
            }
            if (rule.Correlation is not { } correlation)
            {
                return (request, reply);        // it gets its position in the order when it is sent
            }
            if (_byId.Count >= correlation.GreatestId)
            {
                throw new InvalidOperationException($"{_byId.Count} requests wait for their replies: the protocol has no more numbers.");
            }
            do
            {
                _lastId = _lastId >= correlation.GreatestId ? 1 : _lastId + 1;
            }
            while (!_byId.TryAdd(_lastId, reply));
            reply.Id = _lastId;
        }
        return (rule.Correlation.WithId(request, reply.Id), reply);
    }

    /// <summary>Sends a request and waits for its reply, both within <paramref name="timeout"/>.</summary>
    internal async Task<TIn> WaitAsync(
        PendingReply reply, TimeSpan timeout, Func<CancellationToken, ValueTask> send, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            await send(either.Token);
            FailIfEnded(reply);
            return await reply.Task.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!reply.TryAbandon())
        {
            return await reply.Task;      // the reply came at the last moment
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException(string.Create(
                CultureInfo.InvariantCulture,
                $"no reply within {timeout.TotalSeconds:0.###} s; if it comes later it is dropped and counted"));
        }
        catch (OperationCanceledException error) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(error.Message, error, cancellationToken);      // the caller knows its own token
        }
        finally
        {
            Forget(reply);
        }
    }

    /// <summary>The request no longer waits. If replies come in order it keeps its position, for the reply that will come.</summary>
    private void Forget(PendingReply reply)
    {
        if (rule.Correlation is null)
        {
            reply.TryAbandon();
            return;
        }
        lock (_lock)
        {
            if (_byId.TryGetValue(reply.Id, out var registered) && registered == reply)
            {
                _byId.Remove(reply.Id);
            }
        }
    }

    /// <summary>A message has arrived.</summary>
    /// <returns>Whether it was a reply; then the reader does not get it.</returns>
    internal bool TryTakeReply(TIn message)
    {
        PendingReply? reply;
        if (rule.Correlation is { } correlation)
        {
            if (!correlation.TryGetReplyId(message, out var id))
            {
                return false;
            }
            lock (_lock)
            {
                _byId.Remove(id, out reply);
            }
        }
        else
        {
            if (rule.IsReply is { } isReply && !isReply(message))
            {
                return false;
            }
            lock (_lock)
            {
                _inOrder.TryDequeue(out reply);
            }
        }
        if (reply is null || !reply.TryResolve(message, core))
        {
            Interlocked.Increment(ref _lateReplies);
        }
        return true;
    }

    /// <summary>No more replies will come.</summary>
    internal void End(Exception error)
    {
        PendingReply[] left;
        lock (_lock)
        {
            _end = error;
            left = [.. _byId.Values, .. _inOrder];
            _byId.Clear();
            _inOrder.Clear();
        }
        foreach (var reply in left)
        {
            reply.TryFail(error, core);
        }
    }

    // A request that was sent after the end is in no list.
    private void FailIfEnded(PendingReply reply)
    {
        Exception? end;
        lock (_lock)
        {
            end = _end;
        }
        if (end is not null)
        {
            reply.TryFail(end, core);
        }
    }

    /// <summary>A request got its position in the order of what is sent; its reply will have the same position.</summary>
    private void OnSent(PendingReply reply)
    {
        if (rule.Correlation is not null)
        {
            return;
        }
        lock (_lock)
        {
            if (_end is null)
            {
                _inOrder.Enqueue(reply);
            }
        }
    }

    /// <summary>One request's wait.</summary>
    internal sealed class PendingReply(Requests<TIn, TOut> requests) : CompletionSource<TIn>, ISendObserver
    {
        internal long Id { get; set; }

        void ISendObserver.OnAccepted() => requests.OnSent(this);
    }
}
