using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Zocalo.Cli;

/// <summary>How the two directions of a conversation end.</summary>
/// <param name="Eof">When there is nothing more to send.</param>
/// <param name="PeerEof">When the peer has finished.</param>
/// <param name="ClosesOutput">Whether standard output is this conversation's alone, and is closed when the peer has finished.</param>
internal sealed record EndRules(EofRule Eof, PeerEof PeerEof, bool ClosesOutput);

/// <summary>
/// One conversation: source to connection and connection to output, each at its own pace, until both have ended.
/// Neither waits for the other except at the ends: the source's end becomes our FIN as <see cref="EofRule"/> says, and
/// the peer's end ends the source only with <see cref="PeerEof.Exit"/>.
/// </summary>
internal sealed class Exchange(Wire wire, IByteSource source, EndRules rules, Events events, Engine engine, Origin origin)
{
    private static readonly TimeSpan PatienceWithBrokenPeer = TimeSpan.FromSeconds(1);

    private readonly Sending _sending = new(wire, source, rules);
    private readonly CancellationTokenSource _stopReceiving = new();

    public Connection Connection => wire.Connection;

    /// <summary>For how long the peer has sent nothing.</summary>
    public TimeSpan Silence => wire.Silence;

    /// <summary>Runs to the end of both directions, closes the connection, and reports its beginning and its end.</summary>
    /// <param name="finish">Fires to say: end the source now, then let the peer finish.</param>
    /// <param name="stop">Fires to say: leave at once.</param>
    /// <returns>The exit code; a connection that broke has been reported.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> fired; the connection is aborted unless everything had been
    /// sent.</exception>
    /// <exception cref="BrokenPipeException">The reader of standard output has gone; the connection is aborted.</exception>
    /// <exception cref="ToolException">Standard input or output failed; the connection is aborted.</exception>
    public async Task<int> RunAsync(CancellationToken finish, CancellationToken stop)
    {
        events.Connected(Connection, engine, origin);
        ConnectionEnd end;
        try
        {
            end = await ConverseAsync(finish, stop);
        }
        catch
        {
            // Aborted by us, so that its end is certain and near; unless all was sent, when nobody waits for the peer.
            if (Connection.ConnectionClosed.IsCancellationRequested)
            {
                events.Closed(Connection, await Connection.Closed);
            }
            throw;
        }
        events.Closed(Connection, end);
        return ExitSummary.Of(end) is { } failure ? events.Fail(failure) : ExitCode.Done;
    }

    private static bool IsClean(ConnectionEnd end) => end.Reason is EndReason.PeerFinished or EndReason.Completed or EndReason.Drained;

    private async Task<ConnectionEnd> ConverseAsync(CancellationToken finish, CancellationToken stop)
    {
        try
        {
            // A read of standard input and a write to standard output may block for ever: they are left where they are.
            await Task.Run(() => BothWaysAsync(finish), CancellationToken.None).WaitAsync(stop);
        }
        catch (ConnectionException)
        {
            // The connection's end says it.
        }
        catch (FrameException broken)
        {
            // Where both directions had ended before the format was looked at, the connection itself knows of no fault.
            var end = await LeaveAsync(stop);
            return IsClean(end) ? end with { Reason = broken.Reason, Exception = broken } : end;
        }
        catch (Exception failure)
        {
            // Cut in the middle: the peer must not take it for a proper end. Once our FIN is out it got everything, and
            // a reset could only destroy what it has not read yet; the process's exit closes the socket.
            if (!_sending.IsFinished || failure is not OperationCanceledException)
            {
                Connection.Abort();
            }
            throw;
        }
        var closed = await Connection.CloseAsync(stop);
        // The connection does not know of a reset when nothing was under way.
        return _sending.IsPeerGone && IsClean(closed)
            ? closed with { Reason = EndReason.Reset, Output = DirectionEnd.Broken, SocketError = SocketError.ConnectionReset }
            : closed;
    }

    // What was sent may still arrive, but a peer that broke the format is not waited for as one that answers.
    private async Task<ConnectionEnd> LeaveAsync(CancellationToken stop)
    {
        try
        {
            return await Connection.CloseAsync(stop).WaitAsync(PatienceWithBrokenPeer, TimeProvider.System, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            Connection.Abort();
            return await Connection.Closed;
        }
    }

    private async Task BothWaysAsync(CancellationToken finish)
    {
        var sending = SendAllAsync(finish);
        var receiving = ReceiveAllAsync();
        try
        {
            // The first failure is the one to report: the other direction fails because of it, or never ends.
            await await Task.WhenAny(sending, receiving);
            await Task.WhenAll(sending, receiving);
        }
        catch (Exception failure)
        {
            await _sending.StopAsync();
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
    private static async Task<bool> IsOverSoonAsync(Task sending)
    {
        await sending.WaitAsync(PatienceWithBrokenPeer, TimeProvider.System).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return sending.IsCompleted;
    }

    private async Task SendAllAsync(CancellationToken finish)
    {
        await _sending.RunAsync(finish);
        if (rules.Eof == EofRule.Close)
        {
            await _stopReceiving.CancelAsync();
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
        if (_sending.HasMore && events.Volume == Volume.Verbose)
        {
            events.Log(LogLevel.Information, $"{PeerName.Of(Connection)} has finished; " + (rules.PeerEof == PeerEof.Exit
                ? "that ends the conversation (--peer-eof continue would send standard input to its end)"
                : "standard input is still sent, and its end ends the conversation (--peer-eof exit would not wait for it)"));
        }
        _sending.OnPeerFinished();
    }
}
