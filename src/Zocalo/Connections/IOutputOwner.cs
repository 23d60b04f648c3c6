namespace Zocalo.Connections;

/// <summary>Who writes to a connection whose bytes belong to messages.</summary>
internal interface IOutputOwner
{
    /// <summary>The connection closes: what is half written is finished before this returns, and nothing is written after.</summary>
    void OnClosing();
}
