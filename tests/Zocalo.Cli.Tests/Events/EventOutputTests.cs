using System.Globalization;
using System.Text;

namespace Zocalo.Cli.Tests;

/// <summary>The queue between those who serve and a standard error that nobody may be reading.</summary>
public sealed class EventOutputTests : IDisposable
{
    private const int Capacity = 100;       // ten lines of ten bytes

    private readonly List<string> _written = [];
    private readonly SemaphoreSlim _mayWrite = new(0);
    private readonly SemaphoreSlim _writing = new(0);

    // A test that fails leaves no thread waiting.
    public void Dispose() => _mayWrite.Release(10_000);

    [Fact]
    public void Lines_are_written_in_their_order()
    {
        var output = Output();
        _mayWrite.Release(10_000);
        for (var i = 0; i < 1_000; i++)
        {
            output.Add(Line(i), LeftOut, WhenFull.Wait);
        }
        Assert.True(output.Flush());
        Assert.Equal(Enumerable.Range(0, 1_000).Select(Text), _written);
    }

    [Fact]
    public async Task Nobody_waits_for_a_reader_and_what_it_missed_is_counted_in_its_place()
    {
        var output = Output();
        await AddToBusyWriterAsync(output, 1_000);
        output.AddError(Encoding.UTF8.GetBytes("error"), LeftOut);
        output.Add(Line(1_000), LeftOut, WhenFull.LeaveOut);

        _mayWrite.Release(10_000);
        Assert.True(output.Flush());
        output.Add(Line(1_001), LeftOut, WhenFull.LeaveOut);
        Assert.True(output.Flush());

        // One was being written, ten waited; the error came after 989 that found no room, and before one that did not either.
        Assert.Equal([.. Enumerable.Range(0, 11).Select(Text), "989 left out", "error", "1 left out", Text(1_001)], _written);
    }

    [Fact]
    public async Task A_slow_reader_is_not_told_after_every_line_that_some_are_missing()
    {
        var output = Output();
        await AddToBusyWriterAsync(output, 12);
        for (var i = 0; i < 3; i++)
        {
            _mayWrite.Release();
            Assert.True(await _writing.WaitAsync(ToolProcess.Patience));
            output.Add(Line(100 + i), LeftOut, WhenFull.LeaveOut);
        }
        _mayWrite.Release(10_000);
        Assert.True(output.Flush());
        Assert.Equal([.. Enumerable.Range(0, 11).Select(Text), "4 left out"], _written);
    }

    [Fact]
    public async Task Errors_have_a_bound_as_well()
    {
        var output = Output();
        await AddToBusyWriterAsync(output, 12);
        var error = new byte[1_000];
        var errors = (EventOutput.ReserveForErrors / error.Length) + 100;
        for (var i = 0; i < errors; i++)
        {
            output.AddError(error, LeftOut);
        }
        _mayWrite.Release(10_000);
        Assert.True(output.Flush());
        var written = _written.Count(line => line.Length == error.Length);
        var leftOut = _written.Where(line => line.EndsWith(" left out", StringComparison.Ordinal)).Sum(
            line => int.Parse(line.Split(' ')[0], CultureInfo.InvariantCulture));
        Assert.InRange(written, 50, errors - 1);
        Assert.Equal(errors + 1, written + leftOut);
    }

    [Fact]
    public async Task A_flush_gives_up_when_a_line_takes_too_long()
    {
        var output = Output(new ManualClock { Step = TimeSpan.FromMilliseconds(700) });
        await AddToBusyWriterAsync(output, 3);
        Assert.False(output.Flush());
    }

    [Fact]
    public void A_flush_asks_first_what_is_still_to_be_said()
    {
        var output = Output();
        _mayWrite.Release(10_000);
        output.Ending += () => output.Add(Line(7), LeftOut, WhenFull.LeaveOut);
        Assert.True(output.Flush());
        Assert.Equal([Text(7)], _written);
    }

    [Fact]
    public async Task Who_has_time_waits_for_room()
    {
        var output = Output();
        var adding = Task.Run(() =>
        {
            for (var i = 0; i < 100; i++)
            {
                output.Add(Line(i), LeftOut, WhenFull.Wait);
            }
        });
        Assert.True(await _writing.WaitAsync(ToolProcess.Patience));
        _mayWrite.Release(10_000);
        await adding.WaitAsync(ToolProcess.Patience);
        Assert.True(output.Flush());
        Assert.Equal(Enumerable.Range(0, 100).Select(Text), _written);
    }

    [Fact]
    public void A_reader_that_has_gone_is_no_obstacle()
    {
        var output = new EventOutput(_ => throw new IOException("gone"), Capacity, TimeProvider.System);
        for (var i = 0; i < 1_000; i++)
        {
            output.Add(Line(i), LeftOut, WhenFull.Wait);
        }
        Assert.True(output.Flush());
    }

    private static byte[] Line(int number) => Encoding.UTF8.GetBytes(Text(number));

    private static string Text(int number) => string.Create(CultureInfo.InvariantCulture, $"line {number:00000}");

    private static byte[] LeftOut(long count) => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{count} left out"));

    // The first line is in the writer's hands before the others come.
    private async Task AddToBusyWriterAsync(EventOutput output, int lines)
    {
        output.Add(Line(0), LeftOut, WhenFull.LeaveOut);
        Assert.True(await _writing.WaitAsync(ToolProcess.Patience));
        for (var i = 1; i < lines; i++)
        {
            output.Add(Line(i), LeftOut, WhenFull.LeaveOut);
        }
    }

    private EventOutput Output(TimeProvider? time = null) => new(
        line =>
        {
            _writing.Release();
            _mayWrite.Wait(ToolProcess.Patience);
            _written.Add(Encoding.UTF8.GetString(line));
        },
        Capacity,
        time ?? TimeProvider.System);
}
