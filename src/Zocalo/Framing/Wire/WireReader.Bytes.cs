using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Zocalo;

// Bytes as they are.
public ref partial struct WireReader
{
    /// <summary>Reads that many bytes as a view of the message: nothing is copied, unless the reader was made from a span. The bytes are
    /// borrowed, as the message is.</summary>
    /// <exception cref="WireException">Fewer bytes are left, or <paramref name="count"/> is negative.</exception>
    public Frame ReadBytes(long count)
    {
        if (!TryReadBytes(count, out var bytes))
        {
            ThrowMissing(count);
        }
        return bytes;
    }

    /// <summary>Reads that many bytes as <see cref="ReadBytes"/> does, if they are there.</summary>
    public bool TryReadBytes(long count, out Frame bytes)
    {
        bytes = default;
        if (!Has(count))
        {
            return false;
        }
        bytes = Slice((int)count);
        Advance((int)count);
        return true;
    }

    /// <summary>Reads all bytes that are left, as <see cref="ReadBytes"/> does.</summary>
    public Frame ReadRest() => ReadBytes(Remaining);

    /// <summary>Reads up to the next <paramref name="terminator"/>, which is read too and is not part of the result.</summary>
    /// <exception cref="WireException">There is none.</exception>
    public Frame ReadBytesTerminated(byte terminator)
    {
        if (!TryReadBytesTerminated(terminator, out var bytes))
        {
            ThrowUnterminated(terminator);
        }
        return bytes;
    }

    /// <summary>Reads up to the next <paramref name="terminator"/> as <see cref="ReadBytesTerminated"/> does, if there is one.</summary>
    public bool TryReadBytesTerminated(byte terminator, out Frame bytes)
    {
        if (!TryReadBytes(Find(terminator), out bytes))
        {
            return false;
        }
        Advance(1);
        return true;
    }

    /// <summary>Fills <paramref name="destination"/>.</summary>
    /// <exception cref="WireException">Fewer bytes are left. Nothing was copied.</exception>
    public void ReadExactly(scoped Span<byte> destination)
    {
        if (!TryReadExactly(destination))
        {
            ThrowMissing(destination.Length);
        }
    }

    /// <summary>Fills <paramref name="destination"/> if that many bytes are left; else copies nothing.</summary>
    public bool TryReadExactly(scoped Span<byte> destination)
    {
        if (!Has(destination.Length))
        {
            return false;
        }
        CopyTo(destination);
        Advance(destination.Length);
        return true;
    }

    /// <summary>How many bytes come before the next one of this value, or -1 if there is none.</summary>
    private readonly int Find(byte value)
    {
        var ahead = this;
        while (true)
        {
            var at = ahead._rest.IndexOf(value);
            if (at >= 0)
            {
                return ahead.Position + at - Position;
            }
            if (ahead._pieceEnd == _length)
            {
                return -1;
            }
            ahead.MoveToNextPiece();
        }
    }

    /// <summary>The next bytes; the caller has checked that they are there.</summary>
    private readonly Frame Slice(int count)
    {
        if (_segment is null)
        {
            return _whole.Length == _length ? _whole.Slice(Position, count) : new Frame(_rest[..count].ToArray());
        }
        // From this segment on: a message with many fields in many segments is not walked from its beginning for each field.
        var ahead = this;
        while (ahead._rest.IsEmpty && count > 0)
        {
            ahead.MoveToNextPiece();
        }
        var start = ahead.Position - ahead._segmentStart;
        var last = ahead._segment!;
        var end = start + count;
        while (end > last.Memory.Length)
        {
            end -= last.Memory.Length;
            last = last.Next!;
        }
        return new Frame(new ReadOnlySequence<byte>(ahead._segment!, start, last, end));
    }

    [DoesNotReturn]
    private readonly void ThrowUnterminated(byte terminator) =>
        Throw($"a byte 0x{terminator:X2} that ends it", $"none in {Bytes(Remaining)}");
}
