using System.Buffers;

namespace Zocalo.Tests.Framing.Proof;

/// <summary>Gives just what is asked for (a byte for "any"), and every time in other memory: who keeps a span, or writes more than it asked
/// for, is found out.</summary>
internal sealed class TightWriter : IBufferWriter<byte>
{
    private readonly ArrayBufferWriter<byte> _written = new();
    private byte[] _given = [];

    public ReadOnlySpan<byte> Written => _written.WrittenSpan;

    public void Advance(int count)
    {
        _written.Write(_given.AsSpan(0, count));
        _given = [];
    }

    public Memory<byte> GetMemory(int sizeHint = 0) => _given = new byte[Math.Max(1, sizeHint)];

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
}
