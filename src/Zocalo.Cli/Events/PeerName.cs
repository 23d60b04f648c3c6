namespace Zocalo.Cli;

/// <summary>The short name of a peer in a line for people: <c>127.0.0.1:52114</c>, <c>[::1]:52114</c>, <c>unix:/run/x</c>.</summary>
internal static class PeerName
{
    private const string Tcp = "tcp://";

    public static string Of(Connection connection)
    {
        // A Unix client seldom has a name of its own; the connection's number tells its two lines from the others'.
        if (connection.RemoteAddress is UnixAddress { IsUnnamed: true })
        {
            return $"unix client {connection.Id}";
        }
        return Of(connection.RemoteAddress);
    }

    public static string Of(Address address)
    {
        string text = address.ToString();
        return text.StartsWith(Tcp, StringComparison.Ordinal) ? text[Tcp.Length..] : text;
    }

    /// <summary>Who can reach a listener, in words.</summary>
    public static string Reach(Address address) => address.Reach switch
    {
        Zocalo.Reach.ThisMachine => "this machine only",
        Zocalo.Reach.OneInterface => "one interface",
        Zocalo.Reach.AnyInterface => "any interface",
        _ => "reach unknown",
    };
}
