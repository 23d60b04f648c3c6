using System.Buffers;
using Zocalo.Tests.Allocation;

namespace Zocalo.Tests.Framing.Proof;

/// <summary>0 bytes a frame in the steady state, read or written. Counts what this thread allocates, so other tests may run beside
/// it.</summary>
public sealed class SteadyAllocationTests
{
    private const int Piece = 64 * 1024;

    // A format whose only message ends with the stream needs a reader for each message.
    public static TheoryData<string> Names => [.. FormatTable.Names.Select(row => row.Data).Where(name => !FormatTable.Of(name).OneFrame)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Reading_frames_allocates_nothing(string name)
    {
        var of = FormatTable.Of(name);
        var stream = Frames64(of, out var frames);
        var reader = new FrameReader(of.Format);
        foreach (var buffer in new[]
        {
            new ReadOnlySequence<byte>(stream),
            Pieces.Of(stream, [.. Enumerable.Range(1, (stream.Length - 1) / 1000).Select(i => i * 1000)]),
        })
        {
            var read = 0;
            Assert.Equal(0, Allocated.Least(() => read = ReadAll(reader, buffer)));
            Assert.Equal(frames, read);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Writing_frames_allocates_nothing(string name)
    {
        var of = FormatTable.Of(name);
        var random = new Random(64);
        var payloads = Enumerable.Range(0, 100).Select(_ => of.Payload(random, 64)).ToArray();
        var into = new ArrayBufferWriter<byte>(100 * 1100);
        Assert.Equal(0, Allocated.Least(() =>
        {
            into.ResetWrittenCount();
            foreach (var payload in payloads)
            {
                of.Format.Encode(payload, into);
            }
        }));
    }

    private static int ReadAll(FrameReader reader, in ReadOnlySequence<byte> buffer)
    {
        reader.Begin(buffer);
        var frames = 0;
        while (reader.TryRead(out _))
        {
            frames++;
        }
        return frames;
    }

    /// <summary>Frames of about 64 bytes, whole.</summary>
    private static byte[] Frames64(FormatCase of, out int frames)
    {
        var random = new Random(64);
        var stream = new ArrayBufferWriter<byte>();
        for (frames = 0; stream.WrittenCount < Piece; frames++)
        {
            of.Format.Encode(of.Payload(random, 64), stream);
        }
        return stream.WrittenSpan.ToArray();
    }
}
