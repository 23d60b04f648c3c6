using System.Buffers;
using BenchmarkDotNet.Attributes;
using Zocalo.Benchmarks.Running;

namespace Zocalo.Benchmarks.Formats;

/// <summary>The search for the end of a frame of 1 MiB that lies in one piece.</summary>
[BenchmarkCategory("Search, 1 MiB frames")]
[BytesPerOperation(Length)]
public class LongFrames
{
    private const int Length = 1024 * 1024;

    private readonly ReadOnlySequence<byte> _line = Frame("\n"u8);
    private readonly ReadOnlySequence<byte> _strictLine = Frame("\r\n"u8);
    private readonly ReadOnlySequence<byte> _nul = Frame([0]);
    private readonly FrameReader _lines = new(Frames.Lines());
    private readonly FrameReader _strictLines = new(Frames.Lines(strict: true));
    private readonly FrameReader _delimited = new(Frames.Delimited("\r\n"u8));
    private readonly FrameReader _nuls = new(Frames.Nul());

    [Benchmark]
    public int Lines() => Read(_lines, _line);

    [Benchmark]
    public int StrictLines() => Read(_strictLines, _strictLine);

    [Benchmark]
    public int DelimitedByTwo() => Read(_delimited, _strictLine);

    [Benchmark]
    public int Nul() => Read(_nuls, _nul);

    private static int Read(FrameReader reader, in ReadOnlySequence<byte> bytes)
    {
        reader.Begin(bytes);
        return reader.TryRead(out var frame) ? frame.Length : throw new InvalidOperationException("The frame was not found.");
    }

    private static ReadOnlySequence<byte> Frame(ReadOnlySpan<byte> delimiter)
    {
        var bytes = new byte[Length];
        bytes.AsSpan().Fill((byte)'a');
        delimiter.CopyTo(bytes.AsSpan(Length - delimiter.Length));
        return new(bytes);
    }
}
