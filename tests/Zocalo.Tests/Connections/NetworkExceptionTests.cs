using System.Net.Sockets;

namespace Zocalo.Tests.Connections;

/// <summary>What an operator reads when listening or connecting fails: one line, what happened, what to do.</summary>
public sealed class NetworkExceptionTests
{
    [Theory]
    [InlineData("*:80", SocketError.AccessDenied, "port 80 is privileged", "setcap")]
    [InlineData("*:8080", SocketError.AccessDenied, "permission denied", "choose another")]
    [InlineData(":5346", SocketError.AddressAlreadyInUse, "in use", "choose another port")]
    [InlineData("192.0.2.1:80", SocketError.AddressNotAvailable, "no such address", "ip addr")]
    [InlineData("unix:/run/x.sock", SocketError.AddressAlreadyInUse, "in use", "another path")]
    [InlineData("unix:/run/x.sock", SocketError.AccessDenied, "permission denied", "directory")]
    [InlineData("unix:/nowhere/x.sock", SocketError.AddressNotAvailable, "directory does not exist", "create it")]
    [InlineData("[fe80::1]:9", SocketError.InvalidArgument, "needs the interface", "[fe80::1%eth0]:9")]
    [InlineData("no.such.name:1", SocketError.HostNotFound, "does not resolve", "spelling")]
    [InlineData(":5346", SocketError.TooManyOpenSockets, "no descriptor is free", "ulimit -n")]
    public void A_failed_listen_says_why_and_what_to_do(string address, SocketError error, string why, string cure) =>
        Check(NetworkException.Listening(address, error), "cannot listen on ", address, error, why, cure);

    [Theory]
    [InlineData(":5346", SocketError.ConnectionRefused, "refused", "start the server")]
    [InlineData("unix:/run/x.sock", SocketError.ConnectionRefused, "no server listens", "start the server")]
    [InlineData("unix:@x", SocketError.ConnectionRefused, "no server listens under this name", "check the name")]
    [InlineData("unix:/.", SocketError.ConnectionRefused, "a directory, not a socket", "check the path")]
    [InlineData("[fe80::1]:9", SocketError.InvalidArgument, "needs the interface", "[fe80::1%eth0]:9")]
    [InlineData("unix:/run/x.sock", SocketError.AddressNotAvailable, "no such socket", "check the path")]
    [InlineData("unix:/run/x.sock", SocketError.AccessDenied, "permission denied", "closed to this user")]
    [InlineData(":5346", SocketError.ConnectionReset, "cut the connection", "log")]
    [InlineData("10.0.0.1:80", SocketError.TimedOut, "no answer", "firewall")]
    [InlineData("10.0.0.1:80", SocketError.NetworkUnreachable, "network is unreachable", "routes")]
    [InlineData("10.0.0.1:80", SocketError.HostUnreachable, "host is unreachable", "up")]
    [InlineData("no.such.name:1", SocketError.HostNotFound, "does not resolve", "spelling")]
    [InlineData("some.name:1", SocketError.TryAgain, "cannot be resolved now", "later")]
    public void A_failed_connect_says_why_and_what_to_do(string address, SocketError error, string why, string cure) =>
        Check(NetworkException.Connecting(address, error), "cannot connect to ", address, error, why, cure);

    [Fact]
    public void Any_other_error_is_named() =>
        Assert.Contains(
            "NoBufferSpaceAvailable",
            NetworkException.Connecting(":1", SocketError.NoBufferSpaceAvailable).Message,
            StringComparison.Ordinal);

    private static void Check(NetworkException failure, string start, Address address, SocketError error, string why, string cure)
    {
        Assert.StartsWith(start + address, failure.Message, StringComparison.Ordinal);
        Assert.Contains(why, failure.Message, StringComparison.Ordinal);
        Assert.Contains(cure, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', failure.Message);
        Assert.Equal((address, error), (failure.Address, failure.SocketError));
    }
}
