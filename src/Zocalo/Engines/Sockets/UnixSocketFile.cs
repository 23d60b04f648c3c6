using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Zocalo.Engines.System;

namespace Zocalo.Engines.Sockets;

/// <summary>
/// The file of a listening Unix socket: with its mode (0600 unless it is opened) before anyone can connect, a dead socket's replaced,
/// anything else never touched; and gone with its listener, unless another one lies there by then.
/// </summary>
/// <remarks>
/// A socket's file is made by bind(2), which takes no name that is in use, and no socket is bound to an existing file: so once dead it
/// stays dead, and it is enough
/// that nobody else replaces it between the look and the removal. Those who replace have a lock on the directory, which leaves nothing
/// behind, and the others find
/// the new file bound. So of any number that start at once one wins. No link is followed: the file is looked at, removed and given its mode
/// as what it is itself.
/// </remarks>
internal sealed partial class UnixSocketFile
{
    internal const UnixFileMode OwnersAlone = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _path;
    private readonly FileIdentity? _identity;
    private int _removed;

    private UnixSocketFile(string path)
    {
        _path = path;
        _identity = FileIdentity.Find(path);
    }

    /// <returns>The file; null for an abstract name, and where the runtime sees to it.</returns>
    /// <exception cref="SocketException">The name cannot be bound; <see cref="PathInUseException"/> when the path is taken.</exception>
    internal static UnixSocketFile? Bind(Socket socket, UnixDomainSocketEndPoint endPoint, UnixFileMode mode = OwnersAlone)
    {
        var path = PathOf(endPoint);
        if (OperatingSystem.IsWindows())
        {
            BindOrReplace(socket, endPoint, endPoint, path);
            return null;
        }
        var name = new BindingEndPoint(endPoint);
        if (path is null)
        {
            socket.Bind(name);
            name.OnBound();
            return null;
        }
        if (OperatingSystem.IsLinux())
        {
            // the file gets the socket's mode, less the umask (unix_bind in the kernel)
            _ = fchmod(socket.SafeHandle, (uint)(mode & OwnersAlone));
        }
        BindOrReplace(socket, name, endPoint, path);
        name.OnBound();
        var file = new UnixSocketFile(path);
        file.CloseToOthers();
        if (mode != OwnersAlone)
        {
            file.Open(mode);
        }
        return file;
    }

    /// <summary>The file, wherever the process goes meanwhile; null for an abstract name.</summary>
    /// <remarks>
    /// Nothing is shortened, which the calls of System.IO do too: what <c>link/..</c> is, only the system knows, and another file than the
    /// one that was bound must not be
    /// looked at, or removed.
    /// </remarks>
    internal static string? PathOf(UnixDomainSocketEndPoint endPoint)
    {
        var path = endPoint.ToString();
        return path.StartsWith('@') || path.StartsWith('\0') ? null : Path.Combine(Environment.CurrentDirectory, path);
    }

    /// <summary>Removes the file if it is still this socket's. To be called while the socket is open, so that nobody takes the file for a
    /// dead one meanwhile. Any number of times.</summary>
    internal void Remove()
    {
        if (Interlocked.Exchange(ref _removed, 1) != 0 || _identity is null || FileIdentity.Find(_path) != _identity)
        {
            return;
        }
        // its directory may be closed to us by now: then the next server finds a dead file and replaces it
        _ = FileIdentity.Delete(_path);
    }

    /// <summary>Where a file does not get its socket's mode. Nobody could connect yet: a bound socket refuses until it listens.</summary>
    private void CloseToOthers()
    {
        if (!OperatingSystem.IsLinux())
        {
            _ = lchmod(_path, (uint)OwnersAlone);
        }
        else if (FileIdentity.Find(_path, out var mode) is { NotASocket: null } && (mode & ~(uint)OwnersAlone) != 0)
        {
            _ = chmod(_path, (uint)OwnersAlone);            // a system that only resembles Linux; it is not a link, as was seen just now
        }
    }

    /// <summary>Gives it the mode that the program wants, whatever the umask is. Nobody could connect yet. It is this socket's file as was
    /// seen just now, and no link.</summary>
    /// <exception cref="UnauthorizedAccessException">The system does not let it.</exception>
    private void Open(UnixFileMode mode)
    {
        if (_identity is null || FileIdentity.Find(_path) != _identity)
        {
            return;         // another file lies there: it is left alone
        }
        if ((OperatingSystem.IsLinux() ? chmod(_path, (uint)mode) : lchmod(_path, (uint)mode)) != 0)
        {
            Remove();
            throw new UnauthorizedAccessException($"the mode of {_path} cannot be set");
        }
    }

    private static void BindOrReplace(Socket socket, EndPoint name, UnixDomainSocketEndPoint endPoint, string? path)
    {
        if (TryBind(socket, name))
        {
            return;
        }
        if (path is null)
        {
            throw new SocketException((int)SocketError.AddressAlreadyInUse);
        }
        if (CheckDead(path, endPoint) is null && TryBind(socket, name))     // without the lock: most starts on a path in use end here
        {
            return;
        }
        using (DirectoryLock.Take(path, PathInUseException.Unsure))
        {
            if (CheckDead(path, endPoint) is { } dead && FileIdentity.Find(path) == dead && FileIdentity.Delete(path) is { } problem)
            {
                throw PathInUseException.Unsure($"it is dead, but cannot be removed ({problem})");
            }
            if (!TryBind(socket, name))
            {
                throw PathInUseException.Bound();       // by one that found nothing there, which needs no lock
            }
        }
    }

    private static bool TryBind(Socket socket, EndPoint name)
    {
        try
        {
            socket.Bind(name);
            return true;
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return false;
        }
    }

    /// <returns>The file of a dead socket; null when there is none any more.</returns>
    /// <exception cref="PathInUseException">It is anything else, or may be.</exception>
    private static FileIdentity? CheckDead(string path, UnixDomainSocketEndPoint endPoint)
    {
        if (FileIdentity.Find(path) is not { } found)
        {
            return null;
        }
        if (found.NotASocket is { } kind)
        {
            throw PathInUseException.NotASocket(kind);
        }
        switch (OperatingSystem.IsLinux() ? BoundSockets.Find(path, found) : BoundSocket.None)
        {
            case BoundSocket.Listening:
                throw PathInUseException.Listening();
            case BoundSocket.NotListening:
                throw PathInUseException.Bound();
            case BoundSocket.Unknown:
                throw PathInUseException.Unsure("the system does not tell whether a program has it");
        }
        CheckRefused(endPoint);
        return found;
    }

    /// <summary>Connects, without waiting: a server may be where the system's list does not reach, in another network namespace, or the
    /// system has no list.</summary>
    private static void CheckRefused(UnixDomainSocketEndPoint endPoint)
    {
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            probe.Connect(endPoint);
        }
        catch (SocketException error)
        {
            switch (error.SocketErrorCode)
            {
                case SocketError.ConnectionRefused:
                    return;
                case SocketError.WouldBlock or SocketError.InProgress:      // its backlog is full
                    break;
                case SocketError.ProtocolType:                              // a datagram socket
                    throw PathInUseException.Bound();
                default:
                    throw PathInUseException.Unsure($"whether a server listens on it cannot be told ({error.SocketErrorCode})");
            }
        }
        throw PathInUseException.Listening();
    }

    [LibraryImport("libc")]
    private static partial int fchmod(SafeSocketHandle socket, uint mode);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int chmod(string path, uint mode);

    // macOS and the BSDs; mode_t is narrower there, and passed in a register like any other.
    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int lchmod(string path, uint mode);
}
