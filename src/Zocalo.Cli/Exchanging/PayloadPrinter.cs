using System.Buffers;

namespace Zocalo.Cli;

/// <summary>How received bytes are shown on standard output.</summary>
internal enum PrintForm
{
    /// <summary>The bytes themselves, as they come.</summary>
    Text,

    /// <summary>One line for each received chunk, as Python writes bytes.</summary>
    Repr,

    /// <summary>Lines of a hex dump.</summary>
    Hex,
}

/// <summary>Writes what was received to standard output, and nothing else ever does.</summary>
internal sealed class PayloadPrinter(StandardStream output, PrintForm form)
{
    private long _offset;

    /// <summary>Writes one received chunk, blocking while the reader of standard output is slow.</summary>
    /// <exception cref="BrokenPipeException">The reader of standard output has gone.</exception>
    /// <exception cref="ToolException">Standard output cannot be written.</exception>
    public void Print(ReadOnlySequence<byte> chunk)
    {
        try
        {
            if (form == PrintForm.Text)
            {
                foreach (ReadOnlyMemory<byte> segment in chunk)
                {
                    output.Write(segment.Span);
                }
            }
            else if (!chunk.IsEmpty)
            {
                ReadOnlySpan<byte> bytes = chunk.IsSingleSegment ? chunk.FirstSpan : chunk.ToArray();
                output.Write(form == PrintForm.Repr ? ByteText.Repr(bytes) + "\n" : ByteText.Dump(bytes, _offset));
                _offset += bytes.Length;
            }
        }
        catch (IOException failure) when (failure is not BrokenPipeException)
        {
            throw new ToolException($"cannot write to standard output ({failure.Message}); what was received is lost", ExitCode.Usage);
        }
    }
}
