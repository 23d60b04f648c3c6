namespace Zocalo.Tests.Connections;

/// <summary>A configuration binder fills options in: what it gets as a default must be nobody else's.</summary>
public sealed class DefaultOptionsTests
{
    [Fact]
    public void Each_default_is_an_instance_of_its_own()
    {
        Assert.NotSame(ConnectionOptions.Default, ConnectionOptions.Default);
        Assert.NotSame(MessagingOptions.Default, MessagingOptions.Default);
        Assert.NotSame(ListenOptions.Default, ListenOptions.Default);
        Assert.NotSame(ConnectOptions.Default, ConnectOptions.Default);
        Assert.NotSame(ServerOptions.Default, ServerOptions.Default);
        Assert.NotSame(ListenOptions.Default.Connection, ListenOptions.Default.Connection);
        Assert.NotSame(ConnectOptions.Default.Messaging, ConnectOptions.Default.Messaging);
    }
}
