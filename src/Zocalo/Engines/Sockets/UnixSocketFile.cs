using System.Net.Sockets;

namespace Zocalo.Engines.Sockets;

/// <summary>
/// The file of a listening Unix socket: 0600 before anyone can connect (a bound socket refuses until it listens), a dead file
/// replaced, a living one never touched.
/// </summary>
internal static class UnixSocketFile
{
    internal static void Bind(Socket socket, UnixDomainSocketEndPoint endPoint)
    {
        var path = PathOf(endPoint);
        if (path is not null && File.Exists(path) && IsDead(endPoint))
        {
            File.Delete(path);
        }
        socket.Bind(endPoint);
        if (path is not null && !OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    /// <summary>The file, wherever the process goes meanwhile; null for an abstract name.</summary>
    internal static string? PathOf(UnixDomainSocketEndPoint endPoint)
    {
        var path = endPoint.ToString();
        return path.StartsWith('@') || path.StartsWith('\0') ? null : Path.GetFullPath(path);
    }

    /// <summary>Nobody listens there: connecting is refused. A file that is no socket at all answers the same (connect(2)), so its kind is asked first.</summary>
    private static bool IsDead(UnixDomainSocketEndPoint endPoint)
    {
        if ((File.GetAttributes(endPoint.ToString()) & FileAttributes.Directory) != 0 || IsRegularFile(endPoint.ToString()))
        {
            return false;
        }
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(endPoint);
            return false;
        }
        catch (SocketException error)
        {
            return error.SocketErrorCode == SocketError.ConnectionRefused;
        }
    }

    private static bool IsRegularFile(string path) => new FileInfo(path).Length > 0;
}
