using System.Net.Sockets;

namespace Zocalo.Selecting;

/// <summary>
/// The framework's own select, for Windows, which knows nothing but sockets. Its third list has urgent data and failed connection attempts
/// (winsock2's select); errors are readable and writable.
/// </summary>
internal sealed class SocketBacking : Backing
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(30);   // what the framework's microseconds hold; the wait goes on

    internal override SelectorKind Kind => SelectorKind.Select;

    internal override void Add(Registration registration)
    {
        if (registration.Thing.Socket is null)
        {
            throw new PlatformNotSupportedException(
                $"Windows selects among sockets only, and this is a {registration.Thing}: read pipes, files and the console " +
                "asynchronously (Stream.ReadAsync) or on a thread of their own, and let that wake the selector.");
        }
    }

    internal override void Wait(IReadOnlyCollection<Registration> registrations, TimeLimit limit, List<Registration> ready)
    {
        var readers = Sockets(registrations, WatchFor.Reading);
        var writers = Sockets(registrations, WatchFor.Writing);
        var exceptional = Sockets(registrations, WatchFor.Exceptional);
        var left = limit.Left;
        Socket.Select(readers, writers, exceptional, left < LongestWait ? left : LongestWait);      // leaves in the lists what is ready
        HashSet<Socket> read = [.. readers], write = [.. writers], except = [.. exceptional];
        foreach (var registration in registrations)
        {
            var socket = registration.Thing.Socket!;
            var found = (read.Contains(socket) ? WatchFor.Reading : 0)
                | (write.Contains(socket) ? WatchFor.Writing : 0)
                | (except.Contains(socket) ? WatchFor.Exceptional : 0);
            if (found != WatchFor.None)
            {
                Report(registration, found, ready);
            }
        }
    }

    private static List<Socket> Sockets(IEnumerable<Registration> registrations, WatchFor what) =>
        [.. registrations.Where(each => each.WaitsFor(what)).Select(each => each.Thing.Socket!)];
}
