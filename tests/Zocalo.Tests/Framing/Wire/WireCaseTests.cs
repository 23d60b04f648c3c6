using System.Reflection;

namespace Zocalo.Tests.Framing.Wire;

/// <summary>What holds for every method of the reader and of the writer.</summary>
public class WireCaseTests
{
    // Two bytes before the value, so that positions are not all zero, and two behind it that must stay.
    private static readonly byte[] Before = [0xBE, 0xF0];
    private static readonly byte[] Behind = [0xAF, 0x7E];

    private static readonly IReadOnlyList<WireCase> All = [.. NumberCases.All(), .. OtherCases.All()];

    public static TheoryData<string> Methods => [.. All.Select(found => found.Method).Distinct()];

    [Fact]
    public void Every_method_has_a_case()
    {
        var read = typeof(WireReader).GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
            .Where(method => !method.IsSpecialName)
            .Select(method => method.Name);
        var written = typeof(WireWriter).GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
            .Select(method => method.Name);
        string[] others = ["ThrowIfNotAtEnd", "Skip", "TrySkip", "PeekByte", "TryPeekByte", "ReadRest"];
        var cases = All.Select(found => found.Method).Distinct().ToList();

        Assert.Equal(
            [.. cases.SelectMany(method => new[] { "Read" + method, "TryRead" + method }).Concat(others).Order()], read.Distinct().Order());
        Assert.Equal([.. cases.Except(["Exactly"]).Select(method => "Write" + method).Order()], written.Distinct().Order());
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void It_writes_these_bytes(string method) => Assert.All(Of(method), value => Assert.Equal(value.Bytes, value.Written()));

    [Theory]
    [MemberData(nameof(Methods))]
    public void It_reads_these_bytes_wherever_they_are_split(string method) => Assert.All(Of(method), value =>
    {
        foreach (var message in Spread.Everywhere([.. Before, .. value.Bytes, .. Behind]))
        {
            var reader = Behead(new WireReader(message));
            var trying = reader;
            Assert.Equal(value.Value, value.Read(ref reader));
            Assert.True(value.TryRead(ref trying, out var found));
            Assert.Equal(value.Value, found);
            AssertRead(ref reader, value);
            AssertRead(ref trying, value);
        }
    });

    [Theory]
    [MemberData(nameof(Methods))]
    public void It_reads_these_bytes_from_a_span_and_as_the_last_ones(string method) => Assert.All(Of(method), value =>
    {
        ReadOnlySpan<byte> bytes = value.Bytes;
        var reader = new WireReader(bytes);
        Assert.Equal(value.Value, value.Read(ref reader));
        Assert.True(reader.IsAtEnd);

        foreach (var message in Spread.Everywhere(value.Bytes))
        {
            reader = new WireReader(message);
            Assert.Equal(value.Value, value.Read(ref reader));
            reader.ThrowIfNotAtEnd();
        }
    });

    [Theory]
    [MemberData(nameof(Methods))]
    public void Cut_short_it_throws_or_answers_false_and_the_reader_stays(string method) =>
        Assert.All(Of(method).Where(value => !value.MayBeCut), value =>
    {
        // The last byte, at each place, is the one that a cut notices; of a long text some are enough.
        for (var length = 0; length < value.Bytes.Length; length += 1 + (value.Bytes.Length / 50))
        {
            foreach (var message in Spread.Everywhere([.. Before, .. value.Bytes[..length]]))
            {
                var reader = Behead(new WireReader(message));
                Assert.False(value.TryRead(ref reader, out _));
                Assert.Equal(Before.Length, reader.Position);
                var thrown = Failing.Thrown(ref reader, value.Read);
                Assert.Equal(Before.Length, thrown.Position);
                Assert.Equal(
                    $"expected {thrown.Expected} at byte {thrown.Position}, found ",
                    thrown.Message[..(thrown.Message.LastIndexOf("found ", StringComparison.Ordinal) + 6)]);
                Assert.Equal((Before.Length, length), (reader.Position, reader.Remaining));
            }
        }
    });

    private static IEnumerable<WireCase> Of(string method) => All.Where(found => found.Method == method);

    private static WireReader Behead(WireReader reader)
    {
        reader.Skip(Before.Length);
        return reader;
    }

    private static void AssertRead(ref WireReader reader, WireCase value)
    {
        Assert.Equal(Before.Length + value.Bytes.Length, reader.Position);
        Assert.Equal(Behind.Length, reader.Remaining);
        Assert.Equal(Behind[0], reader.ReadByte());
    }
}
