using System.Net;
using System.Net.Sockets;
using Zocalo.Engines.Sockets;

namespace Zocalo.Engines.Async;

/// <summary>A listening socket over System.Net.Sockets. Accept errors come back as values: the runtime throws nothing on this path, not
/// even at EMFILE.</summary>
internal sealed class AsyncListener : ListenerSocket
{
    private readonly ListeningSocket _listening;
    private readonly Socket _socket;
    private readonly SocketAsyncEventArgs _accept = new(true);
    private readonly AcceptSource _source = new(continuesLater: false);

    internal AsyncListener(ListeningSocket listening)
    {
        _listening = listening;
        _socket = listening.Socket;
        _accept.Completed += (_, _) => _source.SetResult(Take());
    }

    internal override EndPoint LocalEndPoint => _listening.Local;

    internal override bool IsConnectionWaiting
    {
        get
        {
            try
            {
                return !_listening.IsShared && _socket.Poll(0, SelectMode.SelectRead);
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                return false;
            }
        }
    }

    internal override ValueTask<AcceptResult> AcceptAsync()
    {
        try
        {
            return _socket.AcceptAsync(_accept) ? _source.Next : new(Take());
        }
        catch (ObjectDisposedException)
        {
            return new(new AcceptResult(null, SocketError.OperationAborted));
        }
    }

    internal override void Close() => _listening.Close();

    private AcceptResult Take()
    {
        var accepted = _accept.AcceptSocket;
        _accept.AcceptSocket = null;
        if (_accept.SocketError != SocketError.Success || accepted is null)
        {
            return new(null, _accept.SocketError);
        }
        try
        {
            if (!OperatingSystem.IsLinux())     // Linux: inherited from the listening socket
            {
                SocketSetup.Configure(accepted, _listening.Settings);
            }
            return new(new AsyncSocket(accepted, accepted.RemoteEndPoint), SocketError.Success);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            accepted.Dispose();                 // the peer was gone before we looked
            return new(null, SocketError.ConnectionAborted);
        }
    }
}
