namespace Zocalo.Testing;

/// <summary>The kinds of faults in a <see cref="SimulatedNetwork"/>. Each kind is drawn for each connection, from random numbers of that
/// connection's own.</summary>
public enum FaultKind
{
    /// <summary>A receive gets fewer bytes than have arrived.</summary>
    ShortRead,

    /// <summary>Messages arrive in pieces.</summary>
    Split,

    /// <summary>Messages arrive glued together.</summary>
    Coalesce,

    /// <summary>Up to some hundred bytes arrive one by one.</summary>
    Dribble,

    /// <summary>Segments take longer, up to a second.</summary>
    Delay,

    /// <summary>One direction stands still for up to three seconds.</summary>
    Stall,

    /// <summary>The receiver's window is closed for up to three seconds.</summary>
    ZeroWindow,

    /// <summary>One program reads slowly.</summary>
    SlowReader,

    /// <summary>Both sides get an RST, at some byte or some time.</summary>
    Reset,

    /// <summary>A FIN that never arrives.</summary>
    LostFin,

    /// <summary>Nothing passes any more, and neither program is notified.</summary>
    SilentDeath,

    /// <summary>One machine loses the connection; the other notices it when it sends.</summary>
    HalfOpen,

    /// <summary>A send fails because there are no buffers (ENOBUFS).</summary>
    NoBuffersOnSend,

    /// <summary>The connection is refused.</summary>
    Refuse,

    /// <summary>The host cannot be reached, and a router reports it.</summary>
    Unreachable,

    /// <summary>SYNs are lost: connecting takes seconds.</summary>
    LostSyn,

    /// <summary>The server sees the connection later than the client.</summary>
    AcceptDelay,

    /// <summary>The name does not resolve, for ever or for now.</summary>
    DnsFailure,

    /// <summary>An accept fails because there are no descriptors (EMFILE).</summary>
    NoDescriptors,

    /// <summary>An accept fails because there are no buffers (ENOBUFS).</summary>
    NoBuffersOnAccept,

    /// <summary>An accept fails because the client has gone (ECONNABORTED).</summary>
    AbortedOnAccept,

    /// <summary>For a while every SYN to the host is dropped, as if its backlogs were full.</summary>
    BacklogOverflow,

    /// <summary>Nothing passes between the two hosts for a while.</summary>
    Partition,

    /// <summary>Nothing passes from one to the other for a while; the way back is open.</summary>
    OneWayPartition,

    /// <summary>The link goes down and up several times.</summary>
    LinkFlap,

    /// <summary>Part of the segments is lost and sent again.</summary>
    Loss,

    /// <summary>The host's wall clock is set forward or back.</summary>
    ClockJump,

    /// <summary>A host crashes and restarts after a while: see <see cref="SimulatedHost.Restarted"/>.</summary>
    HostCrash,
}
