using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Zocalo.Engines.System;

/// <summary>
/// The name of one end of a connection, kept as the system gave it (struct sockaddr) until it is needed as an end point, which
/// that of most connections never is, and an <see cref="IPEndPoint"/> takes four times the room.
/// </summary>
internal readonly struct SocketName
{
    private const int LinuxInet = 2;
    private const int LinuxInet6 = 10;
    private const int Port = 2;             // offsets in sockaddr_in and sockaddr_in6
    private const int Address4 = 4;
    private const int Address6 = 8;
    private const int Scope6 = 24;

    private readonly EndPoint? _other;      // whatever is not one of the two
    private readonly Bytes _bytes;

    internal SocketName(EndPoint? endPoint) => _other = endPoint;

    private SocketName(ReadOnlySpan<byte> sockaddr) => sockaddr[..Math.Min(sockaddr.Length, Bytes.Length)].CopyTo(_bytes);

    /// <summary>Reads what Linux wrote: a family, then what belongs to it.</summary>
    internal static SocketName FromLinux(ReadOnlySpan<byte> sockaddr)
    {
        if (sockaddr.Length <= sizeof(ushort))
        {
            return default;         // an unnamed Unix socket
        }
        return BitConverter.ToUInt16(sockaddr) is LinuxInet or LinuxInet6 ? new(sockaddr) : new(ToUnix(sockaddr));
    }

    /// <returns>Null when it has no name.</returns>
    internal EndPoint? ToEndPoint()
    {
        ReadOnlySpan<byte> bytes = _bytes;
        return BitConverter.ToUInt16(bytes) switch
        {
            LinuxInet => new IPEndPoint(new IPAddress(bytes.Slice(Address4, 4)), BinaryPrimitives.ReadUInt16BigEndian(bytes[Port..])),
            LinuxInet6 =>
                new IPEndPoint(
                    new IPAddress(bytes.Slice(Address6, 16), BitConverter.ToUInt32(bytes[Scope6..])),
                    BinaryPrimitives.ReadUInt16BigEndian(bytes[Port..])),
            _ => _other,
        };
    }

    private static EndPoint ToUnix(ReadOnlySpan<byte> sockaddr)
    {
        var address = new SocketAddress(AddressFamily.Unix, sockaddr.Length);
        sockaddr[sizeof(ushort)..].CopyTo(address.Buffer.Span[sizeof(ushort)..]);
        return new UnixDomainSocketEndPoint("/").Create(address);
    }

    [InlineArray(Length)]
    private struct Bytes
    {
        internal const int Length = 28;     // sockaddr_in6

        private byte _byte;
    }
}
