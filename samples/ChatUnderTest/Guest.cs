using Zocalo;

namespace ChatUnderTest;

/// <summary>A connected guest, who gets a name by joining.</summary>
public sealed class Guest(FramedConnection<string, string> peer)
{
    /// <summary>The guest's connection.</summary>
    public FramedConnection<string, string> Peer { get; } = peer;

    /// <summary>Empty until the guest joins.</summary>
    public string Name { get; internal set; } = "";
}
