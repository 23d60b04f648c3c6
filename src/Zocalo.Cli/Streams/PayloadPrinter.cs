using System.Buffers;
using System.Text;

namespace Zocalo.Cli;

/// <summary>How the messages to send are written in standard input or in a file.</summary>
internal enum InputForm
{
    /// <summary>Each line is one, without its end.</summary>
    Lines,

    /// <summary>The same, with the escapes of <c>--send</c>.</summary>
    Escapes,

    /// <summary>Each line is one, in hexadecimal.</summary>
    Hex,

    /// <summary>All of it is one.</summary>
    Raw,
}

/// <summary>How received bytes are shown on standard output.</summary>
internal enum PrintForm
{
    /// <summary>The bytes themselves, as they come.</summary>
    Text,

    /// <summary>One line for each received chunk, as Python writes bytes.</summary>
    Repr,

    /// <summary>Lines of a hex dump.</summary>
    Hex,

    /// <summary>The bytes themselves, with control characters escaped: what a terminal gets.</summary>
    Safe,
}

/// <summary>
/// Writes what one connection received to standard output, where nothing else goes: each received chunk in one piece, also when several
/// connections are printed.
/// </summary>
internal sealed class PayloadPrinter(StandardStream output, PrintForm form)
{
    private readonly ArrayBufferWriter<byte> _safe = new();
    private byte[] _undecided = [];
    private long _offset;

    /// <summary>Writes one received chunk, blocking while the reader of standard output is slow.</summary>
    /// <exception cref="BrokenPipeException">The reader of standard output has gone.</exception>
    /// <exception cref="ToolException">Standard output cannot be written.</exception>
    public void Print(ReadOnlySequence<byte> chunk)
    {
        if (form == PrintForm.Text)
        {
            Write(chunk);
        }
        else if (!chunk.IsEmpty)
        {
            PrintLines(chunk.IsSingleSegment ? chunk.FirstSpan : chunk.ToArray());
        }
    }

    /// <summary>Nothing more comes: what was held back is written.</summary>
    /// <exception cref="BrokenPipeException">The reader of standard output has gone.</exception>
    /// <exception cref="ToolException">Standard output cannot be written.</exception>
    public void End()
    {
        if (_undecided.Length > 0)
        {
            PrintSafe([], isLast: true);
        }
    }

    private void PrintLines(ReadOnlySpan<byte> bytes)
    {
        if (form == PrintForm.Safe)
        {
            PrintSafe(bytes, isLast: false);
            return;
        }
        var lines = form == PrintForm.Repr ? ByteText.Repr(bytes) + "\n" : ByteText.Dump(bytes, _offset);
        Write(new(Encoding.ASCII.GetBytes(lines)));
        _offset += bytes.Length;
    }

    private void PrintSafe(ReadOnlySpan<byte> bytes, bool isLast)
    {
        var all = _undecided.Length == 0 ? bytes : [.. _undecided, .. bytes];
        var judged = SafeText.Write(all, isLast, keepsLines: true, _safe);
        _undecided = all[judged..].ToArray();
        var text = _safe.WrittenMemory;
        _safe.ResetWrittenCount();
        Write(new(text));
    }

    private void Write(ReadOnlySequence<byte> bytes)
    {
        try
        {
            lock (output.Turn)
            {
                foreach (var segment in bytes)
                {
                    output.Write(segment.Span);
                }
            }
        }
        catch (IOException failure) when (failure is not BrokenPipeException)
        {
            throw new ToolException($"cannot write to standard output ({failure.Message}); what was received is lost", ExitCode.Usage);
        }
    }
}

/// <summary>Frames as lines: the payload as it is, as Python writes bytes, or in hexadecimal.</summary>
internal sealed class FramePrinter(ByteOutput output, PrintForm form)
{
    private const int EnoughForOneWrite = 64 * 1024;

    private readonly ArrayBufferWriter<byte> _lines = new();

    /// <summary>Adds a line. It is written with others, at the latest by <see cref="Flush"/>.</summary>
    /// <exception cref="BrokenPipeException">The reader of standard output has gone.</exception>
    /// <exception cref="ToolException">The output cannot be written.</exception>
    public void Print(in Frame frame)
    {
        if (form == PrintForm.Text)
        {
            frame.CopyTo(_lines.GetSpan(frame.Length));
            _lines.Advance(frame.Length);
        }
        else if (form == PrintForm.Safe)
        {
            SafeText.Write(frame.Span, isLast: true, keepsLines: false, _lines);
        }
        else
        {
            Encoding.ASCII.GetBytes(form == PrintForm.Repr ? ByteText.Repr(frame.Span) : Convert.ToHexStringLower(frame.Span), _lines);
        }
        _lines.Write("\n"u8);
        if (_lines.WrittenCount >= EnoughForOneWrite)
        {
            Flush();
        }
    }

    /// <summary>Writes what was added. A person must see a frame when it comes: call it before every wait.</summary>
    /// <exception cref="BrokenPipeException">The reader of standard output has gone.</exception>
    /// <exception cref="ToolException">The output cannot be written.</exception>
    public void Flush()
    {
        var lines = _lines.WrittenMemory;
        _lines.ResetWrittenCount();
        output.Write(lines.Span);
    }
}
