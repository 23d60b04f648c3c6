using System.Buffers;
using System.Text;

namespace Zocalo.Cli;

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
        ReadOnlyMemory<byte> lines = _lines.WrittenMemory;
        _lines.ResetWrittenCount();
        output.Write(lines.Span);
    }
}
