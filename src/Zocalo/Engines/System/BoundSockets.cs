using System.Runtime.InteropServices;
using System.Text;

namespace Zocalo.Engines.System;

/// <summary>Whether a file is some open socket's.</summary>
internal enum BoundSocket
{
    None,
    NotListening,
    Listening,

    /// <summary>The system does not say.</summary>
    Unknown,
}

/// <summary>
/// Which Unix sockets of this network namespace have a file: sock_diag(7), which names device and inode; where it is refused,
/// /proc/net/unix, which has the path as it
/// was given to bind(2).
/// </summary>
internal static unsafe partial class BoundSockets
{
    private const string Table = "/proc/net/unix";

    private const int NetlinkFamily = 16;
    private const int RawCloseOnExec = 3 | 0x80000;
    private const int SocketDiagnosis = 4;          // NETLINK_SOCK_DIAG
    private const ushort ByFamily = 20;             // SOCK_DIAG_BY_FAMILY
    private const ushort RequestDump = 0x301;       // NLM_F_REQUEST | NLM_F_DUMP
    private const ushort Error = 2;                 // NLMSG_ERROR
    private const ushort Done = 3;                  // NLMSG_DONE
    private const byte UnixFamily = 1;
    private const uint ShowNameAndFile = 1 | 2;     // UDIAG_SHOW_NAME | UDIAG_SHOW_VFS
    private const ushort NameAttribute = 0;         // UNIX_DIAG_NAME
    private const ushort FileAttribute = 1;         // UNIX_DIAG_VFS
    private const int Header = 16;                  // struct nlmsghdr, and struct unix_diag_msg behind it
    private const int AttributeHeader = 4;
    private const byte ListenState = 10;            // TCP_LISTEN
    private const int DontWait = 0x40;

    // /proc/net/unix: Num RefCount Protocol Flags Type St Inode Path
    private const int FlagsColumn = 3;
    private const int PathColumn = 7;
    private const uint Accepts = 0x10000;           // __SO_ACCEPTCON

    /// <param name="path">Absolute.</param>
    /// <param name="file">What lies there.</param>
    internal static BoundSocket Find(string path, FileIdentity file) =>
        AskKernel(path, file) is var answer and not BoundSocket.Unknown ? answer : ReadTable(path, file);

    /// <summary>By sock_diag(7).</summary>
    internal static BoundSocket AskKernel(string path, FileIdentity file)
    {
        var netlink = socket(NetlinkFamily, RawCloseOnExec, SocketDiagnosis);
        if (netlink < 0)
        {
            return BoundSocket.Unknown;
        }
        try
        {
            return Ask(netlink) ? Answers(netlink, path, file) : BoundSocket.Unknown;
        }
        finally
        {
            _ = close(netlink);
        }
    }

    /// <summary>By /proc/net/unix. A relative path there says only how the file was called: one that is called like ours may be ours, and
    /// counts.</summary>
    internal static BoundSocket ReadTable(string path, FileIdentity file)
    {
        try
        {
            var found = BoundSocket.None;
            foreach (var line in File.ReadLines(Table).Skip(1))
            {
                var columns = line.Split(' ', PathColumn + 1, StringSplitOptions.RemoveEmptyEntries);
                if (columns.Length > PathColumn && columns[PathColumn] is var name && MayBe(name, path, file))
                {
                    if ((Convert.ToUInt32(columns[FlagsColumn], 16) & Accepts) == 0)
                    {
                        found = BoundSocket.NotListening;
                    }
                    else if (name.StartsWith('/'))
                    {
                        return BoundSocket.Listening;       // a relative one that listens is asked by connecting
                    }
                }
            }
            return found;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or FormatException)
        {
            return BoundSocket.Unknown;
        }
    }

    private static bool MayBe(string name, string path, FileIdentity file) =>
        name.StartsWith('/') ? name == path || FileIdentity.Find(name) == file : !name.StartsWith('@') && IsCalledAlike(name, path);

    private static bool IsCalledAlike(string name, string path) => Path.GetFileName(name) == Path.GetFileName(path);

    private static bool Ask(int netlink)
    {
        Span<byte> request = stackalloc byte[Header + 24];                         // struct unix_diag_req
        request.Clear();
        MemoryMarshal.Write(request, request.Length);
        MemoryMarshal.Write(request[4..], ByFamily);
        MemoryMarshal.Write(request[6..], RequestDump);
        request[Header] = UnixFamily;
        MemoryMarshal.Write(request[(Header + 4)..], uint.MaxValue);                // in every state
        MemoryMarshal.Write(request[(Header + 12)..], ShowNameAndFile);
        request[(Header + 16)..].Fill(byte.MaxValue);                               // no cookie
        fixed (byte* bytes = request)       // Safe: pinned during the call, of the length that is passed.
        {
            return DirectCall.Send(netlink, bytes, (nuint)request.Length, DontWait) == request.Length;
        }
    }

    private static BoundSocket Answers(int netlink, string path, FileIdentity file)
    {
        var found = BoundSocket.None;
        var buffer = new byte[64 * 1024];
        while (true)
        {
            nint received;
            fixed (byte* bytes = buffer)    // Safe: as above. The kernel has its answer ready when asked, so this does not wait.
            {
                received = DirectCall.Receive(netlink, bytes, (nuint)buffer.Length, DontWait);
            }
            if (received <= 0)
            {
                return BoundSocket.Unknown;
            }
            for (var rest = buffer.AsSpan(0, (int)received); rest.Length >= Header;)
            {
                var length = BitConverter.ToInt32(rest);
                if (length < Header || length > rest.Length)
                {
                    return BoundSocket.Unknown;
                }
                switch (BitConverter.ToUInt16(rest[4..]))
                {
                    case Done:
                        return found;
                    case Error:
                        return BoundSocket.Unknown;
                    case ByFamily when length >= 2 * Header && Has(rest[(2 * Header)..length], path, file):
                        if (rest[Header + 2] == ListenState)
                        {
                            return BoundSocket.Listening;
                        }
                        found = BoundSocket.NotListening;
                        break;
                }
                rest = rest[Math.Min(Aligned(length), rest.Length)..];
            }
        }
    }

    /// <summary>
    /// The inode is the file's (its lower half), and so is the device; or the name, since some file systems show a file under another
    /// device than their own.
    /// </summary>
    private static bool Has(ReadOnlySpan<byte> attributes, string path, FileIdentity file)
    {
        var (hasInode, hasDevice, hasName) = (false, false, false);
        while (attributes.Length >= AttributeHeader)
        {
            int length = BitConverter.ToUInt16(attributes);
            if (length < AttributeHeader || length > attributes.Length)
            {
                break;
            }
            var value = attributes[AttributeHeader..length];
            switch (BitConverter.ToUInt16(attributes[2..]))
            {
                case FileAttribute when value.Length >= 8:
                    hasInode = BitConverter.ToUInt32(value) == (uint)file.Inode;
                    hasDevice = BitConverter.ToUInt32(value[4..]) == file.Device;
                    break;
                case NameAttribute:
                    var end = value.IndexOf((byte)0);
                    hasName = end != 0 && IsCalledAlike(Encoding.UTF8.GetString(end < 0 ? value : value[..end]), path);
                    break;
            }
            attributes = attributes[Math.Min(Aligned(length), attributes.Length)..];
        }
        return hasInode && (hasDevice || hasName);
    }

    private static int Aligned(int length) => (length + 3) & ~3;

    [LibraryImport("libc")]
    private static partial int socket(int family, int type, int protocol);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);
}
