using System.Buffers;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Zocalo;

/// <summary>
/// Reads numbers, text and bytes from a message, one after the other; the message may be split into segments anywhere. The name of a method
/// says the byte order of its number. Every <c>Read</c> method throws a <see cref="WireException"/> when bytes are missing or malformed;
/// its <c>TryRead</c> method returns false instead. The reader has not moved then.
/// </summary>
/// <remarks>
/// <para>It allocates the strings that it returns and nothing else (except for <see cref="ReadBytes"/> from a span, which a
/// <see cref="Frame"/> cannot hold). The bytes that it returns are borrowed, as the message is. Not thread-safe.</para>
/// <para>A copy of a reader is a second reader at the same position: read from the copy to look ahead. Pass the reader by <c>ref</c> to a
/// method that reads the next values.</para>
/// <para>Counts and lengths are <see cref="long"/>, so that a length from the peer needs no cast; a length that is negative or too great is
/// an error of the peer, a <see cref="WireException"/>, and not an argument error.</para>
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
    private ReadOnlySpan<byte> _rest;                   // the rest of the current piece
    private int _pieceEnd;                              // the position in the message where that piece ends
    private ReadOnlySequenceSegment<byte>? _segment;    // the segment of the piece, if there are several
    // The position of its first byte; negative if the message begins inside the segment.
    private int _segmentStart;

    /// <summary>A reader at the beginning of <paramref name="bytes"/>, which are not copied.</summary>
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

    /// <summary>A reader at the beginning of <paramref name="bytes"/>, which are not copied.</summary>
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

    /// <summary>Checks, after the last field of a message, that no bytes are left, which would be lost silently.</summary>
    /// <exception cref="WireException">There are bytes left.</exception>
    public readonly void ThrowIfNotAtEnd()
    {
        if (!IsAtEnd)
        {
            Throw("the end", $"{Bytes(Remaining)} more");
        }
    }

    /// <summary>Skips bytes.</summary>
    /// <exception cref="WireException">Fewer bytes are left, or <paramref name="count"/> is negative.</exception>
    public void Skip(long count)
    {
        if (!TrySkip(count))
        {
            ThrowMissing(count);
        }
    }

    /// <summary>Skips bytes if that many are left.</summary>
    public bool TrySkip(long count)
    {
        if (!Has(count))
        {
            return false;
        }
        Advance((int)count);
        return true;
    }

    /// <summary>The next byte, without moving the reader. To look at more bytes, read from a copy of the reader.</summary>
    /// <exception cref="WireException">No bytes are left.</exception>
    public readonly byte PeekByte()
    {
        if (!TryPeekByte(out var value))
        {
            ThrowMissing(1);
        }
        return value;
    }

    /// <summary>The next byte, if there is one, without moving the reader.</summary>
    public readonly bool TryPeekByte(out byte value)
    {
        var ahead = this;
        return ahead.TryReadByte(out value);
    }

    /// <summary>Whether that many bytes are left. The count may come from the peer and be any number.</summary>
    private readonly bool Has(long count) => (ulong)count <= (uint)Remaining;

    /// <summary>The bytes of a <typeparamref name="T"/>, in the order of the wire.</summary>
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
        Advance(Unsafe.SizeOf<T>());
        return true;
    }

    /// <summary>The next bytes in one piece, without moving the reader: at least as many as <paramref name="room"/> holds, or all that are
    /// left.</summary>
    private readonly ReadOnlySpan<byte> Peek(Span<byte> room)
    {
        if (_rest.Length >= room.Length || _rest.Length == Remaining)
        {
            return _rest;
        }
        var peeked = room[..Math.Min(room.Length, Remaining)];
        CopyTo(peeked);
        return peeked;
    }

    /// <summary>Copies the next bytes; the caller has checked that they are there.</summary>
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

    /// <summary>Skips the next bytes; the caller has checked that they are there.</summary>
    private void Advance(int count)
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
        // The message may end inside its last segment.
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
