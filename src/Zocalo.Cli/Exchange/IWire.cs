namespace Zocalo.Cli;

/// <summary>
/// A connection as an <see cref="Exchange"/> uses it: bytes as they come (<see cref="ByteWire"/>), messages (<see cref="FrameWire"/>),
/// or sending alone (<see cref="SendOnlyWire"/>).
/// </summary>
internal interface IWire
{
    Connection Connection { get; }

    /// <summary>For how long the peer has sent nothing. From any thread.</summary>
    TimeSpan Silence { get; }

    /// <summary>Sends what a source gave: some bytes, or one message.</summary>
    /// <exception cref="ArgumentException">It cannot be a message of the format; nothing of it is sent.</exception>
    ValueTask SendAsync(ReadOnlyMemory<byte> chunk);

    /// <summary>We have finished; receiving goes on.</summary>
    ValueTask CompleteOutputAsync();

    /// <summary>Shows what comes, until the peer finishes.</summary>
    /// <exception cref="FrameException">The peer broke the format, or finished inside a message.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="ct"/> fired.</exception>
    Task ShowAllAsync(CancellationToken ct);
}
