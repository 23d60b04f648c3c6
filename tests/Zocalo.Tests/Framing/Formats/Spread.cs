using System.Buffers;

namespace Zocalo.Tests.Framing.Formats;

/// <summary>Payloads that lie in several pieces of memory.</summary>
internal static class Spread
{
    /// <summary>Asserts that a payload is written the same from one piece as from two, wherever it is cut, and reads back.</summary>
    internal static void Arrives(FrameFormat format, byte[] payload)
    {
        var whole = Reading.Encode(format, payload);
        for (var cut = 0; cut <= payload.Length; cut++)
        {
            var into = new ArrayBufferWriter<byte>();
            format.Encode(InTwo(payload, cut), into);
            Assert.Equal(whole, into.WrittenSpan.ToArray());
        }
        Reading.Arrives(format, payload);
    }

    internal static Frame InTwo(byte[] bytes, int cut)
    {
        var first = new Piece(bytes.AsMemory(0, cut), 0);
        var last = new Piece(bytes.AsMemory(cut), cut);
        first.Before(last);
        return new Frame(new ReadOnlySequence<byte>(first, 0, last, bytes.Length - cut));
    }

    /// <summary>Asserts that a spread message is refused and that nothing of it is written.</summary>
    internal static void Refused(FrameFormat format, byte[] payload)
    {
        var into = new ArrayBufferWriter<byte>();
        Assert.Throws<ArgumentException>(() => format.Encode(InTwo(payload, payload.Length / 2), into));
        Assert.Equal(0, into.WrittenCount);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        internal Piece(ReadOnlyMemory<byte> bytes, int at) => (Memory, RunningIndex) = (bytes, at);

        internal void Before(Piece next) => Next = next;
    }
}
