using System.Net;
using System.Net.Sockets;
using Zocalo.Engines.Sockets;

namespace Zocalo.Tests.Engines.Sockets;

/// <summary>What a socket is set to before an engine has it. The timeouts are looked at by what they do, in SocketOptionTests.</summary>
public sealed class SocketSetupTests
{
    public static bool IsLinux => OperatingSystem.IsLinux();

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

    /// <summary>Of the listening socket they are what each accepted one begins with: the window is agreed upon when it connects.</summary>
    [Theory]
    [InlineData(8192, 16384)]
    [InlineData(50_000, 20_000)]
    public void The_kernels_buffers_have_the_sizes_that_the_options_say_on_both_ends(int toSend, int toReceive)
    {
        var settings = new ConnectionOptions { SendBufferSize = toSend, ReceiveBufferSize = toReceive }.SocketSettings;
        var listening = SocketSetup.Listen(new IPEndPoint(IPAddress.Loopback, 0), backlog: 1, settings);
        using var client = SocketSetup.ForConnecting(listening.Local, settings);
        client.Connect(listening.Local);
        using var accepted = listening.Socket.Accept();
        listening.Close();
        var times = OperatingSystem.IsLinux() ? 2 : 1;      // socket(7): it doubles them, for its own use
        Assert.Equal((times * toSend, times * toReceive), (client.SendBufferSize, client.ReceiveBufferSize));
        Assert.Equal((times * toSend, times * toReceive), (accepted.SendBufferSize, accepted.ReceiveBufferSize));
    }

    [Fact]
    public void Unless_they_are_set_the_sizes_are_the_systems()
    {
        using var system = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using var ours = SocketSetup.ForConnecting(new IPEndPoint(IPAddress.Loopback, 1), ConnectionOptions.Default.SocketSettings);
        Assert.Equal((system.SendBufferSize, system.ReceiveBufferSize), (ours.SendBufferSize, ours.ReceiveBufferSize));
    }

    /// <summary>So a source has its ports once for each address that it connects to, and not once in all
    /// (IP_BIND_ADDRESS_NO_PORT).</summary>
    [Fact(SkipUnless = nameof(IsLinux), Skip = "IP_BIND_ADDRESS_NO_PORT, and all of 127.0.0.0/8: Linux.")]
    public void The_port_of_a_source_is_chosen_when_it_connects()
    {
        var listening = SocketSetup.Listen(new IPEndPoint(IPAddress.Loopback, 0), backlog: 1, None);
        var source = IPAddress.Parse("127.0.0.2");
        using var client = SocketSetup.ForConnecting(listening.Local, None with { Source = new IPEndPoint(source, 0) });
        Assert.Equal(new IPEndPoint(source, 0), client.LocalEndPoint);
        client.Connect(listening.Local);
        using var accepted = listening.Socket.Accept();
        listening.Close();
        var seen = (IPEndPoint)accepted.RemoteEndPoint!;
        Assert.Equal(source, seen.Address);
        Assert.NotEqual(0, seen.Port);
    }
}
