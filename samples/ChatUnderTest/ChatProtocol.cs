using System.Text;
using Zocalo;

namespace ChatUnderTest;

/// <summary>
/// The protocol: lines of UTF-8. A guest says <c>join NAME</c>, <c>say TEXT</c>, <c>who</c>, <c>leave</c>. The room says <c>NAME has
/// joined</c>, <c>NAME: TEXT</c>, <c>here: NAME, NAME</c> or <c>nobody is here</c>, <c>NAME has left</c>.
/// </summary>
public static class ChatProtocol
{
    /// <summary>Each line is a string.</summary>
    public static Protocol<string, string> Lines { get; } = Frames.Lines().Map<string, string>(
        line => Encoding.UTF8.GetString(line.Span),
        (line, into) => Encoding.UTF8.GetBytes(line, into));

    /// <summary>The verb and the rest: <c>say good morning</c> is <c>say</c> and <c>good morning</c>.</summary>
    internal static (string Verb, string Words) Parse(string line) =>
        line.Split(' ', 2) is [var verb, var words] ? (verb, words) : (line, "");
}
