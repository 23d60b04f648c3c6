using System.Buffers;

namespace Zocalo.Tests.Framing.Wire;

/// <summary>One value, its bytes, and the three methods that carry it. The methods are found by name: <c>Read</c>, <c>TryRead</c> and
/// <c>Write</c> with <paramref name="Method"/> behind.</summary>
internal sealed record WireCase(
    string Method, object Value, byte[] Bytes, WireCase.Writing Write, WireCase.Reading Read, WireCase.Trying TryRead)
{
    public delegate void Writing(WireWriter writer);

    public delegate object Reading(ref WireReader reader);

    public delegate bool Trying(ref WireReader reader, out object? value);

    public delegate T Reading<T>(ref WireReader reader);

    public delegate bool Trying<T>(ref WireReader reader, out T? value);

    public delegate void Writing<T>(WireWriter writer, T value);

    /// <summary>Whether fewer of its bytes are a shorter value of the same kind, as with 42 and 4.</summary>
    public bool MayBeCut { get; init; }

    public static WireCase Of<T>(
        string method, T value, byte[] bytes, Writing<T> write, Reading<T> read, Trying<T> tryRead) where T : notnull =>
        new(method, value, bytes, writer => write(writer, value), (ref reader) => read(ref reader), (ref reader, out result) =>
        {
            var done = tryRead(ref reader, out var found);
            result = found;
            return done;
        });

    public byte[] Written()
    {
        var output = new ArrayBufferWriter<byte>();
        Write(new WireWriter(output));
        return output.WrittenSpan.ToArray();
    }

    public override string ToString() => $"{Method} {Value} {Convert.ToHexString(Bytes.AsSpan(0, Math.Min(20, Bytes.Length)))}";
}
