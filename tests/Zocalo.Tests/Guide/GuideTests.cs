namespace Zocalo.Tests.Guide;

/// <summary>The guide says the same in each language, and what it shows is what the samples are.</summary>
public class GuideTests
{
    private const int SampleLines = 60;
    private const int ReadmeSampleLines = 12;

    public static TheoryData<string, string> Chapters => [.. from language in new List<string> { "en", "es" }
                                                             from chapter in Chapter.Of(language)
                                                             select (language, chapter.Name)];

    public static TheoryData<string> Samples => [.. GuideFiles.Samples];

    [Fact]
    public void Both_languages_have_the_same_chapters()
    {
        Assert.NotEmpty(Chapter.Of("en"));
        Assert.Equal(Chapter.Of("en").Select(chapter => chapter.Name), Chapter.Of("es").Select(chapter => chapter.Name));
    }

    [Theory]
    [InlineData("en")]
    [InlineData("es")]
    public void The_table_of_contents_lists_every_chapter_in_its_order(string language)
    {
        var contents = new Chapter(Path.Combine(GuideFiles.Guide(language), "README.md"));
        Assert.Equal(
            Chapter.Of(language).Select(chapter => chapter.Name + ".md"),
            contents.Links.Where(link => !link.StartsWith("../", StringComparison.Ordinal)));
    }

    [Fact]
    public void Both_languages_show_the_same_code_and_the_same_output() =>
        Assert.All(Chapter.Of("en").Zip(Chapter.Of("es")), pair =>
            Assert.Equal(pair.First.Blocks.Select(block => block.ToString()), pair.Second.Blocks.Select(block => block.ToString())));

    [Theory]
    [MemberData(nameof(Chapters))]
    public void A_chapter_shows_its_samples_as_they_are(string language, string name)
    {
        var chapter = Find(language, name);
        var sources = chapter.Samples.Select(sample => File.ReadAllLines(GuideFiles.SampleSource(sample))).ToList();
        var shown = chapter.Blocks.Where(block => block.Kind == "csharp").ToList();
        Assert.NotEmpty(shown);
        Assert.All(shown, block => Assert.True(sources.Any(block.IsIn), $"not in {string.Join(" or ", chapter.Samples)}:\n{block}"));
    }

    [Theory]
    [MemberData(nameof(Chapters))]
    public void Links_lead_to_files(string language, string name)
    {
        var chapter = Find(language, name);
        Assert.NotEmpty(chapter.Links);
        Assert.All(chapter.Links.Where(link => !link.Contains("://", StringComparison.Ordinal)), link =>
            Assert.True(File.Exists(Path.Combine(Path.GetDirectoryName(chapter.Path)!, link.Split('#')[0])), $"{name} links to {link}"));
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void A_sample_is_short(string sample)
    {
        var limit = sample.StartsWith("readme-", StringComparison.Ordinal) ? ReadmeSampleLines : SampleLines - 1;
        Assert.InRange(File.ReadAllLines(GuideFiles.SampleSource(sample)).Length, 1, limit);
    }

    [Theory]
    [InlineData("readme-server")]
    [InlineData("readme-client")]
    [InlineData("readme-messages")]
    public void The_readme_shows_its_sample_whole(string sample)
    {
        // The samples may be given another address, for the tests; that is not worth a stranger's attention.
        var source = File.ReadAllText(GuideFiles.SampleSource(sample)).TrimEnd().Replace(
            "args.FirstOrDefault() ?? ", "", StringComparison.Ordinal);
        var shown = new Chapter(
            Path.Combine(Repository.Root, "README.md")).Blocks.Where(block => block.Kind == "csharp").Select(block => block.ToString());
        Assert.Contains(source, shown);
    }

    [Fact]
    public void Every_sample_belongs_to_a_chapter_or_to_the_readme() =>
        Assert.Equal(
            Chapter.Of("en")
                .SelectMany(chapter => chapter.Samples)
                .Concat(["readme-client", "readme-messages", "readme-server"])
                .Order(StringComparer.Ordinal),
            GuideFiles.Samples);

    private static Chapter Find(string language, string name) => Chapter.Of(language).Single(chapter => chapter.Name == name);
}
