using System.Net;
using System.Net.Sockets;
using Zocalo.Engines.Polling;

namespace Zocalo.Engines.Loops.Sockets;

/// <summary>One connect in progress: the socket is registered for writing, and then has the outcome (connect(2), EINPROGRESS).</summary>
internal sealed class LoopConnect(Loop loop, int socket) : IRegistered, ILoopWork
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
                loop.Post(new WorkItem(this));
            }
        }
    }

    void IRegistered.OnReady(Readiness readiness)
    {
        loop.Deregister(socket, this);
        _outcome.TrySetResult(loop.Calls.TakeError(socket));
    }

    void ILoopWork.RunOnLoop()
    {
        if (_isGone)
        {
            return;         // the connect was begun and given up before the loop ran it
        }
        if (_abandoned)
        {
            _isGone = true;
            loop.Deregister(socket, this);
            loop.Calls.ResetAtClose(socket);
            loop.CloseAfterBatch(socket);
            loop.Release();
        }
        else if (loop.Register(socket, this, Readiness.Writable) is not SocketError.Success and var error)
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
                    loop.Post(new WorkItem(this));
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
