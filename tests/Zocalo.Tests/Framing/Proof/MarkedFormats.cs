namespace Zocalo.Tests.Framing.Proof;

/// <summary>Start and stop marks: with every kind of escape and with none, the same mark on both sides or two.</summary>
internal static class MarkedFormats
{
    public static IEnumerable<FormatCase> All()
    {
        (string Name, FrameMarks Marks)[] kinds =
        [
            ("HDLC", FrameMarks.Hdlc),
            ("JT/T 808", FrameMarks.Jt808),
            ("two marks, mask", new FrameMarks(0x02, 0x03) { Escape = 0x10, EscapeMask = 0x80 }),
            (
                "two marks, codes",
                new FrameMarks(
                    (byte)'(',
                    (byte)')') { Escape =
                        (byte)'\\', EscapeCodes = new Dictionary<byte, byte> { [(byte)'('] = 1, [(byte)')'] = 2, [(byte)'\\'] = 3 } }),
            (
                "two marks, the escape doubled",
                new FrameMarks(0x02, 0x03)
                {
                    Escape = 0x10,
                    EscapeCodes = new Dictionary<byte,
                    byte> { [0x02] = 0x12, [0x03] = 0x13, [0x10] = 0x10 },
                }),
            ("two marks, the first optional", new FrameMarks(0x02, 0x03) { StartIsOptional = true, Escape = 0x10, EscapeMask = 0x20 }),
            ("two marks, no escape", new FrameMarks((byte)'$', (byte)'#')),
            ("one mark, no escape", new FrameMarks((byte)'$', (byte)'$')),
        ];
        foreach (var (name, marks) in kinds)
        {
            foreach (var limit in new[] { 0, 5, 40, 4000 })
            {
                // An empty message cannot be sent between two equal marks, so a limit of 0 would leave nothing.
                if (limit > 0 || marks.Start != marks.Stop)
                {
                    yield return new FormatCase(
                        $"Marked({name}, {limit})",
                        Frames.Marked(marks, limit)) { Alphabet = Alphabet(marks), Carries = bytes =>
                            Carries(marks, bytes), Streams = Streams(marks) };
                }
            }
        }
    }

    private static byte[] Alphabet(FrameMarks marks) =>
        [
            marks.Start,
            marks.Stop,
            .. marks.Escape is { } escape ? [escape, (byte)(marks.Start ^ 0x20)] : Array.Empty<byte>(),
            .. marks.EscapeCodes?.Values ?? []];

    private static bool Carries(FrameMarks marks, byte[] bytes) =>
        (bytes.Length > 0 || marks.Start != marks.Stop)
            && (marks.Escape is not null || (!bytes.Contains(marks.Start) && !bytes.Contains(marks.Stop)));

    private static byte[][] Streams(FrameMarks marks)
    {
        var (start, stop, escape) = (marks.Start, marks.Stop, marks.Escape ?? 0);
        return
        [
            [start, stop],
            [start, start, 1, stop, stop],
            [1, 2, stop, start, 3, stop],
            [start, 1, stop, 2, stop, start, 3, stop],
            [start, escape, stop, start],
            [start, 1, escape],
            [start, escape, escape, stop],
            [stop, start, 1, 2, start, 3, stop],
        ];
    }
}
