using System.Net;
using System.Net.Sockets;
using Zocalo.Engines.Polling;

namespace Zocalo.Engines.Loops.Sockets;

/// <summary>One connect in progress: the socket is registered for writing, and then has the outcome (connect(2), EINPROGRESS).</summary>
internal sealed class LoopConnect(Loop loop, int socket) : IRegistered, ILoopWork
{
    private readonly TaskCompletionSource<SocketError> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private LoopDescriptor _descriptor = new(loop, socket);     // handed over to the connection when the connect succeeds
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
                _descriptor.Loop.Post(new WorkItem(this));
            }
        }
    }

    void IRegistered.OnReady(Readiness readiness)
    {
        _descriptor.Deregister(this);
        _outcome.TrySetResult(_descriptor.Calls.TakeError(_descriptor.Number));
    }

    void ILoopWork.RunOnLoop()
    {
        if (_descriptor.IsClosed)
        {
            return;         // the connect was begun and given up before the loop ran it
        }
        if (_abandoned)
        {
            _descriptor.Calls.ResetAtClose(_descriptor.Number);
            _descriptor.TryClose(this);
        }
        else if (_descriptor.Register(this, Readiness.Writable) is not SocketError.Success and var error)
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
            var begun = _descriptor.Calls.Connect(_descriptor.Number, to);
            switch (begun.Error)
            {
                case SocketError.IOPending:
                    _descriptor.Loop.Post(new WorkItem(this));
                    return await _outcome.Task.WaitAsync(cancellationToken);
                case SocketError.WouldBlock:
                    await Task.Delay(pause.Next(), _descriptor.Loop.Engine.Time, cancellationToken);
                    continue;
                case SocketError.Interrupted:
                    continue;
                default:
                    return begun.Error;
            }
        }
    }
}
