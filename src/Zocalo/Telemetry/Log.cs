using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Zocalo.Telemetry;

/// <summary>Every event that the library logs, in one catalogue. It never logs a payload. The only text from outside is an address, which
/// is escaped where it is made.</summary>
internal static partial class Log
{
    private static readonly Func<ILogger, long, IDisposable?> s_connection = LoggerMessage.DefineScope<long>("Connection {ConnectionId}");

    /// <summary>A scope for the events of one connection.</summary>
    internal static IDisposable? BeginConnection(ILogger logger, long id) => s_connection(logger, id);

    [LoggerMessage(1, LogLevel.Information, "Listening on {Address} (engine: {Engine}; limit on connections: {MaxConnections}).")]
    internal static partial void Listening(ILogger logger, Address address, Engine engine, int maxConnections);

    [LoggerMessage(2, LogLevel.Warning,
        "The limit on connections is {MaxConnections}, since this process may open {Descriptors} descriptors. " +
        "Raise the limit (ulimit -n, or LimitNOFILE= in systemd) to serve more.")]
    internal static partial void ConnectionsLimitedByDescriptors(ILogger logger, int maxConnections, long descriptors);

    [LoggerMessage(3, LogLevel.Debug, "Connection {Id}: accepted from {Remote} on {Local}.")]
    internal static partial void Accepted(ILogger logger, long id, Address remote, Address local);

    [LoggerMessage(4, LogLevel.Debug, "Connection {Id}: connected to {Remote} from {Local}.")]
    internal static partial void Connected(ILogger logger, long id, Address remote, Address local);

    [LoggerMessage(5, LogLevel.Debug, "Connection {Id}: closed: {End}.")]
    internal static partial void ConnectionClosed(ILogger logger, long id, ConnectionEnd end);

    [LoggerMessage(6, LogLevel.Error, "Connection {Id}: its handler failed; the connection was aborted, the others go on.")]
    internal static partial void HandlerFailed(ILogger logger, long id, Exception error);

    [LoggerMessage(7, LogLevel.Warning,
        "Accepting failed with {Error}; trying again in {Delay}. Connections wait in the backlog meanwhile.")]
    internal static partial void AcceptPaused(ILogger logger, SocketError error, TimeSpan delay);

    [LoggerMessage(8, LogLevel.Information, "Accepting goes on.")]
    internal static partial void AcceptResumed(ILogger logger);

    [LoggerMessage(9, LogLevel.Warning,
        "The limit on connections ({MaxConnections}) is reached; new ones wait in the backlog until one ends.")]
    internal static partial void ConnectionLimitReached(ILogger logger, int maxConnections);

    [LoggerMessage(10, LogLevel.Information, "Draining {Count} connections on {Address}, at most {Timeout}.")]
    internal static partial void Draining(ILogger logger, int count, Address address, TimeSpan timeout);

    [LoggerMessage(11, LogLevel.Warning,
        "The drain on {Address} was cut, since its time was over or the stop was cancelled: {Count} connections were aborted.")]
    internal static partial void DrainCut(ILogger logger, int count, Address address);

    [LoggerMessage(12, LogLevel.Information, "Stopped listening on {Address}.")]
    internal static partial void Stopped(ILogger logger, Address address);

    [LoggerMessage(13, LogLevel.Warning,
        "Connection {Id} to {Remote} was dropped without being closed; it was aborted. Dispose every connection (await using). " +
        "Made at: {Origin}")]
    internal static partial void ConnectionLeaked(ILogger logger, long id, Address remote, string origin);

    [LoggerMessage(14, LogLevel.Error, "A callback registered on a connection's token threw.")]
    internal static partial void CallbackFailed(ILogger logger, Exception error);

    [LoggerMessage(15, LogLevel.Error, "A handler of a peer directory's events threw, about connection {Id}.")]
    internal static partial void PeerEventFailed(ILogger logger, long id, Exception error);

    [LoggerMessage(16, LogLevel.Warning,
        "The limit on connections is {MaxConnections}, since the engine {Engine} cannot watch descriptors from {Limit} on. " +
        "Choose the engine epoll to serve more.")]
    internal static partial void ConnectionsLimitedByEngine(ILogger logger, int maxConnections, Engine engine, int limit);

    [LoggerMessage(17, LogLevel.Warning,
        "The handler {Handler} held up its event loop for more than 10 ms; another thread took the loop over, and connection {Id} runs " +
        "on the thread pool until it has held up nothing for a minute. " +
        "Await instead of blocking, or serve with Placement = HandlerPlacement.Pool. " +
        "Told at most {Most} times in {Seconds} s; SocketServer.RescueCount counts all.")]
    internal static partial void HandlerRescued(ILogger logger, string handler, long id, int most, int seconds);

    [LoggerMessage(18, LogLevel.Warning, "{Reason}.")]
    internal static partial void EngineIsSecondChoice(ILogger logger, string reason);

    [LoggerMessage(25, LogLevel.Information, "Connection {Id} with {Remote} ended: {Reason}, {BytesReceived} in, {BytesSent} out.")]
    internal static partial void EndedAbnormally(
        ILogger logger, long id, Address remote, EndReason reason, long bytesReceived, long bytesSent);

    [LoggerMessage(26, LogLevel.Information,
        "{Count} more connections ended abnormally. At most {Limit} are logged one by one in a second, the rest at the level Debug.")]
    internal static partial void AbnormalEndsSkipped(ILogger logger, int count, int limit);

    [LoggerMessage(31, LogLevel.Warning,
        "The handler {Handler} held up its event loop {Untold} times more that were not told one by one, {Count} times in all.")]
    internal static partial void MoreHandlersRescued(ILogger logger, string handler, int untold, int count);

    [LoggerMessage(33, LogLevel.Warning,
        "The handler {Handler} made its event loop sleep for some milliseconds, three times in a second; connection {Id} runs on the " +
        "thread pool until it has held up nothing for a minute. " +
        "Await instead of blocking, or serve with Placement = HandlerPlacement.Pool. " +
        "Told at most {Most} times in {Seconds} s.")]
    internal static partial void HandlerSlept(ILogger logger, string handler, long id, int most, int seconds);

    [LoggerMessage(32, LogLevel.Warning,
        "Handlers hold up as many threads of one event loop as may be ({Limit}, or all that the system gives). The loop goes on, and its " +
        "connections' handlers run on the thread pool until one comes back: they wait for a thread there. Await instead of blocking.")]
    internal static partial void LoopThreadsSpent(ILogger logger, int limit);

    [LoggerMessage(41, LogLevel.Information, "Refused {Remote}: {Reason}.")]
    internal static partial void Refused(ILogger logger, Address remote, string reason);

    [LoggerMessage(42, LogLevel.Error, "Refused {Remote}, since the program's own rule (AdmissionOptions.Admit) threw.")]
    internal static partial void AdmissionFailed(ILogger logger, Address remote, Exception error);

    [LoggerMessage(43, LogLevel.Information, "{Untold} more peers were refused that were not told one by one, {Count} in all.")]
    internal static partial void MoreRefused(ILogger logger, long untold, long count);

    [LoggerMessage(44, LogLevel.Error, "A lease that AdmissionOptions.Admit gave threw when it was disposed, after connection {Id}.")]
    internal static partial void LeaseFailed(ILogger logger, long id, Exception error);

    [LoggerMessage(29, LogLevel.Warning,
        "{Count} handlers did not return after their connections were aborted; the server stops without them.")]
    internal static partial void HandlersLeft(ILogger logger, int count);

    [LoggerMessage(50, LogLevel.Error, "ServerOptions.Ended threw, about connection {Id}.")]
    internal static partial void EndedFailed(ILogger logger, long id, Exception error);

    [LoggerMessage(51, LogLevel.Information, "Can be watched on {Address}: zocalo top {Address}.")]
    internal static partial void ControlOpened(ILogger logger, Address address);
}
