using Zocalo.Security;

namespace Zocalo;

/// <summary>
/// Who may connect, how many times, and how fast. Everything is off unless set. Immutable. Who is refused sees a reset (RST), or
/// <see cref="LastWords"/>; it is counted (<see cref="SocketServer.RefusedCount"/>), and the log tells some of them.
/// </summary>
/// <remarks>A peer has to be accepted to be refused: the kernel has connected it before the program hears of it. A firewall is what keeps
/// out a flood.</remarks>
public sealed record AdmissionOptions
{
    /// <summary>The most bytes of <see cref="LastWords"/>: what the kernel takes at once from every new connection.</summary>
    internal const int MostLastWords = 1024;

    private const int FastestRate = 1_000_000;

    /// <summary>The defaults. Each call makes a new instance, so code that fills one in (a configuration binder does) changes no
    /// other.</summary>
    public static AdmissionOptions Default => new();

    /// <summary>
    /// How many connections one address may have at the same time; 0, the default, for any number. For IPv6 the first 64 bits count, since
    /// a site has that many addresses of its own. Peers of Unix sockets are not counted. Many people may share an address (carrier-grade
    /// NAT, RFC 6888), so a small number refuses honest ones.
    /// </summary>
    public int PerAddress { get; init => field = NotNegative(value, nameof(PerAddress)); }

    /// <summary>
    /// Networks that may connect, such as <c>192.0.2.0/24</c>, <c>2001:db8::/32</c> or one address; with at least one, nobody else may.
    /// Empty unless set: everybody. IPv4 addresses mapped into IPv6 are IPv4. Peers of Unix sockets are not looked at.
    /// </summary>
    /// <exception cref="FormatException">A text is not a network; the message says what is wrong with it.</exception>
    public IReadOnlyList<string> Allow { get; init => field = Networks(value, nameof(Allow)); } = [];

    /// <summary>Networks that may not connect, also when <see cref="Allow"/> has them. Written like those of <see cref="Allow"/>.</summary>
    /// <exception cref="FormatException">A text is not a network; the message says what is wrong with it.</exception>
    public IReadOnlyList<string> Deny { get; init => field = Networks(value, nameof(Deny)); } = [];

    /// <summary>
    /// How many connections are accepted in a second, for the whole server; 0, the default, for as many as come. What comes faster is not
    /// refused: it waits in the backlog, and in its clients when that is full. At most 1,000,000.
    /// </summary>
    public int AcceptRate
    {
        get;
        init => field = NotNegative(value, nameof(AcceptRate)) <= FastestRate
            ? value
            : throw new ArgumentOutOfRangeException(
                nameof(AcceptRate), value, $"AcceptRate is {value}; it must be at most {FastestRate}.");
    }

    /// <summary>How many connections may come at once after a quiet time, with an <see cref="AcceptRate"/>; 0, the default, for as many as
    /// in one second.</summary>
    public int AcceptBurst { get; init => field = NotNegative(value, nameof(AcceptBurst)); }

    /// <summary>A rule of one's own, which is asked last; none unless set.</summary>
    public Admission? Admit { get; init; }

    /// <summary>
    /// What a refused peer is sent before the connection is closed, such as <c>421 too many connections\r\n</c>; empty, the default, for a
    /// reset. At most 1,024 bytes. At most 16 peers at a time are told so, each within a second; the others are reset.
    /// </summary>
    public ReadOnlyMemory<byte> LastWords
    {
        get;
        init => field = value.Length <= MostLastWords
            ? value
            : throw new ArgumentOutOfRangeException(
                nameof(LastWords), value.Length, $"LastWords has {value.Length} bytes; it must have at most {MostLastWords}.");
    }

    private static int NotNegative(int value, string name) => value >= 0
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"{name} is {value}; it must be at least 1, or 0 for no limit.");

    private static IReadOnlyList<string> Networks(IReadOnlyList<string> value, string name)
    {
        ArgumentNullException.ThrowIfNull(value, name);
        foreach (var network in value)
        {
            _ = AccessRules.Parse(network);
        }
        return value.Count == 0 ? [] : [.. value];
    }
}
