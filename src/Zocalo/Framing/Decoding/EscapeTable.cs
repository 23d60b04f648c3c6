using System.Buffers;

namespace Zocalo.Framing.Decoding;

/// <summary>The escapes of marks in both directions, checked for ambiguity.</summary>
internal sealed class EscapeTable
{
    private readonly short[] _codes = new short[256];       // the code that is sent after the escape; -1 for a byte that is not escaped
    private readonly short[] _meanings = new short[256];    // the byte that a code after the escape means; -1 if none

    /// <exception cref="ArgumentException">The marks contradict each other.</exception>
    internal EscapeTable(FrameMarks marks)
    {
        Array.Fill(_codes, (short)-1);
        Array.Fill(_meanings, (short)-1);
        switch (marks)
        {
            case { Escape: null, EscapeMask: null, EscapeCodes: null }:
                break;
            case { Escape: { } escape } when escape == marks.Start || escape == marks.Stop:
                throw new ArgumentException($"The escape 0x{escape:X2} is one of the marks.", nameof(marks));
            case { Escape: { } escape, EscapeMask: { } mask, EscapeCodes: null }:
                FillMasked(marks, escape, mask);
                break;
            case { Escape: { } escape, EscapeMask: null, EscapeCodes: { } codes }:
                FillCoded(marks, escape, codes);
                break;
            default:
                throw new ArgumentException(
                    "Escapes are an Escape with either an EscapeMask or EscapeCodes; or none of the three.", nameof(marks));
        }
        Special = SearchValues.Create([marks.Start, marks.Stop, .. Escaped()]);
    }

    /// <summary>The bytes that must be escaped.</summary>
    internal SearchValues<byte> Special { get; }

    internal byte CodeOf(byte value) => (byte)_codes[value];

    internal bool IsCode(byte code) => _meanings[code] >= 0;

    internal byte MeaningOf(byte code) => (byte)_meanings[code];

    private IEnumerable<byte> Escaped() => Enumerable.Range(0, 256).Where(value => _codes[value] >= 0).Select(value => (byte)value);

    private void FillMasked(FrameMarks marks, byte escape, byte mask)
    {
        foreach (var value in new[] { marks.Start, marks.Stop, escape })
        {
            var code = (byte)(value ^ mask);
            if (code == marks.Start || code == marks.Stop || code == escape)
            {
                throw new ArgumentException(
                    $"The escape mask 0x{mask:X2} turns 0x{value:X2} into 0x{code:X2}, which has a meaning of its own.", nameof(marks));
            }
            _codes[value] = code;
        }
        for (var code = 0; code < 256; code++)
        {
            // A mark after the escape is an aborted frame (RFC 1662, 4.3); no sender escapes the escape by itself.
            _meanings[code] = (short)(code == marks.Start || code == marks.Stop || code == escape ? -1 : code ^ mask);
        }
    }

    private void FillCoded(FrameMarks marks, byte escape, IReadOnlyDictionary<byte, byte> codes)
    {
        foreach (var value in new[] { marks.Start, marks.Stop, escape })
        {
            if (!codes.ContainsKey(value))
            {
                throw new ArgumentException($"There is no escape code for 0x{value:X2}.", nameof(marks));
            }
        }
        foreach (var (value, code) in codes)
        {
            if (code == marks.Start || code == marks.Stop)
            {
                throw new ArgumentException($"The escape code 0x{code:X2} is one of the marks.", nameof(marks));
            }
            if (_meanings[code] >= 0)
            {
                throw new ArgumentException($"The escape code 0x{code:X2} has two meanings.", nameof(marks));
            }
            _codes[value] = code;
            _meanings[code] = value;
        }
    }
}
