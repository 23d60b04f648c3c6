namespace Zocalo;

/// <summary>Why a connection ended, in one word. Logs, metrics and the tool show the same word. The first abnormal cause wins; without one,
/// the side that finished first decides.</summary>
public enum EndReason
{
    /// <summary>The peer finished first (its FIN came), then we did.</summary>
    PeerFinished,

    /// <summary>We finished first, then the peer did.</summary>
    Completed,

    /// <summary>The server stopped: what had arrived was served, then both sides finished.</summary>
    Drained,

    /// <summary>The peer reset the connection (RST), or had given it up before our bytes arrived.</summary>
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

    /// <summary>The handler threw an exception, which <see cref="ConnectionEnd.Exception"/> holds.</summary>
    HandlerFailed,

    /// <summary>A newer connection replaced this one.</summary>
    Replaced,

    /// <summary>This side called <see cref="Connection.Abort"/>, or dropped the connection without closing it.</summary>
    Aborted,
}

/// <summary>How one direction of a connection ended.</summary>
public enum DirectionEnd
{
    /// <summary>With a FIN, after every byte before it.</summary>
    Finished,

    /// <summary>Cut: bytes may be missing.</summary>
    Broken,
}

/// <summary>The time limits that can end a connection.</summary>
public enum Deadline
{
    /// <summary><see cref="ConnectionOptions.CloseTimeout"/>: during a close, the peer neither took bytes nor finished.</summary>
    Close,

    /// <summary><see cref="Deadlines.FirstByte"/>: nothing has come from the peer.</summary>
    FirstByte,

    /// <summary><see cref="Deadlines.Idle"/>: nothing has moved in either direction.</summary>
    Idle,

    /// <summary><see cref="Deadlines.Silence"/>: nothing more has come from the peer.</summary>
    Silence,

    /// <summary><see cref="Deadlines.Lifetime"/>: the connection has lived long enough.</summary>
    Lifetime,

    /// <summary><see cref="Deadlines.MinRate"/>: the peer sent a message, or took what was sent, too slowly.</summary>
    MinRate,

    /// <summary><see cref="MessagingOptions.FirstMessageTimeout"/>: no whole message has come.</summary>
    FirstMessage,

    /// <summary><see cref="MessagingOptions.MessageTimeout"/>: a message has begun, and its end has not come.</summary>
    Message,

    /// <summary><see cref="Protocol{TIn,TOut}.WithHeartbeat"/>: the peer has not answered.</summary>
    Heartbeat,
}
