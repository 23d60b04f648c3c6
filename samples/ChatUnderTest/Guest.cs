using Zocalo;

namespace ChatUnderTest;

/// <summary>Somebody who is connected, and has a name from the moment they join.</summary>
public sealed class Guest(FramedConnection<string, string> peer)
{
    /// <summary>Their connection.</summary>
    public FramedConnection<string, string> Peer { get; } = peer;

    /// <summary>Empty until they join.</summary>
    public string Name { get; internal set; } = "";
}
