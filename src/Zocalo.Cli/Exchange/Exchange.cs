using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Zocalo.Cli;

/// <summary>What to do when there is nothing more to send.</summary>
internal enum EofRule
{
    /// <summary>Finish the sending direction (FIN), go on receiving until the peer finishes too.</summary>
    Half,

    /// <summary>Finish and stop: print nothing more.</summary>
    Close,

    /// <summary>Say nothing; finish when the peer does.</summary>
    Keep,
}

/// <summary>What the end of the peer's output means for ours, while there may be more to send.</summary>
internal enum PeerEof
{
    /// <summary>Nothing: what there is to send is sent, until it ends or a send fails.</summary>
    Continue,

    /// <summary>The end of ours: what has been read so far is sent, and that is all.</summary>
    Exit,
}

/// <summary>How the two directions of a conversation end.</summary>
/// <param name="Eof">When there is nothing more to send.</param>
/// <param name="PeerEof">When the peer has finished.</param>
/// <param name="ClosesOutput">Whether standard output is this conversation's alone, and is closed when the peer has finished.</param>
internal sealed record EndRules(EofRule Eof, PeerEof PeerEof, bool ClosesOutput);

/// <summary>
/// One conversation: source to connection and connection to output, each at its own pace, until both have ended.
/// Neither waits for the other except at the ends: the source's end is told to the peer as <see cref="EofRule"/> says, and
/// the peer's end ends the source only with <see cref="PeerEof.Exit"/>.
/// </summary>
[SuppressMessage(
    "Design", "CA1001", Justification = "Without timers the sources hold nothing, and a read that is left behind may still use them.")]
internal sealed class Exchange(IWire wire, IByteSource source, EndRules rules, Events events, TimeProvider time)
{
    private enum Sending
    {
        // The source may give more.
        Reading,

        // It has ended, and the peer has not: --eof keep.
        Keeping,

        // Our FIN is out.
        Finished,
    }

    private static readonly TimeSpan PatienceWithBrokenPeer = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _peerFinished = new();
    private readonly CancellationTokenSource _stopReceiving = new();
    private readonly CancellationTokenSource _cut = new();
    private readonly CancellationTokenSource _peerGone = new();
    private volatile Sending _sending;

    public Connection Connection => wire.Connection;

    /// <summary>For how long the peer has sent nothing.</summary>
    public TimeSpan Silence => wire.Silence;

    /// <summary>Runs to the end of both directions and closes the connection.</summary>
    /// <param name="finish">Fires to say: end the source now, then let the peer finish.</param>
    /// <param name="stop">Fires to say: leave at once.</param>
    /// <returns>How it ended, a broken connection included.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> fired; the connection is aborted unless everything had been
    /// sent.</exception>
    /// <exception cref="BrokenPipeException">The reader of standard output has gone; the connection is aborted.</exception>
    /// <exception cref="ToolException">Standard input or output failed; the connection is aborted.</exception>
    public async Task<ConnectionEnd> RunAsync(CancellationToken finish, CancellationToken stop)
    {
        try
        {
            // A read of standard input and a write to standard output may block for ever: they are left where they are.
            await Task.Run(() => BothWaysAsync(finish), CancellationToken.None).WaitAsync(stop);
            return WithReset(await Connection.CloseAsync(stop));
        }
        catch (ConnectionException)
        {
            return WithReset(await Connection.CloseAsync(stop));
        }
        catch (FrameException broken)
        {
            return WithCause(await LeaveAsync(stop), broken);
        }
        catch (Exception failure)
        {
            // Cut in the middle: the peer must not take it for a proper end. Once our FIN is out it got everything, and
            // a reset could only destroy what it has not read yet; the process's exit closes the socket.
            if (_sending != Sending.Finished || failure is not OperationCanceledException)
            {
                Connection.Abort();
            }
            throw;
        }
    }

    // Where both directions had ended before the format was looked at, the connection itself knows of no fault.
    private static ConnectionEnd WithCause(ConnectionEnd end, FrameException broken) =>
        IsClean(end) ? end with { Reason = broken.Reason, Exception = broken } : end;

    // Nor does it know of a reset when nothing was under way.
    private ConnectionEnd WithReset(ConnectionEnd end) => _peerGone.IsCancellationRequested && IsClean(end)
        ? end with { Reason = EndReason.Reset, Output = DirectionEnd.Broken, SocketError = SocketError.ConnectionReset }
        : end;

    private static bool IsClean(ConnectionEnd end) => end.Reason is EndReason.PeerFinished or EndReason.Completed or EndReason.Drained;

    /// <summary>What was sent may still arrive, but a peer that broke the format is not waited for as one that answers.</summary>
    private async Task<ConnectionEnd> LeaveAsync(CancellationToken stop)
    {
        using var limit = new CancellationTokenSource(PatienceWithBrokenPeer, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stop);
        try
        {
            return await Connection.CloseAsync(either.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            Connection.Abort();
            return await Connection.Closed;
        }
    }

    private async Task BothWaysAsync(CancellationToken finish)
    {
        Task sending = SendAllAsync(finish);
        Task receiving = ReceiveAllAsync();
        try
        {
            // The first failure is the news: the other direction fails because of it, or never ends.
            Task first = await Task.WhenAny(sending, receiving);
            await first;
            await Task.WhenAll(sending, receiving);
        }
        catch (Exception failure)
        {
            await _cut.CancelAsync();
            if (failure is ConnectionException)
            {
                // A reset stops our sending first, while a reply that came before it is still to be printed.
                await receiving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            else if (failure is not FrameException || !await IsOverSoonAsync(sending))
            {
                Connection.Abort();
            }
            // The source outlives this conversation (listen -k): nobody may be waiting for it any more.
            await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }

    // A send may never end: a peer that broke the format need not read either.
    private async Task<bool> IsOverSoonAsync(Task sending)
    {
        using var limit = new CancellationTokenSource(PatienceWithBrokenPeer, time);
        await sending.WaitAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return sending.IsCompleted;
    }

    private async Task SendAllAsync(CancellationToken finish)
    {
        CancellationToken drain = source.EndsByItself ? CancellationToken.None : finish;
        using var stopSending = CancellationTokenSource.CreateLinkedTokenSource(
            [drain, _cut.Token, _peerGone.Token, Connection.ConnectionClosed]);
        using var stopReading = CancellationTokenSource.CreateLinkedTokenSource(stopSending.Token);
        using var stopWatching = CancellationTokenSource.CreateLinkedTokenSource(stopSending.Token);
        await using CancellationTokenRegistration atPeersEnd =
            _peerFinished.Token.Register(() => OnPeerFinished(stopReading, stopWatching.Token));
        try
        {
            await SendSourceAsync(stopReading.Token);
        }
        finally
        {
            await stopWatching.CancelAsync();
            source.Release();
        }
        if (rules.Eof == EofRule.Keep)
        {
            // Until the peer has finished, or somebody asks us to.
            _sending = Sending.Keeping;
            using var stopKeeping = CancellationTokenSource.CreateLinkedTokenSource(finish, stopSending.Token, _peerFinished.Token);
            await Task.Delay(Timeout.InfiniteTimeSpan, time, stopKeeping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        await wire.CompleteOutputAsync();
        _sending = Sending.Finished;
        if (rules.Eof == EofRule.Close)
        {
            await _stopReceiving.CancelAsync();
        }
    }

    private async Task SendSourceAsync(CancellationToken stopReading)
    {
        bool isLast;
        do
        {
            // What has been read already is still sent.
            isLast = stopReading.IsCancellationRequested;
            Chunk chunk;
            try
            {
                chunk = await source.ReadAsync(stopReading);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            if (chunk.IsEnd)
            {
                return;
            }
            await SendAsync(chunk.Bytes);
        }
        while (!isLast);
    }

    // While there may be more to send.
    private void OnPeerFinished(CancellationTokenSource stopReading, CancellationToken stopWatching)
    {
        if (rules.PeerEof == PeerEof.Exit)
        {
            stopReading.CancelAfter(source.GraceAfterPeer);
        }
        else if (!source.EndsByItself)
        {
            _ = WatchAsync(stopWatching);
        }
    }

    // A source that is silent sends nothing that could fail.
    private async Task WatchAsync(CancellationToken stop)
    {
        try
        {
            if (await Task.Run(() => PeerWatch.WaitUntilGoneAsync(Connection, time, stop), stop))
            {
                await _peerGone.CancelAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // The source has ended, or the connection.
        }
    }

    private async ValueTask SendAsync(ReadOnlyMemory<byte> chunk)
    {
        try
        {
            await wire.SendAsync(chunk);
        }
        catch (ArgumentException unfit)
        {
            throw new ToolException($"{source.Place}: {unfit.WithoutParameter()}", ExitCode.Usage);
        }
    }

    private async Task ReceiveAllAsync()
    {
        try
        {
            await wire.ShowAllAsync(_stopReceiving.Token);
        }
        catch (OperationCanceledException) when (_stopReceiving.IsCancellationRequested)
        {
            // --eof close: what the peer still sends is not wanted.
            return;
        }
        if (rules.ClosesOutput)
        {
            StandardStream.Output.Finish();
        }
        if (_sending == Sending.Reading && events.Volume == Volume.Verbose)
        {
            events.Log(LogLevel.Information, $"{PeerName.Of(Connection)} has finished; " + (rules.PeerEof == PeerEof.Exit
                ? "that ends the conversation (--peer-eof continue would send standard input to its end)"
                : "standard input is still sent, and its end ends the conversation (--peer-eof exit would not wait for it)"));
        }
        await _peerFinished.CancelAsync();
    }
}
