using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Zocalo;

/// <summary>
/// Writes numbers, text and bytes into an <see cref="IBufferWriter{T}"/>: a connection's output, an <see cref="ArrayBufferWriter{T}"/>.
/// What it writes, <see cref="WireReader"/> reads; the order of a number's bytes is in the name of the method that writes it. A value that
/// cannot be written as asked throws before a byte is written.
/// </summary>
/// <remarks>
/// <para>There is nothing to flush and nothing to dispose: each write is handed over (<see cref="IBufferWriter{T}.Advance"/>) before its
/// method returns. To buffer a span and advance once would save two calls a value, some nanoseconds, and lose bytes whenever the last step
/// is forgotten or an exception passes it. So the writer has no state of its own either: a copy is the same writer, and others may write to
/// the same output in between.</para>
/// <para>Nothing is sent by it: flush the connection's output when the message is complete. As thread-safe as its output. Nothing is
/// allocated.</para>
/// </remarks>
/// <example>
/// <code>
/// var writer = new WireWriter(connection.Output);
/// writer.WriteUInt32BigEndian(id);
/// writer.WriteUInt16BigEndian(checked((ushort)WireWriter.MeasureUtf8(name)));
/// writer.WriteUtf8(name);
/// </code>
/// </example>
public readonly ref partial struct WireWriter
{
    private readonly IBufferWriter<byte> _output;

    /// <summary>A writer that goes on where <paramref name="output"/> is.</summary>
    public WireWriter(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        _output = output;
    }

    /// <summary>Writes bytes as they are.</summary>
    public void WriteBytes(ReadOnlySpan<byte> bytes) => _output.Write(bytes);

    /// <summary>Writes bytes as they are, piece by piece if they are spread.</summary>
    public void WriteBytes(in Frame bytes)
    {
        if (bytes.IsContiguous)
        {
            _output.Write(bytes.Span);
            return;
        }
        foreach (var piece in bytes.Sequence)
        {
            _output.Write(piece.Span);
        }
    }

    /// <summary>Writes bytes as they are and, behind them, <paramref name="terminator"/>.</summary>
    /// <exception cref="ArgumentException">The bytes contain the terminator and would end early. Nothing was written.</exception>
    public void WriteBytesTerminated(ReadOnlySpan<byte> bytes, byte terminator)
    {
        if (bytes.Contains(terminator))
        {
            throw new ArgumentException($"The bytes contain their terminator 0x{terminator:X2}: they would end there.", nameof(bytes));
        }
        _output.Write(bytes);
        Put(terminator);
    }

    /// <summary>The bytes of <paramref name="value"/> as they lie.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Put<T>(T value) where T : unmanaged
    {
        MemoryMarshal.Write(_output.GetSpan(Unsafe.SizeOf<T>()), value);
        _output.Advance(Unsafe.SizeOf<T>());
    }
}
