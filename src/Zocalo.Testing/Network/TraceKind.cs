namespace Zocalo.Testing;

/// <summary>The kinds of events in a <see cref="Trace"/>.</summary>
public enum TraceKind
{
    /// <summary>A program begins to connect.</summary>
    Connect,

    /// <summary>The program has the connection.</summary>
    Connected,

    /// <summary>Connecting has failed.</summary>
    NotConnected,

    /// <summary>A SYN is dropped.</summary>
    Dropped,

    /// <summary>A program sends bytes.</summary>
    Sent,

    /// <summary>Bytes arrive at the other machine.</summary>
    Arrived,

    /// <summary>A program receives bytes.</summary>
    Received,

    /// <summary>A program finishes its output: a FIN follows its bytes.</summary>
    Fin,

    /// <summary>The FIN arrives.</summary>
    FinArrived,

    /// <summary>One end sends an RST.</summary>
    Reset,

    /// <summary>The RST arrives.</summary>
    ResetArrived,

    /// <summary>A machine gives a connection up.</summary>
    GaveUp,

    /// <summary>A fault, drawn or scripted.</summary>
    Fault,

    /// <summary>How a connection has ended for one of the programs.</summary>
    End,

    /// <summary>An event of a link.</summary>
    Link,

    /// <summary>An event of a host.</summary>
    Host,

    /// <summary>A line of the test: <see cref="Trace.Note"/>.</summary>
    Note,
}
