namespace Zocalo.Cli.Tests;

public sealed class AddressWordsTests
{
    [Theory]
    [InlineData("127.0.0.1:80", "127.0.0.1:80")]
    [InlineData("localhost 80", "localhost:80")]
    [InlineData("::1 80", "[::1]:80")]
    [InlineData("[::1] 80", "[::1]:80")]
    [InlineData("* 80", "*:80")]
    public void Two_words_are_host_and_port(string words, string address) =>
        Assert.Equal(address, AddressArgument.Join(words.Split(' ')));

    [Fact]
    public void No_word_leaves_the_default() => Assert.Null(AddressArgument.Join([]));

    [Theory]
    [InlineData("echo", "echo", 0)]
    [InlineData("ehco", "echo", 2)]
    [InlineData("", "abc", 3)]
    [InlineData("lsten", "listen", 1)]
    public void A_slip_is_counted_in_letters(string from, string to, int distance) =>
        Assert.Equal(distance, UsageError.Distance(from, to));
}
