using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Zocalo.Cli;

/// <summary>A snapshot as a screen: three boxes side by side, below them the slowest peers. From 80 columns on.</summary>
internal static class TopView
{
    private const int StatesWidth = 22;
    private const int EndsWidth = 28;
    private const int WidestRates = 50;
    private const int LinesWithoutPeers = 14;       // the title, the boxes, the heads, a line below
    private const int RowsOfBox = 7;
    private const long MostInFull = 9_999_999;
    private const long MostInEnds = 999_999;        // beside the longest reason

    /// <param name="server">Whose it is.</param>
    /// <param name="now">What it does.</param>
    /// <param name="size">Of the terminal.</param>
    /// <param name="hasColour">Whether it has colours.</param>
    /// <returns>Lines, each at most as wide as the terminal.</returns>
    public static string Render(ServerLine server, SnapshotLine now, TerminalSize size, bool hasColour)
    {
        var text = new StringWriter(CultureInfo.InvariantCulture);
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = hasColour ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = hasColour ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(text),
        });
        console.Profile.Width = size.Width;
        console.Profile.Capabilities.Unicode = true;
        console.Write(Title(server, now, size.Width));
        console.Write(Boxes(server, now, size.Width));
        console.Write(Peers(now, Math.Max(1, size.Height - LinesWithoutPeers)));
        return string.Join('\n', text.ToString().Split('\n').Select(line => line.TrimEnd())).TrimEnd('\n') + "\n";
    }

    private static Paragraph Title(ServerLine server, SnapshotLine now, int width)
    {
        var who = $"{server.Engine}  pid {server.Pid}  ";
        var state = now.Draining ? "draining" : $"up {Age(now.UptimeSeconds)}";
        var left = Math.Max(1, width - who.Length - state.Length - 3);      // a blank at each side, and one between
        var address = server.Address.Length <= left ? server.Address : server.Address[..(left - 1)] + "…";
        return new Paragraph()
            .Append($" {address.PadRight(left)} ", new Style(decoration: Decoration.Bold))
            .Append(who)
            .Append(state + "\n", now.Draining ? Style.Plain.Foreground(Color.Yellow) : Style.Plain);
    }

    private static Grid Boxes(ServerLine server, SnapshotLine now, int width)
    {
        var rates = Math.Min(WidestRates, width - StatesWidth - EndsWidth);
        return new Grid()
            .AddColumn(Fixed(StatesWidth)).AddColumn(Fixed(rates)).AddColumn(Fixed(EndsWidth))
            .AddRow(
                Box("connections", States(server, now), StatesWidth),
                Box("per second, in all", Rates(now), rates),
                Box("ends", Ends(now), EndsWidth));
    }

    private static Grid States(ServerLine server, SnapshotLine now)
    {
        var states = now.Connections;
        var open = states.Queued + states.Reading + states.Sending + states.Working + states.Closing;
        var grid = Pairs();
        grid.AddRow(Plain("open"), new Text(Count(open), new Style(decoration: Decoration.Bold)));
        grid.AddRow(Plain("queued"), Noted(states.Queued));
        grid.AddRow(Plain("reading"), Plain(Count(states.Reading)));
        grid.AddRow(Plain("sending"), Plain(Count(states.Sending)));
        grid.AddRow(Plain("working"), Plain(Count(states.Working)));
        grid.AddRow(Plain("closing"), Plain(Count(states.Closing)));
        grid.AddRow(Plain("limit"), Plain(server.MaxConnections is { } most ? Count(most) : "none"));
        return grid;
    }

    private static Grid Rates(SnapshotLine now)
    {
        var rates = now.PerSecond;
        var grid = new Grid().Expand()
            .AddColumn(new GridColumn { NoWrap = true, Padding = new Padding(0, 0, 1, 0) })
            .AddColumn(new GridColumn { NoWrap = true, Alignment = Justify.Right, Padding = new Padding(0, 0, 1, 0) })
            .AddColumn(new GridColumn { NoWrap = true, Alignment = Justify.Right, Padding = new Padding(0) });
        Add("accepted", rates is null ? "" : Rate(rates.Accepted), Count(now.Accepted));
        Add("ended", rates is null ? "" : Rate(rates.Ended), Count(now.Ended));
        Add("in", rates is null ? "" : Size(rates.BytesIn), Size(now.BytesIn));
        Add("out", rates is null ? "" : Size(rates.BytesOut), Size(now.BytesOut));
        Add("unsent", "", Size(now.SendQueue));
        Add("oldest", "", now.OldestSeconds is { } oldest ? Age(oldest) : "");
        grid.AddRow(Plain("rejected"), Plain(""), Noted(now.Rejected));
        return grid;

        void Add(string name, string rate, string all) => grid.AddRow(Plain(name), Plain(rate), Plain(all));
    }

    private static Grid Ends(SnapshotLine now)
    {
        var grid = Pairs();
        var ends = now.Ends.OrderByDescending(end => end.Value).Take(RowsOfBox - 1).ToList();
        foreach (var (reason, count) in ends)
        {
            var isGood = reason is nameof(EndReason.PeerFinished) or nameof(EndReason.Completed) or nameof(EndReason.Drained);
            grid.AddRow(Plain(reason), isGood ? Plain(Count(count, MostInEnds)) : Noted(count, MostInEnds));
        }
        for (var i = ends.Count; i < RowsOfBox - 1; i++)
        {
            grid.AddRow(Plain(""), Plain(""));
        }
        grid.AddRow(Plain("rescues"), Noted(now.Rescues));
        return grid;
    }

    private static Table Peers(SnapshotLine now, int most)
    {
        var table = new Table { Border = TableBorder.Simple, Expand = true };
        table.AddColumn(Right("id")).AddColumn(new TableColumn("slowest peers")).AddColumn(new TableColumn("state"));
        table.AddColumn(Right("age")).AddColumn(Right("unsent")).AddColumn(Right("in")).AddColumn(Right("out"));
        foreach (var peer in now.Peers.Take(most))
        {
            table.AddRow(
                Plain(peer.Id.ToString(CultureInfo.InvariantCulture)),
                Cut(Short(peer.Address)),
                Plain(peer.State),
                Plain(Age(peer.AgeSeconds)),
                peer.Unsent > 0 ? new Text(Size(peer.Unsent), Style.Plain.Foreground(Color.Yellow)) : Plain("0"),
                Plain(Size(peer.BytesIn)),
                Plain(Size(peer.BytesOut)));
        }
        return table;
    }

    private static Panel Box(string title, IRenderable content, int width) =>
        new(content) { Header = new PanelHeader(title), Width = width, Border = BoxBorder.Rounded };

    private static Grid Pairs() => new Grid().Expand()
        .AddColumn(new GridColumn { NoWrap = true, Padding = new Padding(0, 0, 1, 0) })
        .AddColumn(new GridColumn { NoWrap = true, Alignment = Justify.Right, Padding = new Padding(0) });

    private static GridColumn Fixed(int width) => new() { Width = width, NoWrap = true, Padding = new Padding(0) };

    private static TableColumn Right(string name) => new(name) { Alignment = Justify.Right, NoWrap = true };

    // Never markup: an address is another's text.
    private static Text Plain(string text) => new(text);

    private static Text Cut(string text) => new(text) { Overflow = Overflow.Ellipsis };

    // What is not as it should be, unless it is 0.
    private static Text Noted(long count, long most = MostInFull) =>
        new(Count(count, most), count > 0 ? Style.Plain.Foreground(Color.Yellow) : Style.Plain);

    private static string Short(string address) => address.StartsWith("tcp://", StringComparison.Ordinal) ? address[6..] : address;

    /// <summary><c>9,999,999</c>, <c>10.0 M</c>.</summary>
    internal static string Count(long count, long most = MostInFull) =>
        count <= most ? count.ToString("N0", CultureInfo.InvariantCulture) : Scaled(count, ["", "k", "M", "G", "T", "P", "E"]);

    private static string Rate(double rate) => rate.ToString(rate < 99.95 ? "0.0" : "N0", CultureInfo.InvariantCulture);

    /// <summary>With three digits at least: <c>999 B</c>, <c>1.25 kB</c>, <c>12.5 MB</c>, <c>125 GB</c>. Powers of ten.</summary>
    internal static string Size(double bytes) => Scaled(bytes, ["B", "kB", "MB", "GB", "TB", "PB", "EB"]);

    private static string Scaled(double number, ReadOnlySpan<string> units)
    {
        var unit = 0;
        while (number >= 999.5 && unit < units.Length - 1)
        {
            number /= 1000;
            unit++;
        }
        var digits = unit == 0 || number >= 99.95 ? "0" : number >= 9.995 ? "0.0" : "0.00";
        return $"{number.ToString(digits, CultureInfo.InvariantCulture)} {units[unit]}";
    }

    /// <summary><c>59 s</c>, <c>59 min</c>, <c>23 h 59</c>, <c>12 d</c>.</summary>
    internal static string Age(double seconds)
    {
        var time = TimeSpan.FromSeconds(seconds);
        return time switch
        {
            { TotalMinutes: < 1 } => $"{time.Seconds} s",
            { TotalHours: < 1 } => $"{time.Minutes} min",
            { TotalDays: < 1 } => $"{time.Hours} h {time.Minutes:00}",
            _ => $"{time.Days} d",
        };
    }
}
