using Zocalo.Addresses;

namespace Zocalo.Tests.Addresses;

public class SpellingTests
{
    [Theory]
    [InlineData("tpc", true)]
    [InlineData("tc", true)]
    [InlineData("tcpp", true)]
    [InlineData("xcp", true)]
    [InlineData("tcp4", true)]
    [InlineData("ttcp", true)]
    [InlineData("cp", true)]
    [InlineData("tcp", false)]
    [InlineData("http", false)]
    [InlineData("pct", false)]
    [InlineData("", false)]
    public void A_scheme_is_suggested_for_one_slip_of_the_finger(string written, bool close) =>
        Assert.Equal(close, Spelling.IsOneSlipApart(written, "tcp"));
}
