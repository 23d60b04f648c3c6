namespace Zocalo.Cli.Tests.Interop;

/// <summary>
/// The tool against Python, socat, ncat and nc: a few words, 1 MiB of random bytes, a reply 2 s after the client's FIN, in a conversation
/// each with ZOCALO_THOROUGH=1, otherwise in one; and messages. See tests/interop/interop.py.
/// </summary>
public class PairingTests(PairingRun run) : IClassFixture<PairingRun>
{
    private static readonly string[] Programs = ["python", "socat", "ncat", "nc"];
    private static readonly string[] Transports = ["tcp4", "tcp6", "unix"];

    private static readonly string[] Formats = ["line", "len:u32be", "digits:5", "netstring"];

    public static TheoryData<string> Pairings =>
    [
        "tutorial client -> zocalo echo, tcp4",
        "zocalo connect -> tutorial server, tcp4",
        .. AllWith(program => $"{program} -> zocalo echo"),
        .. AllWith(program => $"{program} -> zocalo listen"),
        .. AllWith(program => $"zocalo connect -> {program}"),
        .. AllFramed("python -> zocalo echo"),
        .. AllFramed("python -> zocalo listen"),
        .. AllFramed("zocalo connect -> python"),
    ];

    [Theory]
    [MemberData(nameof(Pairings))]
    public void Every_byte_and_every_end_arrives(string pairing) => run.Check(pairing);

    [Fact]
    public async Task The_script_has_exactly_these_pairings()
    {
        var listed = await InteropScript.RunAsync("interop.py", "--list");
        if (listed is null)
        {
            OtherProgram.IsMissing("needs python3");
        }
        Assert.Equal(Pairings.Select(row => row.Data).Order(), listed!.Lines.Order());
    }

    private static IEnumerable<string> AllFramed(string roles) => Formats.Select(format => $"{roles} --frame {format}, tcp4");

    private static IEnumerable<string> AllWith(Func<string, string> roles) =>
        from program in Programs
        from transport in Transports
        select $"{roles(program)}, {transport}";
}
