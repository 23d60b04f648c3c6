namespace Zocalo.Testing;

/// <summary>What can go wrong in a <see cref="SimulatedNetwork"/>. Each is drawn for each connection, from that connection's own stream of
/// the seed.</summary>
public enum FaultKind
{
    /// <summary>A receive gets fewer bytes than have arrived.</summary>
    ShortRead,

    /// <summary>Messages arrive in pieces.</summary>
    Split,

    /// <summary>Messages arrive glued together.</summary>
    Coalesce,

    /// <summary>Some hundred bytes arrive one by one.</summary>
    Dribble,

    /// <summary>Segments take longer, up to a second.</summary>
    Delay,

    /// <summary>One direction stands still for up to three seconds.</summary>
    Stall,

    /// <summary>The receiver's window is shut for up to three seconds.</summary>
    ZeroWindow,

    /// <summary>One program reads slowly.</summary>
    SlowReader,

    /// <summary>An RST for both, at some byte or some time.</summary>
    Reset,

    /// <summary>A FIN that never arrives.</summary>
    LostFin,

    /// <summary>Nothing passes any more, and nobody is told.</summary>
    SilentDeath,

    /// <summary>One machine forgets the connection; the other learns of it when it sends.</summary>
    HalfOpen,

    /// <summary>A send fails for want of buffers (ENOBUFS).</summary>
    NoBuffersOnSend,

    /// <summary>The connection is refused.</summary>
    Refuse,

    /// <summary>The host cannot be reached, and a router says so.</summary>
    Unreachable,

    /// <summary>SYNs are lost: connecting takes seconds.</summary>
    LostSyn,

    /// <summary>The server sees the connection later than the client.</summary>
    AcceptDelay,

    /// <summary>The name does not resolve, or not now.</summary>
    DnsFailure,

    /// <summary>An accept fails for want of descriptors (EMFILE).</summary>
    NoDescriptors,

    /// <summary>An accept fails for want of buffers (ENOBUFS).</summary>
    NoBuffersOnAccept,

    /// <summary>An accept is told that the client has gone (ECONNABORTED).</summary>
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

    /// <summary>A host crashes, and is up again after a while: see <see cref="SimulatedHost.Restarted"/>.</summary>
    HostCrash,
}
