namespace Zocalo.Connections;

/// <summary>Who owns the bytes of a connection that carries messages.</summary>
internal interface IMessageSide
{
    /// <summary>The connection closes on this side: a message that is half written is finished before this returns, and nothing is written after.</summary>
    void OnClosing();

    /// <summary>The connection broke.</summary>
    void OnBroken();
}
