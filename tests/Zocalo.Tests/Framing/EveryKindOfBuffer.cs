using System.Buffers;
using Zocalo.Tests.Framing.Proof;

namespace Zocalo.Tests.Framing;

/// <summary>The same bytes in every kind of memory that a sequence can be made of.</summary>
internal static class EveryKindOfBuffer
{
    /// <summary>The same bytes as an array, a part of one, memory of no array, and segments of these, empty ones among them.</summary>
    public static IEnumerable<ReadOnlySequence<byte>> Of(byte[] bytes)
    {
        yield return new ReadOnlySequence<byte>(bytes);
        yield return new ReadOnlySequence<byte>([9, 9, 9, .. bytes, 9], 3, bytes.Length);
        yield return new ReadOnlySequence<byte>(new ForeignMemory(bytes, 0).Memory);
        yield return new ReadOnlySequence<byte>(new ForeignMemory([9, 9, .. bytes], 0).Memory.Slice(2));
        yield return new ReadOnlySequence<byte>(new ForeignMemory(bytes, 4).Memory);
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            yield return Pieces.Of(bytes, [cut]);
            yield return Pieces.Of(bytes, [cut], emptyBetween: true);
            yield return Pieces.Of(new ForeignMemory(bytes, 0).Memory, [cut]);
            yield return Pieces.Of(new ForeignMemory(bytes, 3).Memory, [cut, cut]);
        }
        yield return Pieces.Of(bytes, [.. Enumerable.Range(1, bytes.Length - 1)], emptyBetween: true);
    }

    /// <summary>Memory of a manager: of no array, or (with an offset) inside one.</summary>
    private sealed class ForeignMemory(byte[] bytes, int offset) : MemoryManager<byte>
    {
        private readonly byte[] _bytes = [.. new byte[offset], .. bytes];

        public override Span<byte> GetSpan() => _bytes.AsSpan(offset);

        public override MemoryHandle Pin(int elementIndex = 0) => throw new NotSupportedException();

        public override void Unpin()
        {
        }

        protected override bool TryGetArray(out ArraySegment<byte> segment)
        {
            segment = offset == 0 ? default : new ArraySegment<byte>(_bytes, offset, _bytes.Length - offset);
            return offset > 0;
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
