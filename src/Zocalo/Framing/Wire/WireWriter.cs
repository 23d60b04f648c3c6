using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Zocalo;

/// <summary>
/// Writes numbers, text and bytes into an <see cref="IBufferWriter{T}"/>: a connection's output, an <see cref="ArrayBufferWriter{T}"/>.
/// <see cref="WireReader"/> reads what it writes. The name of a method says the byte order of its number. A value that cannot be written
/// throws before a byte is written.
/// </summary>
/// <remarks>
/// <para>There is nothing to flush and nothing to dispose: each method calls <see cref="IBufferWriter{T}.Advance"/> before it returns. A
/// writer that kept a span and advanced once would save two calls for each value, some nanoseconds, and would lose bytes when the last step
/// is forgotten or an exception skips it. The writer has no state: a copy is the same writer, and other code may write to the same output
/// in between.</para>
/// <para>It sends nothing: flush the connection's output when the message is complete. It is as thread-safe as its output, and allocates
/// nothing.</para>
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

    /// <summary>A writer to <paramref name="output"/>.</summary>
    public WireWriter(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        _output = output;
    }

    /// <summary>Writes bytes as they are.</summary>
    public void WriteBytes(ReadOnlySpan<byte> bytes) => _output.Write(bytes);

    /// <summary>Writes bytes as they are, in one or several segments.</summary>
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

    /// <summary>Writes bytes as they are and, after them, <paramref name="terminator"/>.</summary>
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

    /// <summary>Writes the bytes of <paramref name="value"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Put<T>(T value) where T : unmanaged
    {
        MemoryMarshal.Write(_output.GetSpan(Unsafe.SizeOf<T>()), value);
        _output.Advance(Unsafe.SizeOf<T>());
    }
}
