namespace Zocalo;

/// <summary>What decided how many connections a server takes at once.</summary>
public enum ConnectionLimit
{
    /// <summary><see cref="ServerOptions.MaxConnections"/>: it is as the program set it.</summary>
    Setting,

    /// <summary>The process may open no more descriptors (RLIMIT_NOFILE, getrlimit(2)).</summary>
    Descriptors,

    /// <summary>The engine can watch no more descriptors, however many the process may open: select(2).</summary>
    Engine,
}
