using System.Buffers;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Zocalo;

/// <summary>
/// Reads numbers, text and bytes from a message, one behind the other; the bytes may be split anywhere. The order of a number's bytes is in
/// the name of the method that reads it. Every <c>Read</c> throws a <see cref="WireException"/> when the bytes are missing or malformed,
/// and has a <c>TryRead</c> that answers false instead; both leave the reader where it was.
/// </summary>
/// <remarks>
/// <para>Allocates the strings that it returns and nothing else (except <see cref="ReadBytes"/> from a span, which a <see cref="Frame"/>
/// cannot hold). What it reads is borrowed just as the message is. Not thread-safe.</para>
/// <para>A copy of a reader is a second reader at the same place: read from the copy to look ahead. To let another method read on, pass it
/// by <c>ref</c>.</para>
/// <para>Counts and lengths are <see cref="long"/>, so that a length read from the peer can be passed on without a cast; one that is
/// negative or too great is the peer's fault, a <see cref="WireException"/>, and not an argument error.</para>
/// </remarks>
/// <example>
/// <code>
/// var reader = new WireReader(frame);
/// var id = reader.ReadUInt32BigEndian();
/// var name = reader.ReadUtf8(reader.ReadUInt16BigEndian());
/// reader.ThrowIfNotAtEnd();
/// </code>
/// </example>
public ref partial struct WireReader
{
    private readonly int _length;
    private readonly Frame _whole;                      // unless made of a span
    private ReadOnlySpan<byte> _rest;                   // what is left of the piece at hand
    private int _pieceEnd;                              // where that piece ends in the whole
    private ReadOnlySequenceSegment<byte>? _segment;    // the one that the piece lies in, if there are several
    // where its first byte would be in the whole; negative if the whole begins inside it
    private int _segmentStart;

    /// <summary>A reader at the beginning of <paramref name="bytes"/>, which stay where they are.</summary>
    public WireReader(scoped in Frame bytes)
    {
        _whole = bytes;
        _length = bytes.Length;
        if (bytes.IsContiguous)
        {
            _rest = bytes.Span;
            _pieceEnd = _length;
            return;
        }
        var start = bytes.Sequence.Start;
        _segment = (ReadOnlySequenceSegment<byte>)start.GetObject()!;
        _segmentStart = -start.GetInteger();
        _rest = _segment.Memory.Span[start.GetInteger()..];
        _pieceEnd = _rest.Length;
    }

    /// <summary>A reader at the beginning of <paramref name="bytes"/>, which stay where they are.</summary>
    /// <exception cref="ArgumentException">More than <see cref="int.MaxValue"/> bytes.</exception>
    public WireReader(scoped in ReadOnlySequence<byte> bytes) : this(new Frame(bytes))
    {
    }

    /// <summary>A reader at the beginning of <paramref name="bytes"/>.</summary>
    public WireReader(ReadOnlySpan<byte> bytes)
    {
        _length = _pieceEnd = bytes.Length;
        _rest = bytes;
    }

    /// <summary>A reader at the beginning of <paramref name="bytes"/>.</summary>
    public WireReader(byte[] bytes) : this(new Frame(bytes))
    {
    }

    /// <summary>How many bytes have been read.</summary>
    public readonly int Position => _pieceEnd - _rest.Length;

    /// <summary>How many bytes are left.</summary>
    public readonly int Remaining => _length - Position;

    /// <summary>Whether all has been read.</summary>
    public readonly bool IsAtEnd => Remaining == 0;

    /// <summary>For the end of a message whose fields are all known: what is left would be silently lost.</summary>
    /// <exception cref="WireException">There are bytes left.</exception>
    public readonly void ThrowIfNotAtEnd()
    {
        if (!IsAtEnd)
        {
            Throw("the end", $"{Bytes(Remaining)} more");
        }
    }

    /// <summary>Leaves bytes out.</summary>
    /// <exception cref="WireException">Fewer bytes are left, or <paramref name="count"/> is negative.</exception>
    public void Skip(long count)
    {
        if (!TrySkip(count))
        {
            ThrowMissing(count);
        }
    }

    /// <summary>Leaves bytes out if that many are left.</summary>
    public bool TrySkip(long count)
    {
        if (!Has(count))
        {
            return false;
        }
        Pass((int)count);
        return true;
    }

    /// <summary>The next byte, which stays the next one. To look at more, read from a copy of the reader.</summary>
    /// <exception cref="WireException">No bytes are left.</exception>
    public readonly byte PeekByte()
    {
        if (!TryPeekByte(out var value))
        {
            ThrowMissing(1);
        }
        return value;
    }

    /// <summary>The next byte, which stays the next one, if there is one.</summary>
    public readonly bool TryPeekByte(out byte value)
    {
        var ahead = this;
        return ahead.TryReadByte(out value);
    }

    /// <summary>Whether so many bytes are left. What the peer claims may be any number.</summary>
    private readonly bool Has(long count) => (ulong)count <= (uint)Remaining;

    /// <summary>The bytes of a <typeparamref name="T"/> as they lie.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryTake<T>(out T value) where T : unmanaged
    {
        var rest = _rest;
        if (rest.Length >= Unsafe.SizeOf<T>())
        {
            value = MemoryMarshal.Read<T>(rest);
            _rest = rest[Unsafe.SizeOf<T>()..];
            return true;
        }
        return TryTakeAcross(out value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryTakeAcross<T>(out T value) where T : unmanaged
    {
        value = default;
        if (Remaining < Unsafe.SizeOf<T>())
        {
            return false;
        }
        CopyTo(MemoryMarshal.AsBytes(new Span<T>(ref value)));
        Pass(Unsafe.SizeOf<T>());
        return true;
    }

    /// <summary>The next bytes in one piece: as many as <paramref name="room"/> has, or all if they are fewer, or more where they lie in
    /// one piece anyway.</summary>
    private readonly ReadOnlySpan<byte> Look(Span<byte> room)
    {
        if (_rest.Length >= room.Length || _rest.Length == Remaining)
        {
            return _rest;
        }
        var look = room[..Math.Min(room.Length, Remaining)];
        CopyTo(look);
        return look;
    }

    /// <summary>Copies the next bytes, which are there.</summary>
    private readonly void CopyTo(scoped Span<byte> destination)
    {
        var ahead = this;
        while (destination.Length > ahead._rest.Length)
        {
            ahead._rest.CopyTo(destination);
            destination = destination[ahead._rest.Length..];
            ahead.MoveToNextPiece();
        }
        ahead._rest[..destination.Length].CopyTo(destination);
    }

    /// <summary>Leaves out the next bytes, which are there.</summary>
    private void Pass(int count)
    {
        while (count > _rest.Length)
        {
            count -= _rest.Length;
            MoveToNextPiece();
        }
        _rest = _rest[count..];
    }

    private void MoveToNextPiece()
    {
        Debug.Assert(_pieceEnd < _length, "moved beyond the end");
        _segmentStart += _segment!.Memory.Length;
        _segment = _segment.Next!;
        _rest = _segment.Memory.Span;
        // The whole may end inside its last segment.
        if (_rest.Length > _length - _pieceEnd)
        {
            _rest = _rest[..(_length - _pieceEnd)];
        }
        _pieceEnd += _rest.Length;
    }

    private static string Bytes(long count) => count == 1 ? "1 byte" : $"{count} bytes";

    [DoesNotReturn]
    private readonly void ThrowMissing(long count) => Throw(Bytes(count), $"{Remaining}");

    [DoesNotReturn]
    private readonly void Throw(string expected, string found) => throw new WireException(Position, expected, found);
}
