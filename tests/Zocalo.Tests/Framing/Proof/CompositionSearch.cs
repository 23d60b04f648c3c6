using System.Buffers;

namespace Zocalo.Tests.Framing.Proof;

/// <summary>Looks for a payload or a stream that a composition gets wrong: random, from a seed.</summary>
internal sealed class CompositionSearch(Composition of, int seed)
{
    private readonly Random _random = new(seed);
    private readonly Transcript _expected = new();
    private readonly Transcript _actual = new();
    private readonly List<byte[]> _accepted = [];

    /// <summary>Payloads that were tried.</summary>
    public int Payloads { get; private set; }

    /// <summary>Streams that were read, each at least twice.</summary>
    public int Streams { get; private set; }

    /// <summary>Throws for the first that is wrong.</summary>
    public void Run(int payloads, int streams)
    {
        Assert.True(of.Sample is not null || of.HasChecksum, "No message can be sent: it should have been refused when it was composed.");
        TryPayload(of.Sample ?? []);
        for (var i = 0; i < payloads; i++)
        {
            TryPayload(of.Draw(_random));
        }
        for (var i = 0; i < streams; i++)
        {
            TryStream();
        }
    }

    /// <summary>It comes back as it was, and again; or is refused before a byte is written.</summary>
    private void TryPayload(byte[] payload)
    {
        Payloads++;
        var wire = Encode(payload, [_random.Next(payload.Length + 1)]);
        if (wire is null)
        {
            return;
        }
        _accepted.Add(payload);
        var (most, mostOnWire) = (of.Format.MaxFrameLength, of.Format.MaxWireLength);
        Assert.True(payload.Length <= most, $"{Show(payload)} was sent, over the limit of {most}.");
        Assert.True(wire.Length <= mostOnWire, $"{Show(payload)} has {wire.Length} bytes on the wire, over MaxWireLength, {mostOnWire}.");
        var sent = WithOwned(payload, wire);
        _expected.Clear();
        _expected.Add(sent);
        Read(wire, Cuts(wire.Length), _actual);
        Assert.True(IsAsExpected(), $"{Show(payload)} was sent as {Show(wire)}, and came as {_actual}.");
        if (sent != payload)
        {
            Assert.True(Same(Encode(sent, []), wire), $"{Show(payload)} was sent as {Show(wire)}, and what came, {Show(sent)}, is not.");
        }
    }

    /// <summary>Frames one behind the other, then damaged: where they are cut changes nothing, and what comes can be sent again.</summary>
    private void TryStream()
    {
        var stream = new ArrayBufferWriter<byte>();
        _expected.Clear();
        for (var i = _random.Next(1, 5); i > 0 && _accepted.Count > 0; i--)
        {
            var payload = _accepted[_random.Next(_accepted.Count)];
            var start = stream.WrittenCount;
            of.Format.Encode(payload, stream);
            _expected.Add(WithOwned(payload, stream.WrittenSpan[start..].ToArray()));
            if (of.EndsStream(payload))
            {
                break;
            }
        }
        var whole = stream.WrittenSpan.ToArray();
        Read(whole, Cuts(whole.Length), _actual);
        Assert.True(IsAsExpected(), $"{Show(whole)} came as {_actual}.");
        TryAnyStream(TestStreams.Damaged(new FormatCase(of.Name, of.Format) { Alphabet = of.Alphabet }, _random, [.. whole, .. whole]));
        TryAnyStream(of.Bytes(_random, _random.Next(40)));
        TryAnyStream([.. of.Bytes(_random, _random.Next(4)), .. whole]);
    }

    private void TryAnyStream(byte[] stream)
    {
        Streams++;
        Read(stream, [], _expected, Arrival.IntoOneArray);
        Read(stream, Cuts(stream.Length), _actual);
        Assert.True(_actual.SameAs(_expected), $"{Show(stream)} came\nin one piece as {_expected}\nand in others {_actual}");
        Read(stream, [.. Enumerable.Range(1, Math.Max(0, stream.Length - 1))], _actual);
        Assert.True(_actual.SameAs(_expected), $"{Show(stream)} came\nin one piece as  {_expected}\nand byte by byte {_actual}");
        if (of.Inner is { } inner)
        {
            ReadAfterEachMark(inner.Format, inner.Mark, stream);
        }
        foreach (var frame in _expected.Frames())
        {
            SendAgain(frame, stream);
        }
    }

    /// <summary>What came can be sent as it is, unless the sender's own form of it does not begin with the mark.</summary>
    private void SendAgain(byte[] frame, byte[] stream)
    {
        byte[]? wire;
        try
        {
            wire = Encoded(frame);
        }
        catch (ArgumentException e)
        {
            var isOfTheMark = of.Skips && e.Message.Contains("start mark", StringComparison.Ordinal);
            Assert.True(isOfTheMark, $"{Show(frame)} came of {Show(stream)}, and is refused when it is sent: {e.Message}");
            return;
        }
        _expected.Clear();
        _expected.Add(frame);
        Read(wire, [], _actual);
        Assert.True(IsAsExpected(), $"{Show(frame)} came of {Show(stream)}, is sent as {Show(wire)}, and comes as {_actual}.");
    }

    /// <summary>The frames that were expected, and nothing else.</summary>
    private bool IsAsExpected() =>
        _actual is { Failure: null, Skipped: 0 } && _actual.Count == _expected.Count && _actual.StartsWith(_expected);

    /// <summary>A resynchronising format is its inner one, begun anew at each mark, with a byte left out for each error.</summary>
    private void ReadAfterEachMark(FrameFormat inner, byte[] mark, byte[] stream)
    {
        _actual.Clear();
        var skipped = 0L;
        var cutOff = false;
        var at = 0;
        while (at < stream.Length && !cutOff)
        {
            var rest = stream.AsMemory(at);
            if (!rest.Span.StartsWith(mark))
            {
                cutOff = mark.AsSpan().StartsWith(rest.Span);
                skipped += cutOff ? 0 : 1;
                at += cutOff ? 0 : 1;
                continue;
            }
            var reader = new FrameReader(inner);
            reader.Begin(new ReadOnlySequence<byte>(rest));
            try
            {
                if (reader.TryRead(out var frame) || reader.TryEnd(out frame))
                {
                    _actual.Add(frame);
                }
                skipped += reader.SkippedBytes;
                at += (int)reader.Offset;
            }
            catch (FrameException e) when (e.Reason == EndReason.ProtocolError && reader.Offset == 0)
            {
                skipped++;
                at++;
            }
            catch (FrameException e)
            {
                // The search continues after the bytes that the inner format has left out itself.
                cutOff = e.Reason == EndReason.Truncated;
                skipped += reader.SkippedBytes + (cutOff || reader.Leftover == 0 ? 0 : 1);
                at += (int)reader.Offset + (cutOff || reader.Leftover == 0 ? 0 : 1);
            }
        }
        var isSame = _expected.Count == _actual.Count && _actual.StartsWith(_expected)
            && _expected.Skipped == skipped && cutOff == (_expected.Failure is not null);
        Assert.True(isSame, $"""
            {Show(stream)} came as {_expected}
            and should, with {inner.Name} begun anew at each mark, as {_actual} with {skipped} skipped{(cutOff ? ", cut off" : "")}
            """);
    }

    /// <summary>In one piece, in two, and by a writer that gives no byte too many: the same bytes, or none at all.</summary>
    private byte[]? Encode(byte[] payload, ReadOnlySpan<int> cuts)
    {
        byte[]? wire = null;
        var tight = new TightWriter();
        try
        {
            wire = Encoded(payload);
            of.Format.Encode(payload, tight);
        }
        catch (ArgumentException e)
        {
            var isWhole = wire is null && tight.Written.IsEmpty;
            Assert.True(isWhole, $"{Show(payload)}: refused by one writer only, or behind {tight.Written.Length} bytes.");
            Assert.True(e.GetType() == typeof(ArgumentException), $"{Show(payload)}: {e}");
        }
        var spread = new ArrayBufferWriter<byte>();
        try
        {
            of.Format.Encode(new Frame(Pieces.Of(payload, cuts)), spread);
            Assert.True(Same(wire, spread.WrittenSpan), $"{Show(payload)}: in one piece {Show(wire)}, in two {Show(spread.WrittenSpan)}");
        }
        catch (ArgumentException)
        {
            var isWhole = wire is null && spread.WrittenCount == 0;
            Assert.True(isWhole, $"{Show(payload)}: refused in two pieces only, or behind {spread.WrittenCount} bytes.");
        }
        Assert.True(wire is null || Same(wire, tight.Written), $"{Show(payload)}: {Show(wire)}, by a tight writer {Show(tight.Written)}");
        return wire;
    }

    private static bool Same(byte[]? one, ReadOnlySpan<byte> other) => one is not null && other.SequenceEqual(one);

    private byte[] Encoded(byte[] payload)
    {
        var wire = new ArrayBufferWriter<byte>();
        try
        {
            of.Format.Encode(payload, wire);
        }
        catch (ArgumentException)
        {
            Assert.True(wire.WrittenCount == 0, $"{Show(payload)} was refused behind {wire.WrittenCount} bytes.");
            throw;
        }
        return wire.WrittenSpan.ToArray();
    }

    /// <summary>The payload with the bytes that encoding writes itself.</summary>
    private byte[] WithOwned(byte[] payload, byte[] wire)
    {
        var (start, length) = of.Owned(payload).GetOffsetAndLength(Math.Max(payload.Length, 64));
        if (length == 0)
        {
            return payload;
        }
        // What they must be the reader says; that they are right shows in its reading the frame at all.
        var read = new Transcript();
        Read(wire, [], read);
        if (read is { Failure: null, Count: 1 } && read.Frames() is [var frame]
            && frame.Length == payload.Length && start + length <= frame.Length)
        {
            var owned = payload.ToArray();
            frame.AsSpan(start, length).CopyTo(owned.AsSpan(start));
            return owned;
        }
        return payload;
    }

    private void Read(byte[] stream, ReadOnlySpan<int> cuts, Transcript into, Arrival? arrival = null)
    {
        var how = arrival ?? Feeding.Arrivals[_random.Next(Feeding.Arrivals.Length)];
        try
        {
            Feeding.Read(of.Format, stream, cuts, how, into);
        }
        catch (Exception e)
        {
            Assert.Fail($"{Show(stream)}, {how}, cut at [{string.Join(", ", cuts.ToArray())}]: {e}");
        }
    }

    private int[] Cuts(int length) => length < 2
        ? []
        : [.. Enumerable.Range(0, _random.Next(4)).Select(_ => _random.Next(1, length)).Distinct().Order()];

    private static string Show(ReadOnlySpan<byte> bytes) => $"[{Convert.ToHexString(bytes)}]";
}
