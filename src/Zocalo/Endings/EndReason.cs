namespace Zocalo;

/// <summary>Why a connection ended, in one word: logs, metrics and the tool show the same one. The first abnormal cause wins; with none,
/// who finished first.</summary>
public enum EndReason
{
    /// <summary>The peer finished first (its FIN came), then we did.</summary>
    PeerFinished,

    /// <summary>We finished first, then the peer did.</summary>
    Completed,

    /// <summary>The server was asked to stop: what had arrived was served, then both sides finished.</summary>
    Drained,

    /// <summary>The peer reset the connection (RST), or wrote it off before our bytes arrived.</summary>
    Reset,

    /// <summary>The input ended in the middle of a message.</summary>
    Truncated,

    /// <summary>A time limit of ours passed; <see cref="ConnectionEnd.Deadline"/> says which.</summary>
    DeadlineExceeded,

    /// <summary>The network or the peer stopped answering: keep-alive or the kernel's retransmissions gave up.</summary>
    Unresponsive,

    /// <summary>A limit on size was passed, such as <see cref="ConnectionOptions.ReceiveLimit"/>.</summary>
    LimitExceeded,

    /// <summary>The peer broke the protocol's rules.</summary>
    ProtocolError,

    /// <summary>The handler threw; <see cref="ConnectionEnd.Exception"/> holds what.</summary>
    HandlerFailed,

    /// <summary>A newer connection took this one's place.</summary>
    Replaced,

    /// <summary>This side called <see cref="Connection.Abort"/>, or dropped the connection without closing it.</summary>
    Aborted,
}

/// <summary>How one direction of a connection ended.</summary>
public enum DirectionEnd
{
    /// <summary>With a FIN: every byte before it went through.</summary>
    Finished,

    /// <summary>Cut: bytes may be missing.</summary>
    Broken,
}

/// <summary>The time limits that can end a connection.</summary>
public enum Deadline
{
    /// <summary><see cref="ConnectionOptions.CloseTimeout"/>: while closing, the peer neither took bytes nor finished.</summary>
    Close,
}
