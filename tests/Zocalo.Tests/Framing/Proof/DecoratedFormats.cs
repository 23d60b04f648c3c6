namespace Zocalo.Tests.Framing.Proof;

/// <summary>Checksums and resynchronisation, over formats of each kind, and one over the other.</summary>
internal static class DecoratedFormats
{
    public static IEnumerable<FormatCase> All() => [.. Checksums(), .. Resyncs(), .. Both(), .. Nested()];

    private static IEnumerable<FormatCase> Checksums()
    {
        Checksum[] checksums = [
            Checksum.Crc16CcittFalse,
            Checksum.Crc16X25,
            Checksum.Crc16Modbus,
            Checksum.Crc32,
            Checksum.Crc32C,
            Checksum.Sum8,
            Checksum.Sum16,
            Checksum.Xor8];
        foreach (var checksum in checksums)
        {
            yield return new FormatCase(
                $"LengthPrefixed+{checksum.Name}", Frames.LengthPrefixed(2, maxFrameLength: 300).WithChecksum(checksum));
        }
        var trailer = new byte[] { 13, 10 };
        yield return new FormatCase(
            "LengthPrefixed+CRC, start and trailer",
            Frames.LengthPrefixed(1).WithChecksum(Checksum.Crc16X25, start: 2, trailer)) { Carries = bytes => bytes.Length >= 2 };
        yield return new FormatCase(
            "Fixed+Sum8",
            Frames.Fixed(9).WithChecksum(Checksum.Sum8)) { Shape = bytes =>
                FormatTable.Stretched(bytes, 8), Carries = bytes => bytes.Length == 8 };
        yield return new FormatCase("Slip+CRC", Frames.Slip(200).WithChecksum(Checksum.Crc16X25)) { Alphabet = [0xC0, 0xDB, 0xDC, 0xDD] };
        yield return new FormatCase(
            "Hdlc+CRC", Frames.Marked(FrameMarks.Hdlc, 200).WithChecksum(Checksum.Crc16X25)) { Alphabet = [0x7E, 0x7D, 0x5E, 0x5D] };
        yield return new FormatCase("Cobs+CRC", Frames.Cobs(300).WithChecksum(Checksum.Crc32)) { Alphabet = [0, 0, 1, 2, 0xFF] };
        yield return new FormatCase("UntilClose+CRC", Frames.UntilClose(300).WithChecksum(Checksum.Crc32)) { OneFrame = true };
    }

    private static IEnumerable<FormatCase> Resyncs()
    {
        // The mark is the part of the header before the length, which is delivered with it.
        var field = new LengthField(1) { Offset = 2, BytesToStrip = 0 };
        foreach (var mark in new byte[][] { [0x78, 0x78], [0x78, 0x79] })
        {
            yield return new FormatCase(
                $"LengthPrefixed+Resync({Convert.ToHexString(mark)})", Frames.LengthPrefixed(field, 60).WithResync(mark))
            {
                Alphabet = [.. mark, 0, 3, 4, 60, 61],
                Shape = bytes => WithMark(bytes, mark),
                Carries = bytes => bytes.AsSpan().StartsWith(mark) && bytes.Length >= 3 && bytes[2] == bytes.Length - 3,
                FillsIn = true,
                Streams = Broken(mark),
            };
        }
        yield return new FormatCase(
            "Jt808+Resync",
            Frames.Marked(FrameMarks.Jt808, 40).WithResync([0x7E])) { Alphabet = [0x7E, 0x7D, 1, 2], Carries = bytes => bytes.Length > 0 };
        yield return new FormatCase(
            "Marked+Resync",
            Frames.Marked(new FrameMarks(2, 3) { Escape = 0x10, EscapeMask = 0x20 }, 40).WithResync([2])) { Alphabet = [2, 3, 0x10] };
        yield return new FormatCase("Delimited+Resync", Frames.Delimited("\n"u8, 30).WithResync("$GP"u8))
        {
            Alphabet = [.. "$GP\n"u8],
            Shape = bytes => [.. "$GP"u8, .. bytes.Take(27)],
            Carries = bytes => bytes.AsSpan().StartsWith("$GP"u8) && !bytes.Contains((byte)'\n'),
        };
    }

    private static IEnumerable<FormatCase> Both()
    {
        byte[] mark = [0x78, 0x78];
        var field = new LengthField(1) { Offset = 2, BytesToStrip = 0, Adjustment = 0 };
        yield return new FormatCase(
            "LengthPrefixed+CRC+Resync", Frames.LengthPrefixed(field, 60).WithChecksum(Checksum.Crc16X25, start: 2).WithResync(mark))
        {
            Alphabet = [0x78, 0x78, 3, 5, 6, 60],
            // The length, which the checksum covers, counts the two bytes of the checksum.
            Shape = bytes => WithMark(bytes, mark, 2),
            Carries = bytes => bytes.AsSpan().StartsWith(mark) && bytes.Length >= 3 && bytes[2] == bytes.Length - 3 + 2,
            FillsIn = true,
            Streams = Broken(mark),
        };
        yield return new FormatCase(
            "Jt808+Xor8+Resync",
            Frames.Marked(FrameMarks.Jt808, 40).WithChecksum(Checksum.Xor8).WithResync([0x7E])) { Alphabet = [0x7E, 0x7D, 1, 2] };
        yield return new FormatCase(
            "Hdlc+CRC+Resync",
            Frames.Marked(FrameMarks.Hdlc, 40).WithChecksum(Checksum.Crc16X25).WithResync([0x7E])) { Alphabet = [0x7E, 0x7D, 0x5E] };
    }

    private static IEnumerable<FormatCase> Nested()
    {
        var formats = new Dictionary<byte, FrameFormat>
        {
            [1] = Frames.Slip(50),
            [2] = Frames.LengthPrefixed(1).WithChecksum(Checksum.Crc16Modbus),
            [3] = Frames.Lines(strict: true, 40),
        };
        yield return new FormatCase("Tagged(Slip, checksum, strict lines)", Frames.Tagged(formats))
        {
            Alphabet = [1, 2, 3, 0xC0, 0xDB, 13, 10],
            Shape = bytes => bytes.Length == 0 ? [2] : [(byte)(1 + (bytes[0] % 3)), .. bytes[1..]],
            Carries = bytes => bytes.Length > 0 && bytes[0] switch
            {
                1 => bytes.Length is > 1 and <= 51,
                2 => bytes.Length <= 254,
                3 => bytes.Length <= 41 && !bytes.AsSpan(1).ContainsAny((byte)13, (byte)10),
                _ => false,
            },
        };
        yield return new FormatCase("Tagged(UntilClose)", Frames.Tagged(new Dictionary<byte, FrameFormat> { [1] = Frames.UntilClose(30) }))
        {
            OneFrame = true,
            Shape = bytes => [1, .. bytes.Skip(1)],
            Carries = bytes => bytes.Length is > 0 and <= 31 && bytes[0] == 1,
        };
        yield return new FormatCase(
            "Tagged+CRC",
            Frames.Tagged(
                new Dictionary<byte,
                FrameFormat> { [5] = Frames.LengthPrefixed(1, maxFrameLength: 90), [6] = Frames.Cobs(90) }).WithChecksum(Checksum.Xor8))
        {
            Alphabet = [5, 6, 0, 3],
            Shape = bytes => [(byte)(5 + (bytes.Length % 2)), .. bytes.Skip(1)],
            Carries = bytes => bytes.Length > 0 && bytes[0] is (5 or 6),
        };
    }

    private static byte[] WithMark(byte[] bytes, byte[] mark, int more = 0)
    {
        var all = FormatTable.Stretched(bytes, Math.Clamp(bytes.Length, 3, 60 - more));
        mark.CopyTo(all, 0);
        all[2] = (byte)(all.Length - 3 + more);
        return all;
    }

    private static byte[][] Broken(byte[] mark) =>
    [
        [.. mark, 0xFF, .. mark, 0x01, 0x41],
        [.. mark, 0x3C, .. mark, 0x01, 0x41],
        [0x78, .. mark, 0x01, 0x41, 0x78, 0x78],
        [0x78, 0x78, 0x78, 0x78, 0x79, 0x01, 0x41, 0x78],
        [1, 2, 3, .. mark, 0x00, 9, .. mark, 0x00],
    ];
}
