namespace Zocalo.Cli.Tests;

/// <summary>Exit code 2: one line on standard error that says what to do, and nothing is sent anywhere.</summary>
public sealed class UsageTests
{
    [Theory]
    [InlineData("connect --foo", "'--foo'; see 'zocalo connect --help'")]
    [InlineData("connect --foo 127.0.0.1:1", "'--foo'")]
    [InlineData("connect 127.0.0.1:1 --prnt=hex", "'--prnt', did you mean '--print'?")]
    [InlineData("connect 127.0.0.1 --timeout", "'--timeout'")]
    [InlineData("listen -x", "'-x'")]
    [InlineData("listen :0 -K", "'-K', did you mean '-k'?")]
    [InlineData("echo --bcklog 3", "'--bcklog', did you mean '--backlog'?")]
    [InlineData("echo -- -x", "'-x'")]
    [InlineData("connect -", "'-'")]
    [InlineData("tour --fast", "'--fast'")]
    [InlineData("frame decode --frme line", "'--frme', did you mean '--frame'?")]
    [InlineData("--foo", "'--foo'")]
    public async Task An_unknown_option_is_never_taken_for_a_host(string line, string named)
    {
        var result = await ToolHere.RunAsync(line.Split(' '));
        AssertUsage(result, "unknown option " + named);
    }

    [Theory]
    [InlineData("-v connect", "'-v' is an option of 'zocalo connect'; write it after that: zocalo connect -v")]
    [InlineData("-v connect :1", "'-v' is an option of 'zocalo connect'; write it after that: zocalo connect -v")]
    [InlineData("-q echo", "'-q' is an option of 'zocalo echo'; write it after that: zocalo echo -q")]
    [InlineData("frame -v decode", "'-v' is an option of 'zocalo frame decode'; write it after that: zocalo frame decode -v")]
    [InlineData("--connect-timeout=5 connect :1", "write it after that: zocalo connect --connect-timeout=5")]
    [InlineData("echo -- -v", "'-v' is an option of 'zocalo echo'; write it after that: zocalo echo -v")]
    public async Task An_option_in_the_wrong_place_is_shown_the_right_one(string line, string cure)
    {
        var result = await ToolHere.RunAsync(line.Split(' '));
        AssertUsage(result, cure);
        Assert.DoesNotContain("did you mean", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "say what to do: tour, echo, connect, listen, frame, top;")]
    [InlineData("frame", "say what to do: encode, decode; see 'zocalo frame --help'")]
    [InlineData("frame recode", "unknown command 'recode', did you mean 'decode'?; see 'zocalo frame --help'")]
    [InlineData("frame encode a b --frame line", "'b' is one word too many; see 'zocalo frame encode --help'")]
    [InlineData("frame encode", "say how messages are marked: --frame line")]
    [InlineData("frame decode --frame", "--frame needs a value")]
    [InlineData("frame decode --frame line --frame nul", "--frame is given more than once")]
    [InlineData("frame decode --frame lines", "'lines' is not a way to mark messages, did you mean 'line'?")]
    [InlineData("frame encode --frame line --input json", "'json' is not one of lines, escapes, hex, raw")]
    [InlineData("frame encode --frame line /no/such/file", "cannot read /no/such/file (")]
    [InlineData("frame encode --frame line /", "cannot read / (it is a directory)")]
    [InlineData("frame decode --frame line -o /no/such/file", "cannot write to /no/such/file (")]
    [InlineData("frame decode --frame line ./a -o a", "a is the input as well; give -o another name")]
    [InlineData("connect a:1 --frame len:u31", "'u31' is not a length")]
    [InlineData("listen :0 --frame fixed", "'fixed' needs the length of every frame")]
    [InlineData("connect 127.0.0.1:1 --input hex", "without --frame there are none")]
    [InlineData("echo --frame nil", "'nil' is not a way to mark messages, did you mean 'nul'?")]
    [InlineData("echo --frame line --reply-delay 1s", "--frame and --reply-delay do not go together")]
    [InlineData("echo --frame line --handler plain", "--frame and --handler do not go together")]
    [InlineData("ehco", "unknown command 'ehco', did you mean 'echo'?")]
    [InlineData("127.0.0.1:80", "unknown command '127.0.0.1:80'")]
    [InlineData("help", "unknown command 'help', did you mean '--help'?")]
    [InlineData("version", "unknown command 'version', did you mean '--version'?")]
    [InlineData("connect :9 --send a b", "':9' is a whole address, and 'b' is one word too many")]
    [InlineData("connect localhost: 80", "'localhost:' is a whole address, and '80' is one word too many")]
    [InlineData("connect localhost", "it is missing; write host:port")]
    [InlineData("connect http://example.org", "\"http\" is not a scheme")]
    [InlineData("connect /run/x.sock", "a Unix socket is written unix:/path")]
    [InlineData("connect [fe80::1%nosuch]:9 --send x", "this machine has no network interface")]
    [InlineData("connect :0 --send x", "0 asks a listener for any free port")]
    [InlineData("connect 300.1.2.3:80", "is not an IPv4 address")]
    [InlineData("connect", "the address is missing")]
    [InlineData("listen", "the address is missing")]
    [InlineData("connect a 1 2", "'2' is one word too many")]
    [InlineData("tour now", "'now' is one word too many")]
    [InlineData("connect a:1 --print", "--print needs a value")]
    [InlineData("connect a:1 --print json", "'json' is not one of text, repr, hex")]
    [InlineData("connect a:1 --peer-eof never", "'never' is not one of continue, exit")]
    [InlineData("connect a:1 --send-hex 0x", "--send-hex: '0x' is not hexadecimal; write two digits a byte")]
    [InlineData("connect a:1 --send a --send-hex 00", "--send and --send-hex do not go together")]
    [InlineData("connect a:1 --recv-only --send a", "--recv-only sends nothing, so --send does not go with it")]
    [InlineData("listen :0 --recv-only --send-hex 00", "--recv-only sends nothing, so --send-hex does not go with it")]
    [InlineData("connect a:1 --recv-only --send-only", "--recv-only sends nothing, so --send-only does not go with it")]
    [InlineData("connect a:1 --frame line --input hex --recv-only", "--recv-only sends nothing, so --input does not go with it")]
    [InlineData("connect a:1 --send-only --print hex", "--send-only shows nothing, so --print does not go with it")]
    [InlineData("listen :0 --max-clients 2", "--max-clients is for a listener that keeps listening; add -k")]
    [InlineData("listen :0 -k --max-clients 0", "--max-clients: '0' is not a count")]
    [InlineData("connect a:1 --print hex --print repr", "--print is given more than once")]
    [InlineData("connect a:1 --eof never", "'never' is not one of half, close, keep")]
    [InlineData("connect a:1 --connect-timeout two", "--connect-timeout: 'two' is not a time; write 2 (seconds), 2s, 500ms or 1m")]
    [InlineData("connect a:1 --connect-timeout 0", "--connect-timeout: '0' is too short; the least is 1ms")]
    [InlineData("connect a:1 --connect-timeout 2x", "'x' is not a unit of time; write 2ms, 2s, 2m or 2h")]
    [InlineData("connect 127.0.0.1:9 extra", "'127.0.0.1:9' is a whole address, and 'extra' is one word too many")]
    [InlineData("connect tcp://a:9 80", "'tcp://a:9' is a whole address, and '80' is one word too many")]
    [InlineData("connect [::1]:9 80", "'[::1]:9' is a whole address, and '80' is one word too many")]
    [InlineData("connect unix:/run/x 80", "'unix:/run/x' is a whole address, and '80' is one word too many")]
    [InlineData("connect :80 81", "':80' is a whole address, and '81' is one word too many")]
    [InlineData("listen 8080", "'8080' is a port without a host; write ':8080' (this machine only)")]
    [InlineData("connect 80", "'80' is a port without a host; write ':80'")]
    [InlineData("echo 5346", "'5346' is a port without a host; write ':5346'")]
    [InlineData("echo --drain-timeout never", "--drain-timeout: 'never' is not a time")]
    [InlineData("listen :0 --drain-timeout", "--drain-timeout needs a value")]
    [InlineData("connect a:1 --engine steam", "--engine: there is no engine named 'steam'; choose auto, async, threads, select or epoll")]
    [InlineData("echo --engine steam,strict", "there is no engine named 'steam'")]
    [InlineData("listen :0 --engine epoll,strickt", "there is no engine named 'epoll,strickt'")]
    [InlineData("echo --engine", "--engine needs a value")]
    [InlineData("echo --loops 0", "--loops: '0' is not a count; write a whole number of at least 1 and at most 1024")]
    [InlineData("echo --loops 1025", "--loops: '1025' is not a count")]
    [InlineData("echo --no-rescu", "unknown option '--no-rescu', did you mean '--no-rescue'?")]
    [InlineData("echo --placement here", "'here' is not one of engine, pool")]
    [InlineData("echo unix:@zocalo-a-loop --per-loop", "--per-loop is for TCP, and unix:@zocalo-a-loop is a Unix socket")]
    [InlineData("listen :0 --per-loop", "unknown option '--per-loop'")]
    [InlineData("connect a:1 --placement pool", "unknown option '--placement'")]
    [InlineData("echo --block-first -2", "'-2' is too short; the least is 1ms")]
    [InlineData("echo --frame line --block-first 2s", "--frame and --block-first do not go together")]
    [InlineData("connect a:1 --send \\q", "is not an escape")]
    [InlineData("connect a:port-that-is-none", "port-that-is-none")]
    [InlineData("connect 127.0.0.1:99999", "99999")]
    [InlineData("listen a:b:c", "a:b:c")]
    [InlineData("echo --backlog 0", "'0' is not a count")]
    [InlineData("echo --control :80", "--control: ':80' is not a Unix socket; write unix:/path.zocalo")]
    [InlineData("echo --control unix:", "--control: ")]
    [InlineData("top", "the address is missing")]
    [InlineData("top :80", ":80 is not a Unix socket; a server is watched on its control socket")]
    [InlineData("top 999999999", "there is no process 999999999")]
    [InlineData("top unix:/x --onc", "unknown option '--onc', did you mean '--once'?")]
    [InlineData("echo --max-connections many", "'many' is not a count")]
    [InlineData("echo --handler fancy", "'fancy' is not one of copy, plain")]
    [InlineData("echo --reply-delay soon", "'soon' is not a time")]
    public async Task A_fault_is_one_line_that_names_it(string line, string named)
    {
        var result = await ToolHere.RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        AssertUsage(result, named);
    }

    [Theory]
    [InlineData("connect a:1 --print", "--print needs a value")]
    [InlineData("connect 127.0.0.1:9 extra", "one word too many")]
    public async Task The_process_itself_says_so_and_ends_with_2(string line, string named)
    {
        var result = await ToolProcess.RunAsync(line.Split(' '));
        AssertUsage(result, named);
    }

    [Theory]
    [InlineData("--help", "frame")]
    [InlineData("-h", "a deadline passed")]
    [InlineData("frame decode -h", "--print text|repr|hex")]
    [InlineData("listen --help", "--max-clients, --max-connections N")]
    [InlineData("connect --help", "--peer-eof continue|exit")]
    [InlineData("connect --help", "--send-hex HEX")]
    [InlineData("connect --help", "--print text|repr|hex|safe")]
    public async Task Help_goes_to_standard_output_and_is_no_error(string line, string contained)
    {
        var result = await ToolProcess.RunAsync(line.Split(' '));
        Assert.Equal(0, result.ExitCode);
        Assert.Contains(contained, result.Output, StringComparison.Ordinal);
        Assert.Empty(result.Errors);
    }

    [Theory]
    [InlineData("--version")]
    [InlineData("--version --version")]
    public async Task The_version_is_one_line(string line)
    {
        var result = await ToolProcess.RunAsync(line.Split(' '));
        Assert.Equal(0, result.ExitCode);
        Assert.Matches("^zocalo [0-9]+\\.[0-9]+\\.[0-9]+\n$", result.Output);
        Assert.Empty(result.Errors);
    }

    [Fact]
    public async Task An_at_sign_in_a_text_is_no_file_of_options()
    {
        using var listener = Peer.Listen();
        await using var tool = ToolProcess.Start("connect", $"127.0.0.1:{PortOf(listener)}", "--send", "@nosuchfile");
        using var peer = await Peer.AcceptAsync(listener);
        Assert.Equal("@nosuchfile"u8.ToArray(), await peer.ReceiveAllAsync());
    }

    internal static int PortOf(System.Net.Sockets.Socket socket) => ((System.Net.IPEndPoint)socket.LocalEndPoint!).Port;

    private static void AssertUsage(ToolResult result, string named)
    {
        var line = Assert.Single(result.Errors);
        Assert.StartsWith("zocalo: ", line, StringComparison.Ordinal);
        Assert.Contains(named, line, StringComparison.Ordinal);
        Assert.Equal(2, result.ExitCode);
        Assert.Empty(result.Output);
    }
}
