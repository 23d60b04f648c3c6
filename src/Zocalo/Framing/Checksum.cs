using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using Hashing = System.IO.Hashing;

namespace Zocalo;

/// <summary>
/// A checksum of 8, 16, 24 or 32 bits and the order of its bytes on the wire. CRCs have their names from the "Catalogue of parametrised CRC
/// algorithms" (G. Cook). Immutable and thread-safe. It finds bytes that a line has changed by accident; it does not protect against an
/// attacker.
/// </summary>
/// <example>GT06 trackers send the CRC of X.25 with its high byte first: <c>Checksum.Crc16X25 with { ByteOrder = ByteOrder.BigEndian
/// }</c>.</example>
public sealed record Checksum
{
    private enum Kind
    {
        Sum,
        Xor,
        Crc,
        ReflectedCrc,
        Crc32,
        Crc32C,
    }

    // For the CRC-32 of bytes in several segments. While any other checksum is computed, its state is one number.
    [ThreadStatic]
    private static Hashing.Crc32? t_crc32;

    private readonly Kind _kind;
    private readonly uint _initial;     // a CRC that is not reflected is kept in the upper bits while it is computed
    private readonly uint _finalXor;
    private readonly uint[] _table;

    private Checksum(string name, int width, ByteOrder order, Kind kind, uint initial, uint finalXor, uint[] table)
    {
        Name = name;
        Width = width;
        ByteOrder = order;
        _kind = kind;
        _initial = initial;
        _finalXor = finalXor;
        _table = table;
    }

    /// <summary>CRC-16/IBM-3740, widely known as CCITT-FALSE. High byte first.</summary>
    public static Checksum Crc16CcittFalse { get; } = Crc("CRC-16/IBM-3740", 2, 0x1021, 0xFFFF, false, 0, ByteOrder.BigEndian);

    /// <summary>CRC-16/IBM-SDLC, of X.25, HDLC and PPP (RFC 1662, appendix C). Low byte first.</summary>
    public static Checksum Crc16X25 { get; } = Crc("CRC-16/IBM-SDLC", 2, 0x1021, 0xFFFF, true, 0xFFFF, ByteOrder.LittleEndian);

    /// <summary>CRC-16/MODBUS. Low byte first.</summary>
    public static Checksum Crc16Modbus { get; } = Crc("CRC-16/MODBUS", 2, 0x8005, 0xFFFF, true, 0, ByteOrder.LittleEndian);

    /// <summary>CRC-16/XMODEM. High byte first.</summary>
    public static Checksum Crc16Xmodem { get; } = Crc("CRC-16/XMODEM", 2, 0x1021, 0, false, 0, ByteOrder.BigEndian);

    /// <summary>CRC-16/KERMIT, the true CCITT. Low byte first.</summary>
    public static Checksum Crc16Kermit { get; } = Crc("CRC-16/KERMIT", 2, 0x1021, 0, true, 0, ByteOrder.LittleEndian);

    /// <summary>CRC-16/ARC, also called CRC-16 and CRC-IBM. Low byte first.</summary>
    public static Checksum Crc16Arc { get; } = Crc("CRC-16/ARC", 2, 0x8005, 0, true, 0, ByteOrder.LittleEndian);

    /// <summary>CRC-32/ISO-HDLC, of Ethernet, zip and PNG. Low byte first.</summary>
    public static Checksum Crc32 { get; } = new("CRC-32/ISO-HDLC", 4, ByteOrder.LittleEndian, Kind.Crc32, 0, 0, []);

    /// <summary>CRC-32/ISCSI, also called CRC-32C (RFC 3720). Low byte first.</summary>
    public static Checksum Crc32C { get; } =
        new("CRC-32/ISCSI", 4, ByteOrder.LittleEndian, Kind.Crc32C, uint.MaxValue, uint.MaxValue, []);

    /// <summary>The sum of all bytes, modulo 256.</summary>
    public static Checksum Sum8 { get; } = new("Sum8", 1, ByteOrder.BigEndian, Kind.Sum, 0, 0, []);

    /// <summary>The sum of all bytes, modulo 65536. High byte first.</summary>
    public static Checksum Sum16 { get; } = new("Sum16", 2, ByteOrder.BigEndian, Kind.Sum, 0, 0, []);

    /// <summary>All bytes, exclusive-or.</summary>
    public static Checksum Xor8 { get; } = new("Xor8", 1, ByteOrder.BigEndian, Kind.Xor, 0, 0, []);

    /// <summary>Such as <c>CRC-16/MODBUS</c>.</summary>
    public string Name { get; }

    /// <summary>Its bytes on the wire: 1 to 4.</summary>
    public int Width { get; }

    /// <summary>The order of its bytes on the wire.</summary>
    public ByteOrder ByteOrder { get; init; }

    /// <summary>A CRC by its parameters, in the catalogue's terms.</summary>
    /// <param name="name">For errors.</param>
    /// <param name="width">Bytes: 1 to 4 (the catalogue counts bits).</param>
    /// <param name="polynomial">Without its highest term, not reflected (poly).</param>
    /// <param name="initial">The register at the beginning (init).</param>
    /// <param name="reflected">Whether bytes go in, and the result comes out, with the lowest bit first (refin, refout).</param>
    /// <param name="finalXor">Exclusive-or on the result (xorout).</param>
    /// <param name="order">The order of its bytes on the wire.</param>
    /// <exception cref="ArgumentOutOfRangeException">The width is not 1 to 4 bytes.</exception>
    public static Checksum Crc(string name, int width, uint polynomial, uint initial, bool reflected, uint finalXor, ByteOrder order)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, 4);
        var shift = 32 - (8 * width);
        return new Checksum(
            name,
            width,
            order,
            reflected ? Kind.ReflectedCrc : Kind.Crc,
            reflected ? Reflect(initial << shift) : initial << shift,
            finalXor,
            Table(polynomial << shift, reflected));
    }

    /// <summary>The checksum of bytes.</summary>
    public uint Compute(ReadOnlySpan<byte> bytes) =>
        _kind == Kind.Crc32 ? Hashing.Crc32.HashToUInt32(bytes) : End(Add(_initial, bytes));

    /// <summary>The checksum of bytes that may lie in several segments.</summary>
    public uint Compute(in ReadOnlySequence<byte> bytes)
    {
        if (_kind == Kind.Crc32)
        {
            return ComputeCrc32(bytes);
        }
        var register = _initial;
        foreach (var piece in bytes)
        {
            register = Add(register, piece.Span);
        }
        return End(register);
    }

    /// <summary>Its name.</summary>
    public override string ToString() => Name;

    internal uint Read(ReadOnlySpan<byte> wire)
    {
        var value = 0u;
        for (var i = 0; i < Width; i++)
        {
            value = (value << 8) | wire[ByteOrder == ByteOrder.BigEndian ? i : Width - 1 - i];
        }
        return value;
    }

    internal void Write(Span<byte> wire, uint value)
    {
        for (var i = Width - 1; i >= 0; i--, value >>= 8)
        {
            wire[ByteOrder == ByteOrder.BigEndian ? i : Width - 1 - i] = (byte)value;
        }
    }

    private uint Add(uint register, ReadOnlySpan<byte> bytes)
    {
        var table = _table;
        switch (_kind)
        {
            case Kind.Sum:
                foreach (var next in bytes)
                {
                    register += next;
                }
                return register;
            case Kind.Xor:
                return register ^ Xor(bytes);
            case Kind.Crc:
                foreach (var next in bytes)
                {
                    register = (register << 8) ^ table[(register >> 24) ^ next];
                }
                return register;
            case Kind.Crc32C:
                return AddCrc32C(register, bytes);
            default:
                foreach (var next in bytes)
                {
                    register = (register >> 8) ^ table[(byte)register ^ next];
                }
                return register;
        }
    }

    private static uint ComputeCrc32(in ReadOnlySequence<byte> bytes)
    {
        var crc = t_crc32 ??= new();
        crc.Reset();
        foreach (var piece in bytes)
        {
            crc.Append(piece.Span);
        }
        return crc.GetCurrentHashAsUInt32();
    }

    private static uint AddCrc32C(uint register, ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            register = BitOperations.Crc32C(register, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }
        foreach (var next in bytes)
        {
            register = BitOperations.Crc32C(register, next);
        }
        return register;
    }

    /// <summary>Eight bytes at a time: the position of a byte in a word makes no difference.</summary>
    private static byte Xor(ReadOnlySpan<byte> bytes)
    {
        var folded = 0UL;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            folded ^= BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        }
        foreach (var next in bytes)
        {
            folded ^= next;
        }
        folded ^= folded >> 32;
        folded ^= folded >> 16;
        return (byte)(folded ^ (folded >> 8));
    }

    private uint End(uint register)
    {
        var unused = 32 - (8 * Width);
        return ((_kind == Kind.Crc ? register >> unused : register) ^ _finalXor) & (uint.MaxValue >> unused);
    }

    private static uint[] Table(uint polynomial, bool reflected)
    {
        var table = new uint[256];
        for (var value = 0u; value < 256; value++)
        {
            var register = reflected ? Reflect(value) : value << 24;
            for (var bit = 0; bit < 8; bit++)
            {
                register = (register << 1) ^ ((register >> 31) * polynomial);
            }
            table[value] = reflected ? Reflect(register) : register;
        }
        return table;
    }

    /// <summary>The 32 bits in reverse.</summary>
    private static uint Reflect(uint value)
    {
        var reflected = 0u;
        for (var bit = 0; bit < 32; bit++, value >>= 1)
        {
            reflected = (reflected << 1) | (value & 1);
        }
        return reflected;
    }
}
