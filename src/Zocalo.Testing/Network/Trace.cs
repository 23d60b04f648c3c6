using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Zocalo.Testing.Network;

namespace Zocalo.Testing;

/// <summary>
/// The events of a simulation, in order: bytes that were sent and arrived, faults, ends of connections. The same seed gives the same trace,
/// byte for byte, on any machine. Thread-safe.
/// </summary>
public sealed class Trace
{
    // The number of sent bytes that are shown.
    private const int Preview = 24;

    // A test that never ends must not use up the machine's memory.
    private const int MostEntries = 2_000_000;

    private readonly World _world;
    private readonly bool _isOn;
    private readonly List<Entry> _entries = [];
    private readonly List<byte> _bytes = [];
    private bool _isFull;

    internal Trace(World world, bool isOn) => (_world, _isOn) = (world, isOn);

    /// <summary>Entries so far.</summary>
    public int Count
    {
        get
        {
            lock (_entries)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>SHA-256 of the text, in hexadecimal, to compare two runs.</summary>
    public string Digest => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(ToString())));

    /// <summary>Adds a line of the test.</summary>
    public void Note(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        Add(TraceKind.Note, text);
    }

    /// <summary>The whole trace, a line for each event: the time in seconds, the connection, the side, the event.</summary>
    public override string ToString() => ToString(int.MaxValue);

    /// <summary>The last lines.</summary>
    /// <param name="last">The most lines.</param>
    public string ToString(int last)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(last, 0);
        lock (_entries)
        {
            var text = new StringBuilder();
            for (var i = Math.Max(0, _entries.Count - last); i < _entries.Count; i++)
            {
                Write(_entries[i], text);
                text.Append('\n');
            }
            return text.ToString();
        }
    }

    /// <summary>Whether it is full: later events are not kept.</summary>
    public bool IsFull => Volatile.Read(ref _isFull);

    internal void Add(TraceKind kind, string text) => Add(kind, 0, false, 0, text);

    internal void Add(TraceKind kind, int connection, bool ofClient, long number, object? detail = null)
    {
        if (_isOn)
        {
            lock (_entries)
            {
                Keep(new(_world.Now, kind, connection, ofClient, number, detail, -1));
            }
        }
    }

    internal void AddBytes(TraceKind kind, int connection, bool ofClient, ReadOnlySpan<byte> bytes)
    {
        if (_isOn)
        {
            lock (_entries)
            {
                if (Keep(new(_world.Now, kind, connection, ofClient, bytes.Length, null, _bytes.Count)))
                {
                    _bytes.AddRange(bytes[..Math.Min(bytes.Length, Preview)]);
                }
            }
        }
    }

    private bool Keep(in Entry entry)
    {
        _isFull = _entries.Count >= MostEntries;
        if (!_isFull)
        {
            _entries.Add(entry);
        }
        return !_isFull;
    }

    private void Write(in Entry entry, StringBuilder into)
    {
        into.Append(CultureInfo.InvariantCulture, $"{entry.Time / TimeSpan.TicksPerSecond,6}.{entry.Time % TimeSpan.TicksPerSecond:D7}");
        if (entry.Connection > 0)
        {
            into.Append(CultureInfo.InvariantCulture, $" #{entry.Connection}");
        }
        var side = entry.OfClient ? " client " : " server ";
        (string Before, object? Shown, string Behind) words = entry.Kind switch
        {
            TraceKind.Sent => (side + "sends ", entry.Number, " B "),
            TraceKind.Arrived => (side + "has ", entry.Number, " B more"),
            TraceKind.Received => (side + "receives ", entry.Number, " B"),
            TraceKind.Fin => (side + "sends FIN", null, ""),
            TraceKind.FinArrived => (side + "has the FIN", null, ""),
            TraceKind.Reset => (side + "sends RST", null, ""),
            TraceKind.ResetArrived => (side + "has the RST", null, ""),
            TraceKind.GaveUp => (side + "gives up: ", entry.Detail, ""),
            TraceKind.End => (side + "end: ", entry.Detail, ""),
            TraceKind.Connect => (" connect from ", entry.Detail, ""),
            TraceKind.Connected => (" connected, ", entry.Detail, ""),
            TraceKind.NotConnected => (" not connected: ", entry.Detail, ""),
            TraceKind.Dropped => (" SYN dropped: ", entry.Detail, ""),
            TraceKind.Fault => (" fault: ", entry.Detail, ""),
            TraceKind.Note => (" note: ", entry.Detail, ""),
            _ => (" ", entry.Detail, ""),
        };
        into.Append(words.Before).Append(CultureInfo.InvariantCulture, $"{words.Shown}").Append(words.Behind);
        if (entry.Kind == TraceKind.Sent)
        {
            WritePreview(entry, into);
        }
    }

    private void WritePreview(in Entry entry, StringBuilder into)
    {
        into.Append('"');
        for (var i = 0; i < Math.Min(entry.Number, Preview); i++)
        {
            var value = _bytes[entry.Bytes + i];
            if (value is >= 0x20 and < 0x7F and not (byte)'"' and not (byte)'\\')
            {
                into.Append((char)value);
            }
            else
            {
                into.Append(CultureInfo.InvariantCulture, $"\\x{value:x2}");
            }
        }
        into.Append(entry.Number > Preview ? "\"…" : "\"");
    }

    private readonly record struct Entry(long Time, TraceKind Kind, int Connection, bool OfClient, long Number, object? Detail, int Bytes);
}
