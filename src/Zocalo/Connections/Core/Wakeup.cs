namespace Zocalo.Connections;

/// <summary>What ended a wait.</summary>
internal enum Wakeup : byte
{
    /// <summary>Nothing yet.</summary>
    None,

    /// <summary>What was waited for: bytes, room, the end, or a breakage. The half checks which.</summary>
    Ready,

    /// <summary>CancelPendingRead, CancelPendingFlush.</summary>
    CancelPending,

    /// <summary>The caller's own token.</summary>
    Token,

    /// <summary>This side completed or closed the direction.</summary>
    Completed,
}
