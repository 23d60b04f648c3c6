namespace Zocalo.Tests.Framing.Proof;

/// <summary>
/// Every format with every decorator, and with every two: a payload that is taken comes back as it was, what comes can be sent again, what
/// cannot be carried is refused before a byte is written, and what makes no sense is refused when it is composed. A payload for each,
/// six with <c>ZOCALO_THOROUGH=1</c>, 300 with <c>ZOCALO_LONG=1</c> in the environment.
/// </summary>
public sealed class CompositionTests(ITestOutputHelper output)
{
    public static TheoryData<string> Names => [.. Compositions.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_payload_comes_back_through_every_decorator(string name)
    {
        var refusals = new List<string>();
        var problems = new List<string>();
        var (compositions, payloads, streams) = (0, 0, 0);
        void Refused(string composition, Exception why)
        {
            compositions++;
            (why is ArgumentException ? refusals : problems).Add($"{composition}: {why.Message}");
        }
        foreach (var of in Compositions.Over(name, Refused))
        {
            compositions++;
            var search = new CompositionSearch(of, Seeds.Current);
            try
            {
                search.Run(Thorough.IsLong ? 300 : Thorough.IsOn ? 6 : 1, Thorough.IsLong ? 50 : 1);
            }
            catch (Exception e)
            {
                problems.Add($"{of}: {e.Message}");
            }
            payloads += search.Payloads;
            streams += search.Streams;
        }
        output.WriteLine($"{compositions} compositions, {refusals.Count} refused when composed, {payloads} payloads, {streams} streams, "
            + $"{problems.Count} problems; seed {Seeds.Current}");
        foreach (var refusal in refusals.Take(Thorough.IsLong ? int.MaxValue : 5))
        {
            output.WriteLine(refusal);
        }
        var text = $"{problems.Count} of {compositions} compositions:\n{string.Join('\n', problems.Take(12))}";
        Assert.True(problems.Count == 0, $"{text}\nAgain: {Seeds.Replay("--filter-class \"*CompositionTests\"")}");
    }
}
