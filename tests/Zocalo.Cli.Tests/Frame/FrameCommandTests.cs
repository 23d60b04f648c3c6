using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Zocalo.Cli.Tests;

public sealed class FrameCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("zocalo-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("line", "one\ntwo\n\nlast\n")]
    [ThoroughData("line:strict", "one\r\ntwo\r\n\r\nlast\r\n")]
    [ThoroughData("nul", "one\0two\0\0last\0")]
    [ThoroughData("delim:7c7c", "one||two||||last||")]
    [InlineData("len:u16le", "\u0003\0one\u0003\0two\0\0\u0004\0last")]
    [ThoroughData("varint", "\u0003one\u0003two\0\u0004last")]
    [ThoroughData("digits:5", "00003one00003two0000000004last")]
    [InlineData("netstring", "3:one,3:two,0:,4:last,")]
    [ThoroughData("cobs", "\u0004one\0\u0004two\0\u0001\0\u0005last\0")]
    public async Task Lines_become_frames_and_frames_become_lines(string spec, string frames)
    {
        var encoded = await PipeAsync("one\ntwo\n\nlast"u8.ToArray(), "encode", "--frame", spec);
        Assert.Equal(frames, Encoding.Latin1.GetString(encoded.OutputBytes));
        Assert.Equal(0, encoded.ExitCode);
        Assert.Empty(encoded.Errors);

        var decoded = await PipeAsync(encoded.OutputBytes, "decode", "--frame", spec);
        Assert.Equal("one\ntwo\n\nlast\n", decoded.Output);
        Assert.Equal(0, decoded.ExitCode);
        Assert.Empty(decoded.Errors);
    }

    [Theory]
    [ThoroughData("lines", "text", "a\\n\n")]
    [InlineData("escapes", "repr", "b\"a\\n\"\n")]
    [InlineData("hex", "hex", "6162 \n")]
    public async Task The_forms_of_input_and_output_are_choices(string input, string print, string text)
    {
        var typed = text.Replace("b\"", "", StringComparison.Ordinal).Replace("\"", "", StringComparison.Ordinal);
        var encoded = await PipeAsync(Encoding.ASCII.GetBytes(typed), "encode", "--frame", "len:u8", "--input", input);
        var decoded = await PipeAsync(encoded.OutputBytes, "decode", "--frame", "len:u8", "--print", print);
        Assert.Equal(text.Replace(" ", "", StringComparison.Ordinal), decoded.Output);
    }

    [Fact]
    public async Task Files_are_read_and_written_by_name()
    {
        string lines = Path.Combine(_folder, "lines"), frames = Path.Combine(_folder, "frames"), back = Path.Combine(_folder, "back");
        await File.WriteAllTextAsync(lines, "uno\ndos\n");
        await File.WriteAllTextAsync(back, "what stood here before is gone, however long it was");
        var encoded = await ToolProcess.RunAsync("frame", "encode", lines, "--frame", "netstring", "-o", frames);
        Assert.Equal("3:uno,3:dos,", await File.ReadAllTextAsync(frames));
        Assert.Empty(encoded.Output);
        var decoded = await ToolProcess.RunAsync("frame", "decode", frames, "--frame", "netstring", "--output", back);
        Assert.Equal("uno\ndos\n", await File.ReadAllTextAsync(back));
        Assert.Equal((0, 0), (encoded.ExitCode, decoded.ExitCode));
    }

    [Fact]
    public async Task Raw_input_is_one_message()
    {
        var encoded = await PipeAsync("a\nb\n"u8.ToArray(), "encode", "--frame", "digits:5", "--input", "raw");
        Assert.Equal("00004a\nb\n", encoded.Output);
    }

    [Theory]
    [ThoroughData("fixed:3", "abc\nab\nabc\n", "abc", "line 2: ")]
    [ThoroughData("fixed:3", "abc\nabcd\nabc\n", "abc", "line 2 ")]
    [InlineData("delim:2c", "a\nb,c\n", "a,", "line 2: ")]
    [InlineData("len:u8,max=3", "abc\n\nabcd\n", "\u0003abc\0", "line 3 ")]
    [ThoroughData("digits:1", "123456789\n1234567890", "9123456789", "line 2")]
    public async Task A_line_that_cannot_be_a_frame_is_named_and_nothing_of_it_is_written(
        string spec, string lines, string frames, string problem)
    {
        var encoded = await PipeAsync(Encoding.ASCII.GetBytes(lines), "encode", "--frame", spec);
        Assert.Equal(frames, encoded.Output);
        Assert.StartsWith("zocalo: " + problem, Assert.Single(encoded.Errors), StringComparison.Ordinal);
        Assert.DoesNotContain("Parameter", encoded.Error, StringComparison.Ordinal);
        Assert.Equal(2, encoded.ExitCode);
    }

    [Theory]
    [ThoroughData("digits:5", "00003one00005tw", "at byte 8 of the stream")]
    [InlineData("digits:5", "00003one0000xtwo", "at byte 12 of the stream")]
    [ThoroughData("netstring", "3:one,3:two;", "at byte 11 of the stream")]
    [InlineData("line", "one\ntwo", "at byte 4 of the stream")]
    [ThoroughData("line:strict", "one\r\ntwo\n", "at byte 8 of the stream")]
    [ThoroughData("len:u8,max=3", "\u0003one\u0004four", "at byte 4 of the stream")]
    public async Task What_is_cut_off_or_corrupt_is_told_with_its_place_after_the_frames_before_it(string spec, string frames, string place)
    {
        var file = Path.Combine(_folder, "capture.bin");
        await File.WriteAllBytesAsync(file, Encoding.Latin1.GetBytes(frames));
        var decoded = await ToolProcess.RunAsync("frame", "decode", file, "--frame", spec);
        Assert.Equal("one\n", decoded.Output);
        var line = Assert.Single(decoded.Errors);
        Assert.StartsWith($"zocalo: {file}: ", line, StringComparison.Ordinal);
        Assert.Contains(place, line, StringComparison.Ordinal);
        Assert.Equal(2, decoded.ExitCode);
    }

    [Fact]
    public async Task Verbose_tells_of_each_frame_where_it_begins_and_its_size()
    {
        var text = await PipeAsync("1:a,0:,2:bc,"u8.ToArray(), "decode", "--frame", "netstring", "-v");
        Assert.Equal(["frame 1 at byte 0: 1 byte", "frame 2 at byte 4: 0 bytes", "frame 3 at byte 7: 2 bytes"], text.Errors);

        var json = await PipeAsync("1:a,0:,2:bc,"u8.ToArray(), "decode", "--frame", "netstring", "-v", "--json");
        var last = JsonDocument.Parse(json.Errors[2]).RootElement;
        Assert.Equal("""{"event":"frame","number":3,"bytes":2,"offset":7}""", last.GetRawText());
    }

    [Fact]
    public async Task What_has_come_is_shown_before_more_comes()
    {
        await using var decode = ToolProcess.Start("frame", "decode", "--frame", "digits:5");
        await decode.WriteAsync("00005hello0000");
        await decode.OutputAsync("hello\n");
        await decode.WriteAsync("2ok");
        await decode.OutputAsync("ok\n");
        Assert.Equal(0, (await decode.FinishAsync()).ExitCode);

        await using var encode = ToolProcess.Start("frame", "encode", "--frame", "digits:5");
        await encode.WriteAsync("hello\nno line y");
        await encode.OutputAsync("00005hello");
        await encode.WriteAsync("et\n");
        await encode.OutputAsync("00011no line yet");
    }

    [Fact]
    public async Task A_reader_that_leaves_ends_it_quietly()
    {
        var result = await ToolProcess.RunShellAsync(
            "yes 2> /dev/null | \"$ZOCALO\" frame encode --frame line | head -1; exit ${PIPESTATUS[1]}");
        Assert.Equal("y\n", result.Output);
        Assert.Empty(result.Errors);
        Assert.Equal(0, result.ExitCode);
    }

    [Fact]
    public async Task A_frame_of_many_chunks_arrives()
    {
        var message = new byte[3_000_000];
        new Random(3).NextBytes(message);
        var encoded = await PipeAsync(message, "encode", "--frame", "len:u32be,max=4M", "--input", "raw");
        Assert.Equal([0x00, 0x2D, 0xC6, 0xC0], encoded.OutputBytes[..4]);
        var decoded = await PipeAsync(encoded.OutputBytes, "decode", "--frame", "len:u32be,max=4M");
        Assert.Equal([.. message, (byte)'\n'], decoded.OutputBytes);
    }

    [Fact]
    public async Task A_large_file_is_never_in_memory()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs Linux's /proc");

        // 256 MiB of frames through both; the peak is read while the tool still waits for the end of its input.
        await using var tool = ToolProcess.Start("frame", "decode", "--frame", "len:u32be", "-o", "/dev/null");
        byte[] frame = [0, 0, 0xFF, 0xFC, .. new byte[65_532]];
        for (var i = 0; i < 4096; i++)
        {
            await tool.Input.WriteAsync(frame).AsTask().WaitAsync(ToolProcess.Patience);
        }
        await tool.Input.FlushAsync();
        var peak = File.ReadLines($"/proc/{tool.Id}/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        var kilobytes = int.Parse(peak.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        Assert.InRange(kilobytes, 1, 150 * 1024);
        Assert.Equal(0, (await tool.FinishAsync()).ExitCode);
    }

    private static async Task<ToolResult> PipeAsync(byte[] input, params string[] arguments)
    {
        await using var tool = ToolProcess.Start(["frame", .. arguments]);
        await tool.Input.WriteAsync(input);
        return await tool.FinishAsync();
    }
}
