namespace Zocalo.Messaging;

/// <summary>One message that is sent to many peers. It is encoded once, into one shared piece of memory, for all peers whose protocol
/// encodes it in the same way.</summary>
internal sealed class Broadcast<TIn, TOut>(TOut message)
{
    private readonly Dictionary<(FrameFormat, IPayloadEncoder<TOut>), Frame> _encodings = [];
    private readonly List<Task> _slow = [];
    private Protocol<TIn, TOut>? _lastProtocol;
    private Frame _lastEncoding;
    private int _sent;
    private int _full;
    private int _cut;
    private int _gone;

    /// <summary>Sends to all peers first. Then it waits, for all of them together, for the slow peers whose policy is to wait.</summary>
    internal async Task<BroadcastResult> SendAsync<TKey>(
        IEnumerable<KeyValuePair<TKey, FramedConnection<TIn, TOut>>> peers, CancellationToken cancellationToken)
    {
        foreach (var (_, peer) in peers)
        {
            Send(peer, cancellationToken);
        }
        if (_slow.Count > 0)
        {
            await Task.WhenAll(_slow)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            foreach (var send in _slow)
            {
                if (send.IsCanceled)
                {
                    throw new OperationCanceledException(
                        "The broadcast was cancelled: slow peers that had not accepted it do not get it.", cancellationToken);
                }
                Count(send.Exception?.InnerException);
            }
        }
        return new(_sent, _full, _cut, _gone);
    }

    private void Send(FramedConnection<TIn, TOut> peer, CancellationToken cancellationToken)
    {
        var wire = EncodeFor(peer.Protocol);
        try
        {
            var send = peer.SendEncodedAsync(wire, cancellationToken);
            if (send.IsCompletedSuccessfully)
            {
                _sent++;
            }
            else
            {
                _slow.Add(send.AsTask());       // or the send has failed already
            }
        }
        catch (InvalidOperationException)
        {
            _gone++;        // its output was completed, or it was closed, on this side
        }
    }

    private void Count(Exception? error)
    {
        switch (error)
        {
            case null:
                _sent++;
                break;
            case OutboxFullException:
                _full++;
                break;
            case ConnectionException { InnerException: OutboxFullException }:
                _cut++;
                break;
            default:
                _gone++;
                break;
        }
    }

    private Frame EncodeFor(Protocol<TIn, TOut> protocol)
    {
        if (protocol == _lastProtocol)
        {
            return _lastEncoding;
        }
        var how = (protocol.Format, protocol.Encoder);
        if (!_encodings.TryGetValue(how, out var wire))
        {
            _encodings[how] = wire = protocol.EncodeOnce(message);
        }
        _lastProtocol = protocol;
        return _lastEncoding = wire;
    }
}
