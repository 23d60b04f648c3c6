using System.Buffers;

namespace Zocalo.Cli;

/// <summary>Messages to frames and back, on files and pipes of any length. What is there is written before more is waited for, and before
/// an error is reported.</summary>
internal sealed class FrameFile(FrameFormat format, ByteInput input)
{
    /// <exception cref="ToolException">A message that the format cannot carry; those before it have been written, and nothing of
    /// it.</exception>
    public void Encode(InputForm form, ByteOutput output)
    {
        var messages = new PayloadInput(format, form);
        var frames = new ArrayBufferWriter<byte>();
        try
        {
            int count;
            while ((count = input.Read(messages.Room().Span)) > 0)
            {
                messages.Add(count);
                while (messages.TryRead(out var message))
                {
                    format.Encode(message.Span, frames);
                }
                Write(frames, output);
            }
            if (messages.TryEnd(out var last))
            {
                format.Encode(last.Span, frames);
            }
        }
        catch (ArgumentException unfit)
        {
            throw new ToolException($"{messages.Place}: {unfit.WithoutParameter()}", ExitCode.Usage);
        }
        finally
        {
            Write(frames, output);
        }
    }

    /// <param name="printer">Shows each frame.</param>
    /// <param name="found">Called for each frame.</param>
    /// <exception cref="ToolException">The input is corrupt or cut off; the frames before that have been shown.</exception>
    public void Decode(FramePrinter printer, Action<FrameEvent> found)
    {
        var frames = new ChunkedFrames(format);
        long number = 0;
        long offset = 0;
        try
        {
            int count;
            while ((count = input.Read(frames.Room().Span)) > 0)
            {
                frames.Add(count);
                while (frames.TryRead(out var frame))
                {
                    Show(frame);
                }
                printer.Flush();
            }
            if (frames.TryEnd(out var last))
            {
                Show(last);
            }
        }
        catch (FrameException broken)
        {
            throw new ToolException($"{input.Name}: {broken.Message}", ExitCode.Usage);
        }
        finally
        {
            printer.Flush();
        }

        void Show(in Frame frame)
        {
            found(new FrameEvent(++number, frame.Length, offset));
            printer.Print(frame);
            offset = frames.Offset;
        }
    }

    private static void Write(ArrayBufferWriter<byte> frames, ByteOutput output)
    {
        var ready = frames.WrittenMemory;
        frames.ResetWrittenCount();
        output.Write(ready.Span);
    }
}
