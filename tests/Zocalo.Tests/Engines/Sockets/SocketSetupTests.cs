using System.Net;
using Zocalo.Engines.Sockets;

namespace Zocalo.Tests.Engines.Sockets;

/// <summary>What a socket is set to before an engine has it. The timeouts are looked at by what they do, in SocketOptionTests.</summary>
public sealed class SocketSetupTests
{
    private static readonly SocketSettings None = new(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    [Fact]
    public void Both_ends_send_what_is_written_at_once_and_do_not_wait_for_more()
    {
        var listening = SocketSetup.Listen(new IPEndPoint(IPAddress.Loopback, 0), backlog: 1, None);
        using var client = SocketSetup.ForConnecting(listening.Local, None);
        client.Connect(listening.Local);
        using var accepted = listening.Socket.Accept();
        listening.Close();
        Assert.True(client.NoDelay);
        Assert.True(accepted.NoDelay || !OperatingSystem.IsLinux());        // elsewhere it is not inherited, and set when it is accepted
    }
}
