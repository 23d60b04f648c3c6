using System.Diagnostics.CodeAnalysis;

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

/// <summary>
/// One conversation: source to connection and connection to output, each at its own pace, until both have ended.
/// Neither waits for the other except at the ends: the source's end is told to the peer as <see cref="EofRule"/> says,
/// and the peer's end ends the source, which would otherwise keep the tool waiting for a person who has nothing to add.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Without timers the sources hold nothing, and a read that is left behind may still use them.")]
internal sealed class Exchange(IWire wire, IByteSource source, EofRule eof, TimeProvider time)
{
    private static readonly TimeSpan PatienceWithBrokenPeer = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _peerFinished = new();
    private readonly CancellationTokenSource _stopReceiving = new();
    private readonly CancellationTokenSource _cut = new();
    private bool _outputFinished;

    public Connection Connection => wire.Connection;

    /// <summary>Runs to the end of both directions and closes the connection.</summary>
    /// <param name="finish">Fires to say: end the source now, then let the peer finish.</param>
    /// <param name="stop">Fires to say: leave at once.</param>
    /// <returns>How it ended, a broken connection included.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> fired; the connection is aborted unless everything had been sent.</exception>
    /// <exception cref="BrokenPipeException">The reader of standard output has gone; the connection is aborted.</exception>
    /// <exception cref="ToolException">Standard input or output failed; the connection is aborted.</exception>
    public async Task<ConnectionEnd> RunAsync(CancellationToken finish, CancellationToken stop)
    {
        try
        {
            // A read of standard input and a write to standard output may block for ever: they are left where they are.
            await Task.Run(() => BothWaysAsync(finish), CancellationToken.None).WaitAsync(stop);
            return await Connection.CloseAsync(stop);
        }
        catch (ConnectionException)
        {
            return await Connection.CloseAsync(stop);
        }
        catch (FrameException)
        {
            return await LeaveAsync(stop);
        }
        catch (Exception failure)
        {
            // Cut in the middle: the peer must not take it for a proper end. Once our FIN is out it got everything, and
            // a reset could only destroy what it has not read yet; the process's exit closes the socket.
            if (!Volatile.Read(ref _outputFinished) || failure is not OperationCanceledException)
            {
                Connection.Abort();
            }

            throw;
        }
    }

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
            else if (failure is not FrameException)
            {
                Connection.Abort();
            }

            // The source outlives this conversation (listen -k): nobody may be waiting for it any more.
            await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }

    private async Task SendAllAsync(CancellationToken finish)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(finish, _cut.Token);
        using var hurry = CancellationTokenSource.CreateLinkedTokenSource(enough.Token, _peerFinished.Token);
        while (true)
        {
            Chunk chunk = await NextChunkAsync(hurry.Token, enough.Token);
            if (chunk.IsEnd)
            {
                break;
            }

            await SendAsync(chunk.Bytes);
        }

        if (eof == EofRule.Keep)
        {
            // Until the peer has finished, or somebody asks us to.
            await Task.Delay(Timeout.InfiniteTimeSpan, time, hurry.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await wire.CompleteOutputAsync();
        Volatile.Write(ref _outputFinished, true);
        if (eof == EofRule.Close)
        {
            await _stopReceiving.CancelAsync();
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

    // The source's end comes also when the peer has finished and the source is silent.
    private async ValueTask<Chunk> NextChunkAsync(CancellationToken hurry, CancellationToken enough)
    {
        try
        {
            return await source.ReadAsync(hurry);
        }
        catch (OperationCanceledException)
        {
            if (enough.IsCancellationRequested)
            {
                return Chunk.End;
            }
        }

        using var limit = new CancellationTokenSource(source.PatienceAfterPeer, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, enough);
        try
        {
            return await source.ReadAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            return Chunk.End;
        }
    }

    private async Task ReceiveAllAsync()
    {
        try
        {
            await wire.ShowAllAsync(_stopReceiving.Token);
            await _peerFinished.CancelAsync();
        }
        catch (OperationCanceledException) when (_stopReceiving.IsCancellationRequested)
        {
            // --eof close: what the peer still sends is not wanted.
        }
    }
}
