namespace Zocalo.Testing;

/// <summary>What an entry of a <see cref="Trace"/> tells.</summary>
public enum TraceKind
{
    /// <summary>A program asks for a connection.</summary>
    Connect,

    /// <summary>It has it.</summary>
    Connected,

    /// <summary>It does not get it.</summary>
    NotConnected,

    /// <summary>A SYN is dropped.</summary>
    Dropped,

    /// <summary>A program sends bytes.</summary>
    Sent,

    /// <summary>Bytes arrive at the other machine.</summary>
    Arrived,

    /// <summary>A program receives bytes.</summary>
    Received,

    /// <summary>A program finishes: its FIN goes out behind its bytes.</summary>
    Fin,

    /// <summary>The FIN arrives.</summary>
    FinArrived,

    /// <summary>One end sends an RST.</summary>
    Reset,

    /// <summary>The RST arrives.</summary>
    ResetArrived,

    /// <summary>A machine gives a connection up by itself.</summary>
    GaveUp,

    /// <summary>A fault, drawn or scripted.</summary>
    Fault,

    /// <summary>How a connection has ended for one of the programs.</summary>
    End,

    /// <summary>Something about a link.</summary>
    Link,

    /// <summary>Something about a host.</summary>
    Host,

    /// <summary>What the test itself noted.</summary>
    Note,
}
