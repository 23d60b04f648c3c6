using System.Net;
using System.Net.Sockets;
using Zocalo.Engines.Polling;

namespace Zocalo.Engines.Loops.Sockets;

/// <summary>One connect in progress: the socket is watched for writing, and then tells how it went (connect(2), EINPROGRESS).</summary>
internal sealed class LoopConnect(Loop loop, int socket) : IWatched, ILoopWork
{
    private readonly TaskCompletionSource<SocketError> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isGone;       // closed, once
    private volatile bool _abandoned;

    /// <summary>Connects, or gives the socket up.</summary>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    internal async Task<SocketError> RunAsync(EndPoint to, CancellationToken cancellationToken)
    {
        var error = SocketError.OperationAborted;
        try
        {
            error = await TryAsync(to, cancellationToken);
            return error;
        }
        finally
        {
            if (error != SocketError.Success)
            {
                _abandoned = true;
                loop.Add(new WorkItem(this));
            }
        }
    }

    void IWatched.OnReady(Readiness readiness)
    {
        loop.Unwatch(socket, this);
        _outcome.TrySetResult(loop.Calls.TakeError(socket));
    }

    void ILoopWork.OnTurn()
    {
        if (_isGone)
        {
            return;         // the watch was asked for and given up in one go
        }
        if (_abandoned)
        {
            _isGone = true;
            loop.Unwatch(socket, this);
            loop.Calls.ResetAtClose(socket);
            loop.CloseSoon(socket);
            loop.Release();
        }
        else if (loop.Watch(socket, this, Readiness.Writable) is not SocketError.Success and var error)
        {
            _outcome.TrySetResult(error);
        }
    }

    private async Task<SocketError> TryAsync(EndPoint to, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var pause = GrowingPause.WhileBacklogIsFull();
        while (true)
        {
            var begun = loop.Calls.Connect(socket, to);
            switch (begun.Error)
            {
                case SocketError.IOPending:
                    loop.Add(new WorkItem(this));
                    return await _outcome.Task.WaitAsync(cancellationToken);
                case SocketError.WouldBlock:
                    await Task.Delay(pause.Next(), loop.Engine.Time, cancellationToken);
                    continue;
                case SocketError.Interrupted:
                    continue;
                default:
                    return begun.Error;
            }
        }
    }
}
