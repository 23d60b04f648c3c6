namespace Zocalo.Tests.Framing.Proof;

/// <summary>The table against the library.</summary>
public sealed class FormatTableTests
{
    [Fact]
    public void Every_format_of_the_library_is_in_the_table()
    {
        var formats = typeof(FrameFormat).Assembly.GetTypes().Where(
            type => type.IsSubclassOf(typeof(FrameFormat)) && !type.IsAbstract && type.Namespace == "Zocalo.Framing.Formats");
        var proved = FormatTable.All.Select(of => of.Format.GetType()).ToHashSet();
        Assert.Equal([], formats.Where(type => !proved.Contains(type)));
    }

    [Fact]
    public void Every_case_says_how_to_make_a_message_that_its_format_takes()
    {
        var random = new Random(1);
        foreach (var of in FormatTable.All)
        {
            for (var i = 0; i < 20; i++)
            {
                of.Format.Encode(of.Payload(random, 100), new TightWriter());
            }
        }
    }
}
