namespace Zocalo.Tests.Framing.Proof;

/// <summary>
/// Where TCP cuts a stream changes nothing: the same frames, the same error at the same place, the same bytes left out, the same verdict at
/// the end, for every format of the table and every way to cut. Without <c>ZOCALO_THOROUGH=1</c>, long streams and three pieces are cut at
/// a part of the places.
/// </summary>
public sealed class SplitTests
{
    private readonly Transcript _expected = new();
    private readonly Transcript _actual = new();

    public static TheoryData<string> Names => FormatTable.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void Whole_frames_come_back_as_they_went(string name)
    {
        var of = FormatTable.Of(name);
        var random = new Random(7);
        for (var i = 0; i < 15; i++)
        {
            var stream = TestStreams.Valid(of, random, 4096, i < 5 ? 4000 : 100, out var payloads);
            Read(of, stream, [], Arrival.IntoOneArray, _actual);
            _expected.Clear();
            foreach (var payload in payloads)
            {
                _expected.Add(payload);
            }
            Assert.True(_actual.Failure is null && _actual.Skipped == 0, $"{of}: {_actual}");
            Assert.True(_actual.StartsWith(_expected) && _actual.Count == payloads.Count, $"{of}: sent {_expected}\ngot {_actual}");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_split_in_two_gives_the_same(string name)
    {
        var of = FormatTable.Of(name);
        foreach (var stream in TestStreams.Long(of).Concat(TestStreams.Short(of)))
        {
            Read(of, stream, [], Arrival.IntoOneArray, _expected);
            var isLong = stream.Length > 64;
            for (var cut = 1; cut < stream.Length; cut += isLong && !Thorough.IsOn ? 37 : 1)
            {
                foreach (var arrival in isLong || !Thorough.IsOn ? Feeding.FewArrivals : Feeding.Arrivals)
                {
                    Compare(of, stream, [cut], arrival);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_split_in_three_gives_the_same(string name)
    {
        var of = FormatTable.Of(name);
        foreach (var stream in TestStreams.Short(of))
        {
            Read(of, stream, [], Arrival.IntoOneArray, _expected);
            for (var first = 1; first < stream.Length - 1; first++)
            {
                for (var second = first + 1; second < stream.Length; second += Thorough.IsOn ? 1 : 37)
                {
                    foreach (var arrival in Feeding.FewArrivals)
                    {
                        Compare(of, stream, [first, second], arrival);
                    }
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Byte_by_byte_gives_the_same(string name)
    {
        var of = FormatTable.Of(name);
        foreach (var stream in TestStreams.Long(of).Concat(TestStreams.Short(of)))
        {
            Read(of, stream, [], Arrival.IntoOneArray, _expected);
            int[] everywhere = [.. Enumerable.Range(1, Math.Max(0, stream.Length - 1))];
            foreach (var arrival in Feeding.Arrivals)
            {
                Compare(of, stream, everywhere, arrival);
            }
        }
    }

    /// <summary>A stream that was cut off anywhere is the same wherever its pieces were cut; and only whole frames come out of
    /// it.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void A_stream_cut_off_anywhere_is_truncated_or_ends_between_two_frames(string name)
    {
        var of = FormatTable.Of(name);
        var whole = TestStreams.Short(of with { Streams = [] }).First();
        var full = new Transcript();
        Read(of, whole, [], Arrival.IntoOneArray, full);
        for (var length = 0; length < whole.Length; length++)
        {
            var stream = whole[..length];
            Read(of, stream, [], Arrival.IntoOneArray, _expected);
            Assert.True(of.OneFrame || _expected.Failure is null or { Reason: EndReason.Truncated }, $"{of}: {_expected}");
            Assert.True(of.OneFrame || full.StartsWith(_expected), $"{of}, {length} bytes of {Convert.ToHexString(whole)}: {_expected}");
            for (var cut = 1; cut < length; cut += Thorough.IsOn ? 1 : 3)
            {
                Compare(of, stream, [cut], Arrival.OneAfterAnother);
            }
        }
    }

    private void Compare(FormatCase of, byte[] stream, ReadOnlySpan<int> cuts, Arrival arrival)
    {
        Read(of, stream, cuts, arrival, _actual);
        if (!_actual.SameAs(_expected))
        {
            Assert.Fail(
                $"{of}, {arrival}, cut at {Show(cuts)} of {Convert.ToHexString(stream)}:\n" +
                $"in one piece {_expected}\ncut          {_actual}");
        }
    }

    private static void Read(FormatCase of, byte[] stream, ReadOnlySpan<int> cuts, Arrival arrival, Transcript into)
    {
        try
        {
            Feeding.Read(of.Format, stream, cuts, arrival, into);
        }
        catch (Exception e)
        {
            Assert.Fail($"{of}, {arrival}, cut at {Show(cuts)} of {Convert.ToHexString(stream)}: {e}");
        }
    }

    private static string Show(ReadOnlySpan<int> cuts) => cuts.Length > 3 ? "every byte" : string.Join(", ", cuts.ToArray());
}
