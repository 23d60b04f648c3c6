using System.Buffers;

namespace Zocalo.Framing.Formats;

/// <summary>
/// A checksum at the end of another format's payload: bytes that it leaves out, bytes that it covers, the checksum, a constant trailer. The
/// first two parts are delivered, without a copy.
/// </summary>
internal sealed class ChecksumFormat : FrameFormat
{
    private readonly FrameFormat _inner;
    private readonly Checksum _checksum;
    private readonly int _start;
    private readonly byte[] _trailer;

    internal ChecksumFormat(
        FrameFormat inner,
        Checksum checksum,
        int start,
        ReadOnlySpan<byte> trailer) : base(NameOf(inner, checksum), LimitOf(inner, checksum, start, trailer.Length))
    {
        _inner = inner;
        _checksum = checksum;
        _start = start;
        _trailer = trailer.ToArray();
        if (!inner.CanContain(trailer, atEnd: true))
        {
            throw new ArgumentException(
                $"{inner.Name} cannot carry the trailer 0x{Convert.ToHexString(trailer)}: leave out what ends its frames anyway, or take "
                    + "another format.",
                nameof(trailer));
        }
    }

    public override long MaxWireLength => _inner.MaxWireLength;

    public override FrameDecoder CreateDecoder() => new ChecksumDecoder(_inner.CreateDecoder(), _checksum, _start, _trailer);

    public override void Encode(ReadOnlySpan<byte> payload, IBufferWriter<byte> into)
    {
        CheckLength(payload.Length);
        if (payload.Length < _start)
        {
            throw new ArgumentException(
                $"A message of {payload.Length} bytes is too short for {Name}: the checksum covers it from byte {_start} on.",
                nameof(payload));
        }
        var length = payload.Length + _checksum.Width + _trailer.Length;
        var whole = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            payload.CopyTo(whole);
            var message = whole.AsSpan(0, payload.Length);
            _inner.FillIn(message, length);     // before the checksum, which covers a length in the message too
            _checksum.Write(whole.AsSpan(payload.Length), _checksum.Compute(message[_start..]));
            _trailer.CopyTo(whole, payload.Length + _checksum.Width);
            EncodeWhole(whole.AsSpan(0, length), into);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(whole);
        }
    }

    /// <summary>The inner format may refuse the message because of its checksum, for example one that contains a line end: the error
    /// mentions the checksum.</summary>
    private void EncodeWhole(ReadOnlySpan<byte> payload, IBufferWriter<byte> into)
    {
        try
        {
            _inner.Encode(payload, into);
        }
        catch (ArgumentException e)
        {
            var why = e.ParamName is null ? e.Message : e.Message.Replace($" (Parameter '{e.ParamName}')", "", StringComparison.Ordinal);
            throw new ArgumentException(
                $"{Name} cannot carry this message. With its checksum it is one of {payload.Length} bytes: {why}", nameof(payload), e);
        }
    }

    internal override int LeastOwnLength => _inner.LeastOwnLength;

    internal override void FillIn(Span<byte> message, int payload) => _inner.FillIn(message, payload + _checksum.Width + _trailer.Length);

    internal override void FillInMark(Span<byte> frame, ReadOnlySpan<byte> mark) => _inner.FillInMark(frame, mark);

    internal override bool CanBeginWith(ReadOnlySpan<byte> mark) => base.CanBeginWith(mark) && _inner.CanBeginWith(mark);

    internal override bool CanContain(ReadOnlySpan<byte> part, bool atEnd) => _inner.CanContain(part, atEnd: false);

    private static string NameOf(FrameFormat inner, Checksum checksum)
    {
        ArgumentNullException.ThrowIfNull(checksum);
        return $"{inner.Name}+{checksum.Name}";
    }

    private static int LimitOf(FrameFormat inner, Checksum checksum, int start, int trailer)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        var limit = (long)inner.MaxFrameLength - checksum.Width - trailer;
        if (limit < start)
        {
            throw new ArgumentException(
                $"{inner.Name} carries at most {inner.MaxFrameLength} bytes: no room for {start} bytes left out, the checksum and what " +
                "follows it.",
                nameof(start));
        }
        if (limit < inner.LeastOwnLength)
        {
            throw new ArgumentException(
                $"{inner.Name} carries at most {inner.MaxFrameLength} bytes: no room for the {inner.LeastOwnLength} of its own in front, "
                    + "the checksum and what follows it; set a higher limit.",
                nameof(start));
        }
        return (int)limit;
    }
}

/// <summary>Makes every frame of another decoder a sealed one, and delivers it when its checksum is right.</summary>
internal sealed class ChecksumDecoder(FrameDecoder inner, Checksum checksum, int start, byte[] trailer) : FrameDecoder
{
    public override FrameStep Decode(ReadOnlySpan<byte> bytes) => Seal(inner.Decode(bytes));

    public override FrameStep DecodeEnd(int leftover)
    {
        var step = inner.DecodeEnd(leftover);
        return step.Status == FrameStatus.Frame && leftover == 0 ? Corrupt(TooShort(0, 0)) : Seal(step);
    }

    public override FrameStep Open(in Frame raw, out Frame payload)
    {
        var step = inner.Open(raw, out payload);
        return step.Status == FrameStatus.Frame ? Check(raw.Length, ref payload) : Seal(step);
    }

    public override void ReleaseMemory() => inner.ReleaseMemory();

    internal override int OwnLength => inner.OwnLength;

    internal override bool IsInsideFrame => inner.IsInsideFrame;

    private FrameStep Seal(FrameStep step)
    {
        if (step.Status == FrameStatus.Corrupt)
        {
            Error = inner.Error;
        }
        return step.Status == FrameStatus.Frame ? FrameStep.Sealed(step.Length) : step;
    }

    private FrameStep Check(int wire, ref Frame payload)
    {
        // The offset of the payload on the wire; it is unknown when the format has rewritten the payload.
        var offset = inner.HeaderLength + payload.Length + inner.TrailerLength == wire ? inner.HeaderLength : 0;
        var message = payload.Length - checksum.Width - trailer.Length;
        if (message < start || message < inner.OwnLength)
        {
            return Corrupt(TooShort(offset, payload.Length));
        }
        var computed = Compute(payload, message, out var found);
        if (found != computed)
        {
            return Corrupt(Wrong(computed, found, message + offset));
        }
        if (trailer.Length > 0 && FindWrongTrailer(payload, message + checksum.Width, offset) is { } error)
        {
            return Corrupt(error);
        }
        payload = payload.Slice(0, message);
        return FrameStep.Frame(wire);
    }

    /// <param name="payload">The payload with its checksum.</param>
    /// <param name="message">The offset of the checksum.</param>
    /// <param name="found">The checksum that was received.</param>
    private uint Compute(in Frame payload, int message, out uint found)
    {
        if (payload.IsContiguous)
        {
            var bytes = payload.Span;
            found = checksum.Read(bytes[message..]);
            return checksum.Compute(bytes[start..message]);
        }
        Span<byte> end = stackalloc byte[sizeof(uint)];
        payload.Slice(message, checksum.Width).CopyTo(end);
        found = checksum.Read(end);
        var covered = payload.Slice(start, message - start);
        return covered.IsContiguous ? checksum.Compute(covered.Span) : checksum.Compute(covered.Sequence);
    }

    private FrameError? FindWrongTrailer(in Frame payload, int at, int offset)
    {
        for (var i = 0; i < trailer.Length; i++)
        {
            var next = FirstOf(payload.Slice(at + i, 1));
            if (next != trailer[i])
            {
                return new FrameError(
                    $"0x{trailer[i]:X2} expected behind the checksum, and found", at + i + offset, null, next) { InHexadecimal = true };
            }
        }
        return null;
    }

    private FrameError Wrong(uint computed, uint found, int offset)
    {
        var expected = computed.ToString($"X{2 * checksum.Width}", null);
        return new FrameError(
            $"the checksum {checksum.Name} is wrong, 0x{expected} expected and found", offset, null, found) { InHexadecimal = true };
    }

    private FrameError TooShort(int offset, int length) => new($"too short for {checksum.Name}, bytes", offset, null, length);

    private static byte FirstOf(in Frame frame) => frame.IsContiguous ? frame.Span[0] : frame.Sequence.FirstSpan[0];
}
