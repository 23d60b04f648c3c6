using System.Buffers;

namespace Zocalo.Tests.Framing.Proof;

/// <summary>Feeds a format's reader with bytes that are partly frames, partly damaged ones, partly rubbish, and checks what holds for any
/// bytes.</summary>
internal sealed class RandomRun(FormatCase of, int seed)
{
    private readonly Random _random = new(seed);
    // in the piece: where something new begins, at which a new reader goes on after an error
    private readonly List<int> _places = [];
    private readonly List<byte[]> _samples = [];    // streams of frames
    private readonly byte[] _rubbish = new byte[1 << 16];
    private byte[] _buffer = new byte[1 << 17];
    private long _fed;
    private long _failures;
    private long _allocated;

    public long Frames { get; private set; }

    public void Feed(long bytes)
    {
        var reader = new FrameReader(of.Format);
        var left = 0;
        for (long next = 0; _fed < bytes;)
        {
            if (_fed >= next)
            {
                MakeSamples();
                next += 5_000_000;
            }
            var end = Fill(left, 4096 << _random.Next(5));
            _fed += end - left;
            var at = 0;
            while (at < end)
            {
                var ends = _random.Next(of.OneFrame ? 4 : 32) == 0;
                var before = GC.GetAllocatedBytesForCurrentThread();
                var failed = !TryReadAll(reader, at, end, ends, out var kept);
                var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
                if (!failed)
                {
                    _allocated += allocated;
                    at = end - kept;
                    reader = ends ? new FrameReader(of.Format) : reader;
                    break;
                }
                _failures++;
                // An exception and its text; besides, memory only for bytes that came: twice, if a buffer grew by doubling.
                if (!of.Resyncs && allocated > 16_384 + (2 * (end - at)))
                {
                    Assert.Fail($"{allocated} bytes allocated for {end - at} that came.");
                }
                reader = new FrameReader(of.Format);
                at = Next(at);
            }
            at = Math.Min(at, end);
            left = end - at;
            _buffer.AsSpan(at, left).CopyTo(_buffer);
        }
        // Frames cost nothing. A format that goes on after an error explains each to itself and drops that at once: garbage, and nothing
        // held.
        Assert.True(
            of.Resyncs || _allocated < (bytes / 20) + (4 * of.Format.MaxWireLength),
            $"{_allocated} bytes allocated for {bytes} that came.");
    }

    public override string ToString() =>
        $"{_fed} bytes fed, {Frames} frames, {_failures} errors, {_allocated} bytes allocated between them";

    private bool TryReadAll(FrameReader reader, int from, int to, bool ends, out int kept)
    {
        kept = 0;
        try
        {
            reader.Begin(Buffer(from, to));
            var offset = reader.Offset;
            while (reader.TryRead(out var frame))
            {
                if (frame.Length > of.Format.MaxFrameLength || reader.Offset <= offset)
                {
                    Assert.Fail($"A payload of {frame.Length} bytes, and the reader went from {offset} to {reader.Offset}.");
                }
                offset = reader.Offset;
                Frames++;
            }
            kept = (int)reader.Leftover;
            if (kept >= of.Format.MaxWireLength)
            {
                Assert.Fail($"{kept} bytes kept, where MaxWireLength is {of.Format.MaxWireLength}.");
            }
            if (ends)
            {
                while (reader.TryEnd(out var last))
                {
                    Assert.True(last.Length <= of.Format.MaxFrameLength);
                    Frames++;
                }
                kept = 0;
            }
            return true;
        }
        catch (FrameException e)
        {
            Assert.True(e.Offset >= 0 && e.Format.Length > 0);
            return false;
        }
    }

    /// <summary>Mostly in one piece, sometimes in several.</summary>
    private ReadOnlySequence<byte> Buffer(int from, int to)
    {
        if (_random.Next(3) > 0)
        {
            return new ReadOnlySequence<byte>(_buffer, from, to - from);
        }
        int[] cuts = [.. Enumerable.Range(0, 3).Select(_ => _random.Next(to - from + 1)).Order()];
        return Pieces.Of(_buffer.AsMemory(from, to - from), cuts);
    }

    /// <summary>Adds about that many new bytes after those that are left.</summary>
    private int Fill(int left, int count)
    {
        var end = left + count;
        if (_buffer.Length < end)
        {
            Array.Resize(ref _buffer, end * 2);
        }
        _places.Clear();
        for (var at = left; at < end;)
        {
            _places.Add(at);
            var source = _samples.Count == 0 || _random.Next(4) == 0 ? Rubbish() : _samples[_random.Next(_samples.Count)];
            var take = Math.Min(source.Length, end - at);
            source[..take].CopyTo(_buffer.AsSpan(at));
            at += take;
        }
        return end;
    }

    private Span<byte> Rubbish()
    {
        var start = _random.Next(_rubbish.Length - 2048);
        return _rubbish.AsSpan(start, _random.Next(1, 2048));
    }

    private int Next(int at)
    {
        foreach (var place in _places)
        {
            if (place > at)
            {
                return place;
            }
        }
        return int.MaxValue;        // nothing new in this piece any more
    }

    private void MakeSamples()
    {
        _samples.Clear();
        _random.NextBytes(_rubbish);
        of.Bytes(_random, _rubbish.Length / 2).CopyTo(_rubbish, 0);
        for (var i = 0; i < 60; i++)
        {
            var stream = TestStreams.Valid(of, _random, _random.Next(3) == 0 ? 300 : 6000, _random.Next(3) == 0 ? 5000 : 60, out _);
            if (stream.Length == 0)
            {
                continue;
            }
            _samples.Add(i % 3 == 0 ? stream : TestStreams.Damaged(of, _random, stream));
        }
    }
}
