namespace Zocalo.Cli;

/// <summary>The sending direction of an <see cref="Exchange"/>: the source to its end, or until something ends it, then our FIN.</summary>
internal sealed class Sending(Wire wire, IByteSource source, EndRules rules)
{
    // Only MoveTo moves it on.
    private enum Phase
    {
        // The source may give more.
        Reading,

        // It has ended; what it gave is being sent.
        Flushing,

        // All is sent, and our FIN is not out yet: --eof keep.
        Keeping,

        // Our FIN is out.
        Finished,
    }

    private readonly Lock _lock = new();
    private volatile Phase _phase;
    private bool _isEndWanted;      // under the lock: the peer has finished, or a stop was requested; nothing is kept open any longer

    // Ends the reading of the source, the keeping, and the watch over a peer that has finished.
    private readonly CancellationTokenSource _stopSending =
        CancellationTokenSource.CreateLinkedTokenSource(wire.Connection.ConnectionClosed);

    private volatile bool _isPeerGone;

    /// <summary>Whether the source may give more, or what it gave is still being sent.</summary>
    public bool HasMore => _phase is Phase.Reading or Phase.Flushing;

    public bool IsFinished => _phase == Phase.Finished;

    /// <summary>Whether a peer that had finished was found to be there no longer.</summary>
    public bool IsPeerGone => _isPeerGone;

    /// <summary>Sends the source, and then our FIN.</summary>
    /// <param name="finish">Fires to say: end the source now, unless it ends by itself.</param>
    /// <exception cref="ToolException">The source cannot be read, or gives what cannot be a message.</exception>
    public async Task RunAsync(CancellationToken finish)
    {
        await using var atFinish = finish.Register(OnFinish);
        try
        {
            await SendSourceAsync();
        }
        finally
        {
            MoveTo(Phase.Flushing);
            source.Release();
        }
        if (rules.Eof == EofRule.Keep)
        {
            MoveTo(Phase.Keeping);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, _stopSending.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        await wire.CompleteOutputAsync();
        MoveTo(Phase.Finished);
    }

    /// <summary>Nothing more is read of the source.</summary>
    public Task StopAsync() => _stopSending.CancelAsync();

    /// <summary>The peer has finished: while there may be more to send, what that means is for the rules.</summary>
    public void OnPeerFinished()
    {
        switch (WantEnd())
        {
            case Phase.Reading when rules.PeerEof == PeerEof.Exit:
                _stopSending.CancelAfter(source.GraceAfterPeer);
                break;
            case Phase.Reading when !source.EndsByItself:
                _ = WatchAsync();
                break;
            case Phase.Keeping:
                _stopSending.Cancel();
                break;
        }
    }

    private async Task SendSourceAsync()
    {
        bool isLast;
        do
        {
            // What has been read already is still sent.
            isLast = _stopSending.IsCancellationRequested;
            Chunk chunk;
            try
            {
                chunk = await source.ReadAsync(_stopSending.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            if (chunk.IsEnd)
            {
                return;
            }
            try
            {
                await wire.SendAsync(chunk.Bytes);
            }
            catch (ArgumentException unfit)
            {
                throw new ToolException($"{source.Place}: {unfit.WithoutParameter()}", ExitCode.Usage);
            }
        }
        while (!isLast);
    }

    private void MoveTo(Phase next)
    {
        bool isEndWanted;
        lock (_lock)
        {
            _phase = next;
            isEndWanted = _isEndWanted;
        }
        if (isEndWanted)
        {
            _stopSending.Cancel();
        }
    }

    // A source that ends by itself is sent to its end.
    private void OnFinish()
    {
        if (WantEnd() == Phase.Keeping || !source.EndsByItself)
        {
            _stopSending.Cancel();
        }
    }

    private Phase WantEnd()
    {
        lock (_lock)
        {
            _isEndWanted = true;
            return _phase;
        }
    }

    // A source that is silent sends nothing that could fail.
    private async Task WatchAsync()
    {
        try
        {
            if (await Task.Run(() => PeerWatch.WaitUntilGoneAsync(wire.Connection, _stopSending.Token), _stopSending.Token))
            {
                _isPeerGone = true;
                await _stopSending.CancelAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // The source has ended, or the connection.
        }
    }
}
