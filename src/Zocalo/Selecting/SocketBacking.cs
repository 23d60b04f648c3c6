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

    internal override void Add(Watch watch)
    {
        if (watch.Thing.Socket is null)
        {
            throw new PlatformNotSupportedException(
                $"Windows selects among sockets only, and this is a {watch.Thing}: read pipes, files and the console asynchronously " +
                "(Stream.ReadAsync) or on a thread of their own, and let that wake the selector.");
        }
    }

    internal override void Wait(IReadOnlyCollection<Watch> watches, TimeLimit limit, List<Watch> ready)
    {
        var readers = Sockets(watches, WatchFor.Reading);
        var writers = Sockets(watches, WatchFor.Writing);
        var exceptional = Sockets(watches, WatchFor.Exceptional);
        var left = limit.Left;
        Socket.Select(readers, writers, exceptional, left < LongestWait ? left : LongestWait);      // leaves in the lists what is ready
        HashSet<Socket> read = [.. readers], write = [.. writers], except = [.. exceptional];
        foreach (var watch in watches)
        {
            var socket = watch.Thing.Socket!;
            var told = (read.Contains(socket) ? WatchFor.Reading : 0)
                | (write.Contains(socket) ? WatchFor.Writing : 0)
                | (except.Contains(socket) ? WatchFor.Exceptional : 0);
            if (told != WatchFor.None)
            {
                Tell(watch, told, ready);
            }
        }
    }

    private static List<Socket> Sockets(IEnumerable<Watch> watches, WatchFor what) =>
        [.. watches.Where(watch => watch.Asks(what)).Select(watch => watch.Thing.Socket!)];
}
