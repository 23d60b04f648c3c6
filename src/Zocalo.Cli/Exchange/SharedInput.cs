using System.Diagnostics;

namespace Zocalo.Cli;

/// <summary>
/// One input for the clients of <c>listen -k</c>: each chunk goes to every client that is being served, and the next one is read
/// when all of them have sent it, so the slowest sets the pace and nothing piles up. What no client has taken waits for the next one.
/// </summary>
/// <remarks>Thread-safe: each <see cref="Share"/> has one reader, in its own conversation.</remarks>
internal sealed class SharedInput(IByteSource input)
{
    private enum Hold
    {
        // The chunk at hand has not come to this client yet.
        Due,

        // It is sending the chunk at hand, whose memory must stay as it is.
        Taken,

        // It has sent the chunk at hand, and waits for the next one.
        Done,
    }

    private readonly Lock _lock = new();
    private readonly List<Share> _shares = [];

    // The chunk at hand, or the read that will give it. It outlives every client: nobody's leaving cancels it.
    private TaskCompletionSource<Chunk>? _chunk;
    private bool _hasBeenTaken;
    private TaskCompletionSource _nextBegun = New();

    /// <summary>The input as one more client reads it, until its <see cref="IByteSource.Release"/>.</summary>
    public IByteSource Join()
    {
        lock (_lock)
        {
            var share = new Share(this, input) { Hold = _hasBeenTaken ? Hold.Done : Hold.Due };
            _shares.Add(share);
            return share;
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async ValueTask<Chunk> ReadAsync(Share share, CancellationToken ct)
    {
        while (true)
        {
            Next? next;
            Task change;
            lock (_lock)
            {
                if (share.Hold == Hold.Taken)
                {
                    share.Hold = Hold.Done;
                }
                next = NextUnsynchronized();
                if (share.Hold == Hold.Due && _chunk!.Task is { IsCompletedSuccessfully: true } ready)
                {
                    // The end stays at hand, for all who come later.
                    if (!ready.Result.IsEnd)
                    {
                        share.Hold = Hold.Taken;
                        _hasBeenTaken = true;
                    }
                    return ready.Result;
                }
                change = share.Hold == Hold.Done ? _nextBegun.Task : _chunk!.Task;
            }
            Begin(next);
            await change.WaitAsync(ct).ConfigureAwait(false);
        }
    }

    private void Leave(Share share)
    {
        Next? next;
        lock (_lock)
        {
            _shares.Remove(share);
            next = _shares.Count == 0 ? null : NextUnsynchronized();
        }
        Begin(next);
    }

    // What there is to do after the unlock, if the next chunk is due.
    private Next? NextUnsynchronized()
    {
        if (_chunk is not null && !(_hasBeenTaken && _shares.TrueForAll(share => share.Hold == Hold.Done)))
        {
            return null;
        }
        Debug.Assert(_chunk is null or { Task.IsCompletedSuccessfully: true }, "a chunk is taken when it is there");
        var next = new Next(new TaskCompletionSource<Chunk>(TaskCreationOptions.RunContinuationsAsynchronously), _nextBegun);
        _chunk = next.Chunk;
        _nextBegun = New();
        _hasBeenTaken = false;
        _shares.ForEach(share => share.Hold = Hold.Due);
        return next;
    }

    private void Begin(Next? next)
    {
        if (next is not null)
        {
            next.Begun.SetResult();
            _ = FillAsync(next.Chunk);
        }
    }

    private async Task FillAsync(TaskCompletionSource<Chunk> chunk)
    {
        try
        {
            chunk.SetResult(await input.ReadAsync(CancellationToken.None).ConfigureAwait(false));
        }
        catch (ToolException failure)
        {
            chunk.SetException(failure);
        }
    }

    private sealed record Next(TaskCompletionSource<Chunk> Chunk, TaskCompletionSource Begun);

    private sealed class Share(SharedInput shared, IByteSource input) : IByteSource
    {
        public bool EndsByItself => false;

        public TimeSpan GraceAfterPeer => input.GraceAfterPeer;

        public string Place => input.Place;

        public Hold Hold { get; set; }

        public ValueTask<Chunk> ReadAsync(CancellationToken ct) => shared.ReadAsync(this, ct);

        public void Release() => shared.Leave(this);
    }
}
