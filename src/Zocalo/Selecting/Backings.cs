namespace Zocalo.Selecting;

/// <summary>Which system call, on which system. To keep a list for one call costs epoll three system calls and one for each descriptor;
/// poll needs one for all.</summary>
internal static class Backings
{
    internal static Backing ForOneCall(SelectorKind kind) =>
        For(kind == SelectorKind.Auto && !OperatingSystem.IsWindows() ? SelectorKind.Poll : kind);

    internal static Backing ForKeeps(SelectorKind kind) => For(kind != SelectorKind.Auto || OperatingSystem.IsWindows() ? kind
        : OperatingSystem.IsLinux() ? SelectorKind.Epoll : SelectorKind.Poll);

    private static Backing For(SelectorKind kind) => kind switch
    {
        SelectorKind.Auto or SelectorKind.Select when OperatingSystem.IsWindows() => new SocketBacking(),
        SelectorKind.Poll when OperatingSystem.IsWindows() =>
            throw new PlatformNotSupportedException(
                "poll(2) is not on Windows: use SelectorKind.Select or SelectorKind.Auto, which select among sockets."),
        SelectorKind.Epoll when OperatingSystem.IsWindows() =>
            throw new PlatformNotSupportedException("epoll(7) is Linux's: use SelectorKind.Auto, which on Windows selects among sockets."),
        SelectorKind.Epoll when !OperatingSystem.IsLinux() =>
            throw new PlatformNotSupportedException("epoll(7) is Linux's: use SelectorKind.Poll or SelectorKind.Auto."),
        SelectorKind.Select => new SelectBacking(),
        SelectorKind.Poll => new PollBacking(),
        SelectorKind.Epoll => new EpollBacking(),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "There is no such kind of selector."),
    };
}
